package dev.memux.engine.congestion;

/**
 * The controller of RFC 9002 §7 and its Appendix B: slow start, one halving a round trip, then a
 * datagram more each window.
 */
public final class NewReno implements CongestionController {
  private final int maxDatagramBytes;
  private long windowBytes;
  private long slowStartThresholdBytes = Long.MAX_VALUE;
  private long recoveryStartNanos = NOT_IN_RECOVERY;

  /** Acknowledged in congestion avoidance since the window last grew. */
  private long ackedBytes;

  public NewReno(int maxDatagramBytes) {
    this.maxDatagramBytes = maxDatagramBytes;
    this.windowBytes = initialWindowBytes(maxDatagramBytes);
  }

  /** RFC 9002 §7.2: ten datagrams, but not more than 14,720 bytes unless two datagrams are. */
  static long initialWindowBytes(int maxDatagramBytes) {
    return Math.min(10L * maxDatagramBytes, Math.max(2L * maxDatagramBytes, 14_720));
  }

  @Override
  public long windowBytes() {
    return windowBytes;
  }

  @Override
  public void onPacketAcked(int bytes, long sentNanos, boolean applicationLimited) {
    if (applicationLimited || isInRecovery(sentNanos)) {
      return;
    }
    if (windowBytes < slowStartThresholdBytes) {
      windowBytes += bytes;
      return;
    }
    // RFC 9002 §7.3.3: at most one datagram for each window acknowledged. Counting bytes (RFC 3465
    // §2.1) needs no fractions.
    ackedBytes += bytes;
    if (ackedBytes >= windowBytes) {
      ackedBytes -= windowBytes;
      windowBytes += maxDatagramBytes;
    }
  }

  @Override
  public boolean onPacketsLost(long newestSentNanos, long nowNanos) {
    // RFC 9002 §7.3.2: losses of one round trip are one signal; what was sent before the reduction
    // says nothing new.
    if (isInRecovery(newestSentNanos)) {
      return false;
    }
    recoveryStartNanos = nowNanos;
    slowStartThresholdBytes = Math.max(windowBytes / 2, minimumWindowBytes());
    windowBytes = slowStartThresholdBytes;
    ackedBytes = 0;
    return true;
  }

  @Override
  public void onPersistentCongestion() {
    // RFC 9002 §7.6.2: like TCP's answer to a retransmission timeout. The threshold stays, so slow
    // start leads back to it.
    windowBytes = minimumWindowBytes();
    recoveryStartNanos = NOT_IN_RECOVERY;
    ackedBytes = 0;
  }

  /**
   * RFC 9002 §7.2: two datagrams, so that a loss can still be seen by an acknowledgement instead of
   * a timeout.
   */
  private long minimumWindowBytes() {
    return 2L * maxDatagramBytes;
  }

  private boolean isInRecovery(long sentNanos) {
    return sentNanos <= recoveryStartNanos;
  }

  private static final long NOT_IN_RECOVERY = Long.MIN_VALUE;
}
