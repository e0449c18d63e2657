package dev.memux.engine.congestion;

/**
 * HyStart++ (RFC 9406): leaves slow start when the round trip grows, which is when the bottleneck's
 * queue begins to fill, instead of when it overflows and loses up to half of what is in flight.
 *
 * <p>A growing round trip first leads to conservative slow start, a quarter as fast. If the round
 * trip falls again it was jitter and slow start goes on; if it has not after some rounds, slow
 * start is over.
 *
 * <p>For the first slow start only. A later one ends at a threshold that was measured, and would
 * gain nothing (RFC 9406 §4.3).
 */
final class HyStart {
  /** A packet sent at this time or later ends the round when it is acknowledged. */
  private long roundStartNanos = Long.MIN_VALUE;

  private long lastRoundMinNanos = UNKNOWN;
  private long roundMinNanos = UNKNOWN;
  private int roundSamples;

  /** The least of all. */
  private long minNanos = UNKNOWN;

  /** The least round trip on entering conservative slow start; {@link #UNKNOWN} outside of it. */
  private long baselineNanos = UNKNOWN;

  private int conservativeRounds;

  /** By how much the window grows for that many bytes acknowledged in slow start. */
  int growthBytes(int ackedBytes) {
    // RFC 9406 §4.3: where packets are paced, no limit on the bytes of one acknowledgement is
    // needed against bursts (L = infinity).
    return isConservative() ? ackedBytes / CSS_GROWTH_DIVISOR : ackedBytes;
  }

  /**
   * A packet gave an RTT sample.
   *
   * @param sentNanos when it was sent
   * @param applicationLimited the window is not used up: a delay that it did not cause says nothing
   *     of it
   * @return whether slow start is over
   */
  boolean onRttSample(long sentNanos, long nowNanos, boolean applicationLimited) {
    // RFC 9406 §4.2: a round lasts until the first packet sent in it is acknowledged. Times tell
    // that as well as packet numbers do, and are one sequence for all packet number spaces.
    boolean roundEnded = sentNanos >= roundStartNanos;
    if (roundEnded) {
      roundStartNanos = nowNanos;
      lastRoundMinNanos = roundMinNanos;
      roundMinNanos = UNKNOWN;
      roundSamples = 0;
    }
    roundMinNanos = Math.min(roundMinNanos, nowNanos - sentNanos);
    minNanos = Math.min(minNanos, roundMinNanos);
    roundSamples++;
    if (isConservative()) {
      return continueConservatively(roundEnded && !applicationLimited);
    }
    if (!applicationLimited && isDelayed()) {
      baselineNanos = roundMinNanos;
      conservativeRounds = 0;
    }
    return false;
  }

  boolean isConservative() {
    return baselineNanos != UNKNOWN;
  }

  private boolean continueConservatively(boolean roundEnded) {
    // RFC 9406 §4.2: the round in which it began counts, however late in it.
    if (roundEnded && (++conservativeRounds >= CSS_ROUNDS || isQueueLong())) {
      return true;
    }
    if (roundSamples >= N_RTT_SAMPLE && roundMinNanos < baselineNanos) {
      baselineNanos = UNKNOWN;
    }
    return false;
  }

  /**
   * Whether every packet of the round that has ended stood in a queue of another round trip, and a
   * long time at that. What could still be jitter on a fast path is a full link with certainty
   * here, and five rounds would triple the queue: seconds, where the buffers are large.
   */
  private boolean isQueueLong() {
    long queuedNanos = lastRoundMinNanos - minNanos;
    return lastRoundMinNanos != UNKNOWN
        && queuedNanos >= minNanos
        && queuedNanos >= LONG_QUEUE_NANOS;
  }

  /** RFC 9406 §4.2: the least of some samples, as any one may have waited elsewhere. */
  private boolean isDelayed() {
    if (roundSamples < N_RTT_SAMPLE || lastRoundMinNanos == UNKNOWN) {
      return false;
    }
    long thresholdNanos =
        Math.clamp(lastRoundMinNanos / MIN_RTT_DIVISOR, MIN_RTT_THRESH_NANOS, MAX_RTT_THRESH_NANOS);
    return roundMinNanos >= lastRoundMinNanos + thresholdNanos;
  }

  // RFC 9406 §4.3, as recommended there.
  static final long MIN_RTT_THRESH_NANOS = 4_000_000;
  static final long MAX_RTT_THRESH_NANOS = 16_000_000;
  static final int MIN_RTT_DIVISOR = 8;
  static final int N_RTT_SAMPLE = 8;
  static final int CSS_GROWTH_DIVISOR = 4;
  static final int CSS_ROUNDS = 5;

  /** Of our own. */
  static final long LONG_QUEUE_NANOS = 100_000_000;

  private static final long UNKNOWN = Long.MAX_VALUE;
}
