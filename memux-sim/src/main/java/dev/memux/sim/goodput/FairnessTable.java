package dev.memux.sim.goodput;

import dev.memux.engine.quic.CongestionControl;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The table of {@code docs/fairness.md}. */
public final class FairnessTable {
  private FairnessTable() {}

  /**
   * @param results of {@code cases}, in the same order
   */
  public static String markdown(
      List<FairnessCase> cases, List<Fairness> results, int seconds, long seed) {
    StringBuilder table =
        new StringBuilder(
            """
            # Fairness

            How flows of different congestion controls share a bottleneck in the simulator: bulk transfers between hosts of
            their own, %d Mbit/s, a round trip of %d ms, MTU 1500, seed %d. They begin %d ms apart, and acknowledgements come
            up to %d ms late; measured are the %d s after the first two. The queue is given in products of rate and round trip,
            and drops what finds no room. Who begins so much later that a queue of four products is full already needs longer
            than that to make it up: CUBIC with itself then has 0.7 to 0.98.

            *Jain's index* is 1 where all flows have the same, and 1/n where one of n has it all; CUBIC with itself has to have
            0.95. *Used* is what all have together of what the link takes beside the headers of UDP and IPv4. *Share* is what
            the flows of the first control have of that; of each flow follow stream data as the application reads it, in
            Mbit/s, and packets lost.

            `memux lab fairness > docs/fairness.md` writes this file; it is the same on every machine.

            | flows | queue | Jain's index | used | share | Mbit/s | packets lost |
            |:---|---:|---:|---:|---:|:---|:---|
            """
                .formatted(
                    SharedLink.RATE_BITS_PER_SECOND / 1_000_000,
                    SharedLink.RTT_NANOS / 1_000_000,
                    seed,
                    SharedLink.STAGGER_NANOS / 1_000_000,
                    SharedLink.JITTER_NANOS / 1_000_000,
                    seconds));
    for (int i = 0; i < cases.size(); i++) {
      table.append(row(cases.get(i), results.get(i)));
    }
    return table.toString();
  }

  private static String row(FairnessCase line, Fairness result) {
    boolean isSufficient = result.jainIndex() >= line.requiredIndex();
    return String.format(
        Locale.ROOT,
        "| %d %s, %d %s | %.1f | %.3f%s | %.1f %% | %s | %s | %s |%n",
        line.flows(),
        name(line.first()),
        line.flows(),
        name(line.second()),
        line.queueProducts(),
        result.jainIndex(),
        isSufficient ? "" : " (too little)",
        100 * result.utilisation(),
        line.first() == line.second()
            ? ""
            : String.format(Locale.ROOT, "%.0f %%", 100 * result.share(line.first())),
        result.flows().stream()
            .map(flow -> String.format(Locale.ROOT, "%.2f", flow.bitsPerSecond() / 1e6))
            .collect(Collectors.joining(", ")),
        result.flows().stream()
            .map(flow -> String.valueOf(flow.sender().packetsLost()))
            .collect(Collectors.joining(", ")));
  }

  static String name(CongestionControl control) {
    return switch (control) {
      case NEW_RENO -> "NewReno";
      case CUBIC -> "CUBIC";
      case BBR -> "BBR";
    };
  }
}
