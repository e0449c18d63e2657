package dev.memux.engine.congestion;

/**
 * Measures how fast the path delivers (draft-ietf-ccwg-bbr, "Delivery Rate Samples"): for each
 * acknowledgement, what was delivered since its newest packet left, over the time in which that was
 * sent or acknowledged, whichever is longer.
 *
 * <p>A sample is built by {@link #onPacketAcked} for all packets of an acknowledgement and {@link
 * #complete}; it is there until {@link #beginNext}.
 */
final class DeliverySampler {
  private final SendSnapshots sent = new SendSnapshots();
  private long delivered;
  private long deliveredNanos;
  private long lost;

  /** When the newest packet was sent of those delivered, or the first after a pause. */
  private long firstSentNanos;

  /** The sender had nothing to send while less than this had been delivered; 0: it had. */
  private long applicationLimitedUntil;

  private long minRttNanos;

  // The sample.
  private boolean hasSample;
  private long newlyAcked;
  private long newestSentNanos;
  private long priorDelivered;
  private long sendElapsedNanos;
  private long ackElapsedNanos;
  private long priorLost;
  private long sampleInFlight;
  private boolean sampleApplicationLimited;
  private double bytesPerNano;

  /**
   * @param inFlightBytes with the packet
   */
  void onPacketSent(int bytes, long inFlightBytes, long nowNanos) {
    if (inFlightBytes == bytes) {
      firstSentNanos = nowNanos;
      deliveredNanos = nowNanos;
      sent.clear();
    }
    if (!sent.isLast(nowNanos)) {
      sent.add(
          nowNanos, firstSentNanos, delivered, deliveredNanos, lost, applicationLimitedUntil > 0);
    }
    sent.join(bytes, inFlightBytes);
  }

  void onRttSample(long nanos) {
    minRttNanos = minRttNanos == 0 ? nanos : Math.min(minRttNanos, nanos);
  }

  /** Packets that were sent at that time have arrived. */
  void onPacketAcked(long bytes, long sentNanos, long nowNanos) {
    delivered += bytes;
    deliveredNanos = nowNanos;
    newlyAcked += bytes;
    int slot = sent.find(sentNanos);
    if (slot == SendSnapshots.NONE) {
      return;
    }
    if (!hasSample || sentNanos >= newestSentNanos) {
      hasSample = true;
      newestSentNanos = sentNanos;
      firstSentNanos = sentNanos;
      priorDelivered = sent.delivered(slot);
      priorLost = sent.lost(slot);
      sampleInFlight = sent.inFlight(slot);
      sampleApplicationLimited = sent.isApplicationLimited(slot);
      sendElapsedNanos = sentNanos - sent.firstSentNanos(slot);
      ackElapsedNanos = nowNanos - sent.deliveredNanos(slot);
    }
    sent.settle(slot, bytes);
  }

  /** All packets of an acknowledgement have been told. */
  void complete() {
    if (delivered > applicationLimitedUntil) {
      applicationLimitedUntil = 0;
    }
    long intervalNanos = Math.max(sendElapsedNanos, ackElapsedNanos);
    // What is shorter than any round trip is no rate: something was acknowledged before its time.
    boolean isReliable = hasSample && intervalNanos >= minRttNanos && intervalNanos > 0;
    bytesPerNano = isReliable ? (double) (delivered - priorDelivered) / intervalNanos : 0;
  }

  void beginNext() {
    hasSample = false;
    newlyAcked = 0;
    bytesPerNano = 0;
  }

  /** Nobody will know whether it arrived. */
  void onPacketForgotten(int bytes, long sentNanos) {
    int slot = sent.find(sentNanos);
    if (slot != SendSnapshots.NONE) {
      sent.settle(slot, bytes);
    }
  }

  /** As {@link #onPacketForgotten}, and it counts as lost. */
  void onPacketLost(int bytes, long sentNanos) {
    lost += bytes;
    onPacketForgotten(bytes, sentNanos);
  }

  /** So much got through, but with marks that say the same as its loss. */
  void onMarked(long bytes) {
    lost += bytes;
  }

  /** Nothing is left to send until what is in flight is delivered. */
  void onApplicationLimited(long inFlightBytes) {
    applicationLimitedUntil = Math.max(delivered + inFlightBytes, 1);
  }

  boolean isApplicationLimited() {
    return applicationLimitedUntil > 0;
  }

  /** Bytes, in all. */
  long delivered() {
    return delivered;
  }

  // The sample.

  boolean hasSample() {
    return hasSample;
  }

  /** How fast; 0 if that cannot be said. */
  double bytesPerNano() {
    return bytesPerNano;
  }

  /** Since the newest packet left. */
  long deliveredBytes() {
    return delivered - priorDelivered;
  }

  /** In all, when it left. */
  long priorDelivered() {
    return priorDelivered;
  }

  long newlyAcked() {
    return newlyAcked;
  }

  /** Whether less was sent than could have been. */
  boolean isSampleApplicationLimited() {
    return sampleApplicationLimited;
  }

  /** In flight when the newest packet had left. */
  long inFlightBytes() {
    return sampleInFlight;
  }

  /** Lost since then. */
  long lostBytes() {
    return lost - priorLost;
  }

  // A packet in flight.

  /** Lost since packets left at that time; 0 if nothing is known of them. */
  long lostSince(long sentNanos) {
    int slot = sent.find(sentNanos);
    return slot == SendSnapshots.NONE ? 0 : lost - sent.lost(slot);
  }

  /** In flight when packets had left at that time. */
  long inFlightAt(long sentNanos) {
    int slot = sent.find(sentNanos);
    return slot == SendSnapshots.NONE ? 0 : sent.inFlight(slot);
  }

  boolean isApplicationLimitedAt(long sentNanos) {
    int slot = sent.find(sentNanos);
    return slot == SendSnapshots.NONE || sent.isApplicationLimited(slot);
  }
}
