package dev.memux.engine.congestion;

/**
 * The controller of RFC 9002 §7 and its Appendix B: slow start, one halving a round trip, then a
 * datagram more each window. {@link HyStart} ends the first slow start early.
 */
public final class NewReno implements CongestionController {
  private final HyStart hyStart = new HyStart();
  private int maxDatagramBytes;
  private long windowBytes;
  private long slowStartThresholdBytes = Long.MAX_VALUE;
  private long recoveryStartNanos = NOT_IN_RECOVERY;

  /** Acknowledged in congestion avoidance since the window last grew. */
  private long ackedBytes;

  public NewReno(int maxDatagramBytes) {
    this.maxDatagramBytes = maxDatagramBytes;
    this.windowBytes = WindowLimits.initialBytes(maxDatagramBytes);
  }

  @Override
  public long windowBytes() {
    return windowBytes;
  }

  @Override
  public void onRttSample(
      long sentNanos, long nowNanos, long smoothedNanos, boolean applicationLimited) {
    if (isFirstSlowStart() && hyStart.onRttSample(sentNanos, nowNanos, applicationLimited)) {
      slowStartThresholdBytes = windowBytes;
    }
  }

  @Override
  public void onPacketAcked(int bytes, long sentNanos, long nowNanos, boolean applicationLimited) {
    if (applicationLimited || isInRecovery(sentNanos)) {
      return;
    }
    if (isFirstSlowStart()) {
      windowBytes += hyStart.growthBytes(bytes);
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
    slowStartThresholdBytes =
        Math.max(windowBytes / 2, WindowLimits.minimumBytes(maxDatagramBytes));
    windowBytes = slowStartThresholdBytes;
    ackedBytes = 0;
    return true;
  }

  @Override
  public boolean onCongestionMarked(long packets, long newestSentNanos, long nowNanos) {
    return onPacketsLost(newestSentNanos, nowNanos);
  }

  @Override
  public void onDatagramBytes(int bytes) {
    maxDatagramBytes = bytes;
    windowBytes = Math.max(windowBytes, WindowLimits.minimumBytes(bytes));
  }

  /** RFC 9002 knows no undoing. */
  @Override
  public void onSpuriousCongestion() {}

  @Override
  public void onPersistentCongestion() {
    // RFC 9002 §7.6.2: like TCP's answer to a retransmission timeout. The threshold stays, so slow
    // start leads back to it.
    windowBytes = WindowLimits.minimumBytes(maxDatagramBytes);
    recoveryStartNanos = NOT_IN_RECOVERY;
    ackedBytes = 0;
  }

  private boolean isFirstSlowStart() {
    return slowStartThresholdBytes == Long.MAX_VALUE;
  }

  private boolean isInRecovery(long sentNanos) {
    return sentNanos <= recoveryStartNanos;
  }

  private static final long NOT_IN_RECOVERY = Long.MIN_VALUE;
}
