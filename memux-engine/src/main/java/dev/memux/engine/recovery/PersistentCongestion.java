package dev.memux.engine.recovery;

/**
 * Tells when everything sent over a long time was lost (RFC 9002 §7.6). It follows one run of lost
 * ack-eliciting packets without an acknowledged one between them, across all packet number spaces,
 * by the times at which they were sent.
 */
final class PersistentCongestion {
  private long runStartNanos;
  private long runEndNanos;
  private boolean hasRun;

  /**
   * The earliest acknowledged packet sent at or after the run's end: the run cannot grow over it.
   */
  private long ackedAfterRunNanos = SentSpace.NEVER;

  private long latestAckedNanos = Long.MIN_VALUE;

  void onAcked(long sentNanos) {
    latestAckedNanos = Math.max(latestAckedNanos, sentNanos);
    if (!hasRun) {
      return;
    }
    if (sentNanos >= runEndNanos) {
      ackedAfterRunNanos = Math.min(ackedAfterRunNanos, sentNanos);
    } else if (sentNanos > runStartNanos) {
      runStartNanos = runEndNanos;
    }
  }

  /**
   * An ack-eliciting packet was lost that was sent when a round-trip time was known.
   *
   * @param durationNanos how long losses must last
   * @return whether they have
   */
  boolean onLost(long sentNanos, long durationNanos) {
    if (!hasRun || sentNanos >= ackedAfterRunNanos) {
      begin(sentNanos);
      return false;
    }
    runStartNanos = Math.min(runStartNanos, sentNanos);
    runEndNanos = Math.max(runEndNanos, sentNanos);
    if (runEndNanos - runStartNanos <= durationNanos) {
      return false;
    }
    hasRun = false;
    return true;
  }

  /** A packet declared lost had arrived: the run proves nothing. */
  void onSpuriousLoss() {
    hasRun = false;
  }

  private void begin(long sentNanos) {
    hasRun = true;
    runStartNanos = sentNanos;
    runEndNanos = sentNanos;
    ackedAfterRunNanos = latestAckedNanos > sentNanos ? latestAckedNanos : SentSpace.NEVER;
  }

  /**
   * RFC 9002 §7.6.1: about what a TCP sender waits, two tail loss probes and a retransmission
   * timeout.
   */
  static long durationNanos(RttEstimator rtt) {
    return 3 * (rtt.probeTimeoutNanos() + rtt.maxAckDelayNanos());
  }
}
