package dev.memux.engine.recovery;

import dev.memux.engine.congestion.CongestionController;

/**
 * The bytes in flight of all packet number spaces against the window of the congestion controller
 * (RFC 9002 §7).
 */
final class SendWindow {
  private CongestionController congestion;
  private final int maxDatagramBytes;
  private long bytesInFlight;
  private boolean applicationLimited;

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

  /** Nothing is in flight on a new path, of which {@code fresh} knows nothing. */
  void onNewPath(CongestionController fresh) {
    congestion = fresh;
    bytesInFlight = 0;
    applicationLimited = false;
    recoveryPacketAllowed = false;
  }

  void onApplicationLimited(boolean limited) {
    // What is left may be too little for a datagram: then the window was used up.
    applicationLimited = limited && congestion.windowBytes() - bytesInFlight >= maxDatagramBytes;
  }

  void onPacketSent(int bytes, boolean ackEliciting) {
    bytesInFlight += bytes;
    recoveryPacketAllowed &= !ackEliciting;
  }

  /** Lost, or never to be acknowledged. */
  void onPacketGone(int bytes) {
    bytesInFlight -= bytes;
  }

  void onRttSample(long sentNanos, long nowNanos, long smoothedNanos) {
    congestion.onRttSample(sentNanos, nowNanos, smoothedNanos, applicationLimited);
  }

  void onPacketsAcked(int bytes, long sentNanos, long nowNanos) {
    bytesInFlight -= bytes;
    congestion.onPacketAcked(bytes, sentNanos, nowNanos, applicationLimited);
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
    return reduced;
  }
}
