package dev.memux.sim.goodput;

import java.util.List;
import java.util.Locale;

/** The table of {@code docs/goodput.md}. */
public final class GoodputTable {
  private GoodputTable() {}

  /**
   * @param goodputs of CUBIC
   * @param bbr of BBR
   */
  public static String markdown(List<Goodput> goodputs, List<Goodput> bbr, int seconds, long seed) {
    StringBuilder table =
        new StringBuilder(
            """
            # Goodput

            What a bulk transfer gets of a link in the simulator: one stream, CUBIC with HyStart++, MTU 1500, %d s after the
            first 20 round trips, seed %d. The queue before the bottleneck holds the product of rate and round trip; packets
            are lost one by one, in both directions.

            *Capacity* is what can be had of UDP payload: all that the link takes beside the headers of UDP and IPv4, and
            with loss no more than CUBIC's average window for it (RFC 9438 §5, the larger of the cubic and the
            Reno-friendly region) brings in an empty queue's round trip. *Goodput* is stream data as the application reads
            it. At least 95 %% of the capacity are asked for without loss, and 85 %% with loss, where the response function
            is an average of many short runs and not a bound.

            `memux lab goodput > docs/goodput.md` writes this file; it is the same on every machine.

            | Mbit/s | round trip | loss | capacity Mbit/s | goodput Mbit/s | share | reductions | packets lost |
            |---:|---:|---:|---:|---:|---:|---:|---:|
            """
                .formatted(seconds, seed));
    for (Goodput goodput : goodputs) {
      table.append(row(goodput));
    }
    table.append(
        """

        ## BBR

        The same with BBR, which has no response function that loss would enter into: *share* is of all that the link takes. It
        is meant to stand 1 % of loss (draft-ietf-ccwg-bbr, "High-Level Design Goals"), gives up 2 % of the time to see the
        round trip, and keeps the queue short, as *round trip at the end* shows.

        | Mbit/s | round trip | loss | goodput Mbit/s | share | round trip at the end | packets lost |
        |---:|---:|---:|---:|---:|---:|---:|
        """);
    for (Goodput goodput : bbr) {
      table.append(bbrRow(goodput));
    }
    return table.toString();
  }

  private static String bbrRow(Goodput goodput) {
    GoodputLink link = goodput.link();
    return String.format(
        Locale.ROOT,
        "| %d | %d ms | %s %% | %.2f | %.1f %% | %.1f ms | %d |%n",
        link.rateBitsPerSecond() / 1_000_000,
        link.rttNanos() / 1_000_000,
        percent(link.loss()),
        goodput.bitsPerSecond() / 1e6,
        100 * goodput.shareOfLine(),
        goodput.sender().smoothedRttNanos() / 1e6,
        goodput.sender().packetsLost());
  }

  private static String percent(double loss) {
    return loss == 0 ? "0" : String.format(Locale.ROOT, "%.1f", 100 * loss);
  }

  private static String row(Goodput goodput) {
    GoodputLink link = goodput.link();
    return String.format(
        Locale.ROOT,
        "| %d | %d ms | %s %% | %.2f | %.2f | %.1f %%%s | %d | %d |%n",
        link.rateBitsPerSecond() / 1_000_000,
        link.rttNanos() / 1_000_000,
        percent(link.loss()),
        goodput.capacityBitsPerSecond() / 1e6,
        goodput.bitsPerSecond() / 1e6,
        100 * goodput.share(),
        goodput.isSufficient() ? "" : " (too little)",
        goodput.sender().congestionEvents(),
        goodput.sender().packetsLost());
  }
}
