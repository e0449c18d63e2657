package dev.memux.engine.congestion;

/**
 * How CUBIC's window grows in congestion avoidance (RFC 9438 §4.2-§4.5): fast at first, flat around
 * the window at which packets were last lost (concave), then ever faster in search of more
 * (convex), and never slower than Reno would. It follows time, not acknowledgements, so that long
 * round trips are no disadvantage.
 *
 * <p>The names of the RFC stand in the comments. It counts segments, this class bytes.
 */
final class CubicCurve {
  /** What the RFC calls a segment. */
  private int datagramBytes;

  /** W_max, {@link #UNKNOWN} if this stage did not begin with a loss. */
  private double plateauBytes = UNKNOWN;

  /** cwnd_prior: the window before it was last reduced. */
  private double priorBytes;

  /** t_epoch, put off by the times that do not count. */
  private long startNanos = NOT_STARTED;

  /** K: when the curve reaches the plateau. */
  private double plateauSeconds;

  /** W_est: the window that Reno would have. */
  private double renoBytes;

  CubicCurve(int datagramBytes) {
    this.datagramBytes = datagramBytes;
  }

  void copyFrom(CubicCurve other) {
    plateauBytes = other.plateauBytes;
    priorBytes = other.priorBytes;
    startNanos = other.startNanos;
    plateauSeconds = other.plateauSeconds;
    renoBytes = other.renoBytes;
  }

  /** A window of that size lost packets; the next stage aims for it. */
  void onLoss(double windowBytes) {
    // RFC 9438 §4.7, fast convergence: less room than last time means that another flow wants its
    // share. Aiming lower leaves it some.
    boolean shrunk = plateauBytes != UNKNOWN && windowBytes < plateauBytes;
    plateauBytes = shrunk ? windowBytes * (1 + BETA) / 2 : windowBytes;
    priorBytes = windowBytes;
    startNanos = NOT_STARTED;
  }

  /** Slow start ended without a loss (RFC 9438 §4.10). */
  void onSlowStartLeft(double windowBytes) {
    plateauBytes = UNKNOWN;
    priorBytes = windowBytes;
    startNanos = NOT_STARTED;
  }

  /**
   * The window fell to its minimum (RFC 9438 §4.8): what the path took before is no guide any more.
   */
  void onPersistentCongestion() {
    plateauBytes = UNKNOWN;
    startNanos = NOT_STARTED;
  }

  /** The unit is another one, so the way to the plateau begins anew. */
  void onDatagramBytes(int bytes) {
    datagramBytes = bytes;
    startNanos = NOT_STARTED;
  }

  /**
   * RFC 9438 §4.2, §5.8: time in which the window was not used does not count, or the window would
   * leap after it.
   */
  void exclude(long nanos) {
    if (startNanos != NOT_STARTED) {
      startNanos += nanos;
    }
  }

  /**
   * The window after an acknowledgement in congestion avoidance.
   *
   * @param windowBytes the window before it
   */
  double grow(double windowBytes, int ackedBytes, long nowNanos, long smoothedRttNanos) {
    if (startNanos == NOT_STARTED) {
      start(windowBytes, nowNanos);
    }
    // RFC 9438 §4.3: alpha makes up for the smaller reduction, until what Reno would have lost is
    // made good.
    double alpha = renoBytes < priorBytes ? ALPHA : 1;
    renoBytes += alpha * datagramBytes * ackedBytes / windowBytes;
    double seconds = (nowNanos - startNanos) / NANOS_PER_SECOND;
    if (atSeconds(seconds) < renoBytes) {
      return Math.max(windowBytes, renoBytes);
    }
    // RFC 9438 §4.2: never shrinks, never grows faster than slow start.
    double targetBytes =
        Math.clamp(
            atSeconds(seconds + smoothedRttNanos / NANOS_PER_SECOND),
            windowBytes,
            MAX_GROWTH * windowBytes);
    return windowBytes + (targetBytes - windowBytes) * ackedBytes / windowBytes;
  }

  /** W_cubic. */
  double atSeconds(double seconds) {
    double fromPlateau = seconds - plateauSeconds;
    return plateauBytes + C * fromPlateau * fromPlateau * fromPlateau * datagramBytes;
  }

  double plateauSeconds() {
    return plateauSeconds;
  }

  double plateauBytes() {
    return plateauBytes;
  }

  double renoBytes() {
    return renoBytes;
  }

  private void start(double windowBytes, long nowNanos) {
    startNanos = nowNanos;
    renoBytes = windowBytes;
    // RFC 9438 §4.8, §4.10: without a plateau above, this is where the convex part begins.
    plateauBytes = Math.max(plateauBytes, windowBytes);
    plateauSeconds = Math.cbrt((plateauBytes - windowBytes) / (C * datagramBytes));
  }

  /** RFC 9438 §4.6: what a loss leaves of the window. */
  static final double BETA = 0.7;

  /** RFC 9438 §4.3: the increase at which Reno with {@link #BETA} has Reno's share. */
  static final double ALPHA = 3 * (1 - BETA) / (1 + BETA);

  /** RFC 9438 §5, in segments a cubic second. */
  static final double C = 0.4;

  /** RFC 9438 §4.2, in a round trip. */
  private static final double MAX_GROWTH = 1.5;

  private static final double NANOS_PER_SECOND = 1e9;
  private static final double UNKNOWN = 0;
  private static final long NOT_STARTED = Long.MIN_VALUE;
}
