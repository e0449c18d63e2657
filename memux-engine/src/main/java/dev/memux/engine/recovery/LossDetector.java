package dev.memux.engine.recovery;

/** Decides from acknowledgements which packets are lost (RFC 9002 §6.1). */
final class LossDetector {
  /**
   * Finds the lost packets of a space and when the next one will be, if nothing is acknowledged
   * before.
   *
   * <p>A packet sent earlier is never lost later, so the lost ones are all outstanding records
   * before one position.
   *
   * @return that position in {@link SentSpace#inFlight}
   */
  long detect(SentSpace space, RttEstimator rtt, long nowNanos) {
    space.lossDeadlineNanos = SentSpace.NEVER;
    SentPackets sent = space.inFlight;
    long lossDelayNanos = rtt.lossDelayNanos();
    long lostNumber = space.sentBeforeLargestAcked(PACKET_THRESHOLD);
    long position = sent.first();
    for (; position < sent.end() && sent.number(position) <= space.largestAcked; position++) {
      if (!sent.isOutstanding(position) || sent.number(position) <= lostNumber) {
        continue;
      }
      if (sent.nanos(position) > nowNanos - lossDelayNanos) {
        space.lossDeadlineNanos = sent.nanos(position) + lossDelayNanos;
        break;
      }
    }
    return position;
  }

  /** RFC 9002 §6.1.1: reordering by fewer packets is not a loss. */
  static final int PACKET_THRESHOLD = 3;
}
