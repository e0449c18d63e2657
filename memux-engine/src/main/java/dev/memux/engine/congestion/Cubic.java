package dev.memux.engine.congestion;

/**
 * CUBIC (RFC 9438) for QUIC: {@link HyStart} leads to the rate of the path, {@link CubicCurve}
 * keeps it.
 *
 * <p>Reductions apply to the window, not to the bytes in flight. RFC 9438 §4.6 allows that of
 * whoever does not grow a window that the application does not use.
 */
public final class Cubic implements CongestionController {
  private final HyStart hyStart = new HyStart();
  private int minimumWindowBytes;
  private final CubicCurve curve;
  private double windowBytes;
  private double slowStartThresholdBytes = Double.POSITIVE_INFINITY;
  private long recoveryStartNanos = NOT_IN_RECOVERY;
  private long smoothedRttNanos;
  private long lastAckedNanos;

  // What the last loss changed, in case it turns out to be none (RFC 9438 §4.9).
  private final CubicCurve undoCurve;
  private double undoWindowBytes;
  private double undoSlowStartThresholdBytes;
  private long undoRecoveryStartNanos;

  public Cubic(int maxDatagramBytes) {
    minimumWindowBytes = WindowLimits.minimumBytes(maxDatagramBytes);
    windowBytes = WindowLimits.initialBytes(maxDatagramBytes);
    curve = new CubicCurve(maxDatagramBytes);
    undoCurve = new CubicCurve(maxDatagramBytes);
  }

  @Override
  public long windowBytes() {
    return (long) windowBytes;
  }

  @Override
  public void onRttSample(
      long sentNanos, long nowNanos, long smoothedNanos, boolean applicationLimited) {
    smoothedRttNanos = smoothedNanos;
    if (isFirstSlowStart() && hyStart.onRttSample(sentNanos, nowNanos, applicationLimited)) {
      slowStartThresholdBytes = windowBytes;
      curve.onSlowStartLeft(windowBytes);
    }
  }

  @Override
  public void onPacketAcked(int bytes, long sentNanos, long nowNanos, boolean applicationLimited) {
    // A packet that left after the last acknowledgement: nothing was on its way in between.
    long unusedNanos =
        applicationLimited ? nowNanos - lastAckedNanos : Math.max(0, sentNanos - lastAckedNanos);
    curve.exclude(unusedNanos);
    lastAckedNanos = nowNanos;
    if (applicationLimited || isInRecovery(sentNanos)) {
      return;
    }
    if (isFirstSlowStart()) {
      windowBytes += hyStart.growthBytes(bytes);
    } else if (windowBytes < slowStartThresholdBytes) {
      windowBytes += bytes;
    } else {
      windowBytes = curve.grow(windowBytes, bytes, nowNanos, smoothedRttNanos);
    }
  }

  @Override
  public boolean onPacketsLost(long newestSentNanos, long nowNanos) {
    // RFC 9002 §7.3.2: losses of one round trip are one signal.
    if (isInRecovery(newestSentNanos)) {
      return false;
    }
    undoCurve.copyFrom(curve);
    undoWindowBytes = windowBytes;
    undoSlowStartThresholdBytes = slowStartThresholdBytes;
    undoRecoveryStartNanos = recoveryStartNanos;
    recoveryStartNanos = nowNanos;
    curve.onLoss(windowBytes);
    slowStartThresholdBytes = Math.max(CubicCurve.BETA * windowBytes, minimumWindowBytes);
    windowBytes = slowStartThresholdBytes;
    return true;
  }

  @Override
  public void onSpuriousCongestion() {
    // RFC 9438 §4.9.2: a window that has since outgrown the old one knows better.
    if (windowBytes >= undoWindowBytes) {
      return;
    }
    curve.copyFrom(undoCurve);
    windowBytes = undoWindowBytes;
    slowStartThresholdBytes = undoSlowStartThresholdBytes;
    recoveryStartNanos = undoRecoveryStartNanos;
  }

  @Override
  public boolean onCongestionMarked(long packets, long newestSentNanos, long nowNanos) {
    return onPacketsLost(newestSentNanos, nowNanos);
  }

  @Override
  public void onDatagramBytes(int bytes) {
    minimumWindowBytes = WindowLimits.minimumBytes(bytes);
    windowBytes = Math.max(windowBytes, minimumWindowBytes);
    curve.onDatagramBytes(bytes);
    undoCurve.onDatagramBytes(bytes);
  }

  @Override
  public void onPersistentCongestion() {
    // RFC 9002 §7.6.2. The threshold stays, so slow start leads back to it.
    windowBytes = minimumWindowBytes;
    recoveryStartNanos = NOT_IN_RECOVERY;
    curve.onPersistentCongestion();
  }

  boolean isFirstSlowStart() {
    return slowStartThresholdBytes == Double.POSITIVE_INFINITY;
  }

  private boolean isInRecovery(long sentNanos) {
    return sentNanos <= recoveryStartNanos;
  }

  private static final long NOT_IN_RECOVERY = Long.MIN_VALUE;
}
