package dev.memux.engine.congestion;

/**
 * The round trip of the path without a queue: the least in ten seconds (draft-ietf-ccwg-bbr,
 * "BBR.min_rtt"). When five have passed without so little, it is time to look for it.
 */
final class MinRoundTrip {
  private long minNanos = UNKNOWN;
  private long minStampNanos;
  private long recentNanos = UNKNOWN;
  private long recentStampNanos;
  private boolean isDue;

  /**
   * An acknowledgement came.
   *
   * @param sampleNanos {@link #UNKNOWN} if it gave no sample
   */
  void onAck(long sampleNanos, long nowNanos) {
    isDue = recentNanos != UNKNOWN && nowNanos > recentStampNanos + PROBE_INTERVAL_NANOS;
    if (sampleNanos != UNKNOWN && (sampleNanos < recentNanos || isDue)) {
      recentNanos = sampleNanos;
      recentStampNanos = nowNanos;
    }
    boolean isOld = minNanos != UNKNOWN && nowNanos > minStampNanos + FILTER_NANOS;
    if (recentNanos < minNanos || isOld) {
      minNanos = recentNanos;
      minStampNanos = recentStampNanos;
    }
  }

  /** It has been looked for. */
  void onProbed(long nowNanos) {
    recentStampNanos = nowNanos;
  }

  long nanos() {
    return minNanos;
  }

  /** Whether the last acknowledgement found that it has not been seen for long. */
  boolean isDue() {
    return isDue;
  }

  static final long UNKNOWN = Long.MAX_VALUE;

  /** MinRTTFilterLen. */
  static final long FILTER_NANOS = 10_000_000_000L;

  /** ProbeRTTInterval. */
  static final long PROBE_INTERVAL_NANOS = 5_000_000_000L;
}
