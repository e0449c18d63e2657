package dev.memux.engine.recovery;

/** What is known of a path's round trip (RFC 9002 §5). All times in nanoseconds. */
public final class RttEstimator {
  private long latestNanos;
  private long minNanos;
  private long smoothedNanos = INITIAL_RTT_NANOS;
  private long variationNanos = INITIAL_RTT_NANOS / 2;
  private long firstSampleNanos = NO_SAMPLE;
  private long maxAckDelayNanos = DEFAULT_MAX_ACK_DELAY_NANOS;
  private boolean handshakeConfirmed;

  /** The last sample, zero before the first. */
  public long latestNanos() {
    return latestNanos;
  }

  /** The least sample on this path, zero before the first. */
  public long minNanos() {
    return minNanos;
  }

  /** The moving average; a third of a second before the first sample. */
  public long smoothedNanos() {
    return smoothedNanos;
  }

  /** The mean deviation of the samples. */
  public long variationNanos() {
    return variationNanos;
  }

  public boolean hasSample() {
    return firstSampleNanos != NO_SAMPLE;
  }

  /** How long the peer may hold back an acknowledgement of 1-RTT packets. */
  public long maxAckDelayNanos() {
    return maxAckDelayNanos;
  }

  /**
   * RFC 9002 §6.2.1: how long to wait for an acknowledgement that the peer does not delay, before
   * any backoff.
   */
  long probeTimeoutNanos() {
    return smoothedNanos + Math.max(4 * variationNanos, GRANULARITY_NANOS);
  }

  /**
   * RFC 9002 §6.1.2: how long after being sent a packet is lost once a later one has been
   * acknowledged.
   */
  long lossDelayNanos() {
    long rttNanos = Math.max(smoothedNanos, latestNanos);
    return Math.max(rttNanos + rttNanos / 8, GRANULARITY_NANOS);
  }

  /** When the first sample was taken; {@link Long#MAX_VALUE} before. */
  long firstSampleNanos() {
    return firstSampleNanos;
  }

  void onMaxAckDelay(long nanos) {
    maxAckDelayNanos = nanos;
  }

  void onHandshakeConfirmed() {
    handshakeConfirmed = true;
  }

  /**
   * The largest packet of an ACK frame was newly acknowledged.
   *
   * @param ackDelayNanos how long the peer says it waited
   */
  void onSample(long rttNanos, long ackDelayNanos, long nowNanos) {
    latestNanos = Math.max(rttNanos, 0);
    if (!hasSample()) {
      firstSampleNanos = nowNanos;
      minNanos = latestNanos;
      smoothedNanos = latestNanos;
      variationNanos = latestNanos / 2;
      return;
    }
    minNanos = Math.min(minNanos, latestNanos);
    long adjustedNanos = adjust(ackDelayNanos);
    // The deviation is from the old average, as in RFC 9002 Appendix A.7 and RFC 6298 §2.3.
    variationNanos += (Math.abs(smoothedNanos - adjustedNanos) - variationNanos) / 4;
    smoothedNanos += (adjustedNanos - smoothedNanos) / 8;
  }

  /**
   * RFC 9002 §5.2: the old minimum may belong to a path that is gone; keeping it would declare
   * persistent congestion again.
   */
  void onPersistentCongestion() {
    minNanos = latestNanos;
  }

  /**
   * RFC 9000 §9.4: as before the first sample; what the peer promises holds on any path.
   *
   * @param roundTripNanos RFC 9002 §6.2.2: how long the answer to a path challenge took, which is
   *     no sample but a better guess than the usual one; 0: not known
   */
  void onNewPath(long roundTripNanos) {
    latestNanos = 0;
    minNanos = 0;
    smoothedNanos = roundTripNanos > 0 ? roundTripNanos : INITIAL_RTT_NANOS;
    variationNanos = smoothedNanos / 2;
    firstSampleNanos = NO_SAMPLE;
  }

  private long adjust(long ackDelayNanos) {
    // RFC 9002 §5.3: during the handshake the peer may wait for keys, once. Later a delay beyond
    // its own promise will repeat, so it counts as part of the path.
    long delayNanos =
        handshakeConfirmed ? Math.min(ackDelayNanos, maxAckDelayNanos) : ackDelayNanos;
    // RFC 9002 §5.3: a peer that exaggerates its delay must not push the estimate below what was
    // ever measured.
    return delayNanos <= latestNanos - minNanos ? latestNanos - delayNanos : latestNanos;
  }

  /** RFC 9002 §6.2.2: with half of it as variation, the first PTO is one second. */
  static final long INITIAL_RTT_NANOS = 333_000_000;

  /** RFC 9002 §6.1.2. */
  static final long GRANULARITY_NANOS = 1_000_000;

  /** RFC 9000 §18.2: what a peer promises that names no max_ack_delay. */
  static final long DEFAULT_MAX_ACK_DELAY_NANOS = 25_000_000;

  private static final long NO_SAMPLE = Long.MAX_VALUE;
}
