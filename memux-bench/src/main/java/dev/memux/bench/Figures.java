package dev.memux.bench;

/**
 * What was measured in one run, without the warm-up.
 *
 * @param amount bytes, or how often it was done
 */
record Figures(
    long amount,
    long nanos,
    long clientCpuNanos,
    long serverCpuNanos,
    long clientResidentBytes,
    long serverResidentBytes) {
  private static final double GIGA = 1e9;

  /** In {@link Workload#unit}. */
  double rate(Workload workload) {
    return workload.countsBytes() ? amount * 8.0 / nanos : amount * GIGA / nanos;
  }

  /** CPU time of both sides: seconds for a gigabyte, or microseconds each time. */
  double cost(Workload workload) {
    double cpuNanos = clientCpuNanos + serverCpuNanos;
    return workload.countsBytes() ? cpuNanos / amount : cpuNanos / 1e3 / amount;
  }
}
