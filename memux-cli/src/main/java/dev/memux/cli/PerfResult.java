package dev.memux.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What was measured, without the warm-up. Of times and sizes that are not known it has -1.
 *
 * @param packetBytes payload of the UDP datagrams of the side that sends most
 */
public record PerfResult(
    PerfPlan plan,
    long nanos,
    long clientCpuNanos,
    long serverCpuNanos,
    long clientResidentBytes,
    long serverResidentBytes,
    long packetBytes,
    String cipher,
    String io) {
  private static final double SECOND_NANOS = 1e9;
  private static final double MEGABYTE = 1e6;

  /** Between two amounts, each of which may not be known. */
  public static long difference(long after, long before) {
    return after < 0 || before < 0 ? -1 : after - before;
  }

  private double seconds() {
    return nanos / SECOND_NANOS;
  }

  private double gigabitPerSecond() {
    return plan.bytes() * 8.0 / nanos;
  }

  private double perSecond() {
    return plan.requests() / seconds();
  }

  /** One JSON object on one line. */
  public String json() {
    JsonLine line = new JsonLine();
    line.add("workload", name()).addDecimal("seconds", seconds(), 6);
    if (plan.workload().countsBytes()) {
      line.addDecimal("gbit_per_s", gigabitPerSecond(), 4);
    } else {
      line.addDecimal("per_s", perSecond(), 1);
    }
    return line.addDecimal("cpu_s_client", unlessUnknown(clientCpuNanos, SECOND_NANOS), 3)
        .addDecimal("cpu_s_server", unlessUnknown(serverCpuNanos, SECOND_NANOS), 3)
        .addDecimal("rss_mb_client", unlessUnknown(clientResidentBytes, MEGABYTE), 1)
        .addDecimal("rss_mb_server", unlessUnknown(serverResidentBytes, MEGABYTE), 1)
        .add("packet_bytes", packetBytes)
        .add("cipher", cipher)
        .add("io", io)
        .toString();
  }

  /** The same for people, a line each. */
  String table() {
    String rate =
        plan.workload().countsBytes()
            ? String.format(
                Locale.ROOT,
                "%.3f Gbit/s (%s in %.3f s)",
                gigabitPerSecond(),
                Sizes.bytes(plan.bytes()),
                seconds())
            : String.format(
                Locale.ROOT, "%.1f/s (%d in %.3f s)", perSecond(), plan.requests(), seconds());
    return row(name(), rate)
        + row("CPU time", both(clientCpuNanos, serverCpuNanos, SECOND_NANOS, "s", 3))
        + row("memory", both(clientResidentBytes, serverResidentBytes, MEGABYTE, "MB", 1))
        + row("packets", packetBytes + " bytes, " + cipher + ", " + io);
  }

  private String name() {
    return plan.workload().name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable Double unlessUnknown(long value, double unit) {
    return value < 0 ? null : Double.valueOf(value / unit);
  }

  private static String both(long client, long server, double unit, String name, int decimals) {
    return "client "
        + amount(client, unit, name, decimals)
        + ", server "
        + amount(server, unit, name, decimals);
  }

  private static String amount(long value, double unit, String name, int decimals) {
    return value < 0
        ? "unknown"
        : String.format(Locale.ROOT, "%." + decimals + "f %s", value / unit, name);
  }

  private static String row(String label, String text) {
    return String.format(Locale.ROOT, "%-11s %s%n", label, text);
  }
}
