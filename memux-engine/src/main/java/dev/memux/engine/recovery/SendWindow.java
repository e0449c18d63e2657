package dev.memux.engine.recovery;

import dev.memux.engine.congestion.CongestionController;

/**
 * The bytes in flight of all packet number spaces against the window of the congestion controller
 * (RFC 9002 §7).
 */
final class SendWindow {
  private CongestionController congestion;
  private int maxDatagramBytes;
  private long bytesInFlight;
  private boolean applicationLimited;

  /** A packet sent at this time or later begins a new round trip when it is acknowledged. */
  private long roundStartNanos = Long.MIN_VALUE;

  /** The most that has been in flight in this round trip. */
  private long peakBytes;

  /** The same of the one before. */
  private long lastPeakBytes;

  /** What is acknowledged now was sent while much of the window was left. */
  private boolean underutilized;

  /** RFC 9002 §7.3.2: the packet that may leave although the window has just been reduced. */
  private boolean recoveryPacketAllowed;

  private long congestionEvents;
  private long persistentCongestions;

  SendWindow(CongestionController congestion, int maxDatagramBytes) {
    this.congestion = congestion;
    this.maxDatagramBytes = maxDatagramBytes;
  }

  long allowanceBytes() {
    long roomBytes = congestion.windowBytes() - bytesInFlight;
    return recoveryPacketAllowed ? Math.max(roomBytes, maxDatagramBytes) : roomBytes;
  }

  long bytesInFlight() {
    return bytesInFlight;
  }

  long windowBytes() {
    return congestion.windowBytes();
  }

  long congestionEvents() {
    return congestionEvents;
  }

  long persistentCongestions() {
    return persistentCongestions;
  }

  double pacingBytesPerNano(long smoothedRttNanos) {
    return congestion.pacingBytesPerNano(smoothedRttNanos);
  }

  /** Nothing is in flight on a new path, of which {@code fresh} knows nothing. */
  void onNewPath(CongestionController fresh) {
    congestion = fresh;
    bytesInFlight = 0;
    peakBytes = 0;
    lastPeakBytes = 0;
    applicationLimited = false;
    underutilized = false;
    recoveryPacketAllowed = false;
  }

  /** Full packets have another size from now on. */
  void onDatagramBytes(int bytes) {
    maxDatagramBytes = bytes;
    congestion.onDatagramBytes(bytes);
  }

  void onApplicationLimited(boolean limited) {
    // What is left may be too little for a datagram: then the window was used up.
    applicationLimited = limited && congestion.windowBytes() - bytesInFlight >= maxDatagramBytes;
    if (applicationLimited) {
      congestion.onApplicationLimited(bytesInFlight);
    }
  }

  void onPacketSent(int bytes, boolean ackEliciting, long nowNanos) {
    bytesInFlight += bytes;
    congestion.onPacketSent(bytes, bytesInFlight, nowNanos);
    peakBytes = Math.max(peakBytes, bytesInFlight);
    recoveryPacketAllowed &= !ackEliciting;
  }

  void onPacketLost(long packetNumber, int bytes, long sentNanos, long nowNanos) {
    bytesInFlight -= bytes;
    congestion.onPacketLost(packetNumber, bytes, sentNanos, nowNanos);
  }

  /** Never to be acknowledged, or lost for a reason of its own. */
  void onPacketForgotten(int bytes, long sentNanos) {
    bytesInFlight -= bytes;
    congestion.onPacketForgotten(bytes, sentNanos);
  }

  void onRttSample(long sentNanos, long nowNanos, long smoothedNanos) {
    if (sentNanos >= roundStartNanos) {
      roundStartNanos = nowNanos;
      lastPeakBytes = peakBytes;
      peakBytes = bytesInFlight;
    }
    judgeUse();
    congestion.onRttSample(sentNanos, nowNanos, smoothedNanos, isLimited());
  }

  void onPacketsAcked(int bytes, long sentNanos, long nowNanos) {
    bytesInFlight -= bytes;
    congestion.onPacketAcked(bytes, sentNanos, nowNanos, isLimited());
  }

  /** All of an acknowledgement has been told. */
  void onAckSettled(long nowNanos) {
    congestion.onAckSettled(bytesInFlight, nowNanos);
  }

  void onSpuriousCongestion() {
    congestion.onSpuriousCongestion();
  }

  /**
   * @param newestSentNanos when the last of the lost packets was sent
   * @param persistent whether they establish persistent congestion
   * @return whether this reduced the window
   */
  boolean onCongestion(long newestSentNanos, boolean persistent, long nowNanos) {
    boolean reduced = congestion.onPacketsLost(newestSentNanos, nowNanos);
    if (reduced) {
      congestionEvents++;
      recoveryPacketAllowed = true;
    }
    if (persistent) {
      congestion.onPersistentCongestion();
      persistentCongestions++;
    }
    judgeUse();
    return reduced;
  }

  /**
   * Packets arrived that the network had marked instead of dropping them.
   *
   * @param newestSentNanos when the newest packet was sent that was acknowledged with them
   */
  void onCongestionMarked(long packets, long newestSentNanos, long nowNanos) {
    if (congestion.onCongestionMarked(packets, newestSentNanos, nowNanos)) {
      congestionEvents++;
      recoveryPacketAllowed = true;
    }
    judgeUse();
  }

  /**
   * RFC 9002 §7.8: a window that is not used must not grow. Who waits for credit again and again,
   * and has the pacer spread what came of it, has data to send most of the time and may still never
   * use more than a part of the window.
   */
  private void judgeUse() {
    underutilized =
        congestion.windowBytes() > MAX_WINDOW_TO_PEAK * Math.max(peakBytes, lastPeakBytes);
  }

  private boolean isLimited() {
    return applicationLimited || underutilized;
  }

  /**
   * In slow start the window doubles within the round trip that shows it used; what is sent
   * follows.
   */
  private static final int MAX_WINDOW_TO_PEAK = 2;
}
