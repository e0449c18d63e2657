package dev.memux.sim.goodput;

import java.util.List;
import java.util.Locale;

/** The table of {@code docs/goodput.md}. */
public final class GoodputTable {
  private GoodputTable() {}

  public static String markdown(List<Goodput> goodputs, int seconds, long seed) {
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
    return table.toString();
  }

  private static String row(Goodput goodput) {
    GoodputLink link = goodput.link();
    return String.format(
        Locale.ROOT,
        "| %d | %d ms | %s %% | %.2f | %.2f | %.1f %%%s | %d | %d |%n",
        link.rateBitsPerSecond() / 1_000_000,
        link.rttNanos() / 1_000_000,
        link.loss() == 0 ? "0" : String.format(Locale.ROOT, "%.1f", 100 * link.loss()),
        goodput.capacityBitsPerSecond() / 1e6,
        goodput.bitsPerSecond() / 1e6,
        100 * goodput.share(),
        goodput.isSufficient() ? "" : " (too little)",
        goodput.sender().congestionEvents(),
        goodput.sender().packetsLost());
  }
}
