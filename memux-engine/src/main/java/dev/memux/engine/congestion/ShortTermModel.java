package dev.memux.engine.congestion;

/**
 * What others leave at the moment (draft-ietf-ccwg-bbr, "Updating the Model Upon Packet Loss"): a
 * rate and a volume that shrink once a round trip with losses, down to what still gets through, and
 * count until more is looked for.
 */
final class ShortTermModel {
  private double bytesPerNano = UNBOUNDED;
  private double inFlightBytes = UNBOUNDED;

  /** The most in this round trip. */
  private double latestBytesPerNano;

  private double latestInFlightBytes;

  /** Bytes delivered in all when the round trip began; one more packet's ends it. */
  private long roundDelivered;

  private boolean roundStarts;
  private boolean hasLoss;
  private int lossEvents;
  private int lastLossEvents;

  private double undoBytesPerNano = UNBOUNDED;
  private double undoInFlightBytes = UNBOUNDED;

  /** The most that may be sent, {@link #UNBOUNDED} if others leave all there is. */
  double bytesPerNano() {
    return bytesPerNano;
  }

  double inFlightBytes() {
    return inFlightBytes;
  }

  double latestInFlightBytes() {
    return latestInFlightBytes;
  }

  /** Whether a round trip has ended in which packets may have been lost. */
  boolean roundStarts() {
    return roundStarts;
  }

  /** In the round trip that has ended: packets lost one after another are one event. */
  int lastLossEvents() {
    return lastLossEvents;
  }

  /**
   * NoteLoss: a packet was lost.
   *
   * @param followsLast whether the one before it was lost before
   * @param delivered bytes delivered so far
   */
  void onLoss(boolean followsLast, long delivered) {
    lossEvents += followsLast ? 0 : 1;
    if (!hasLoss) {
      hasLoss = true;
      roundDelivered = delivered;
    }
  }

  void onSample(DeliverySampler sample) {
    latestBytesPerNano = Math.max(latestBytesPerNano, sample.bytesPerNano());
    latestInFlightBytes = Math.max(latestInFlightBytes, (double) sample.deliveredBytes());
    roundStarts = sample.priorDelivered() >= roundDelivered;
    if (roundStarts) {
      roundDelivered = sample.delivered();
      lastLossEvents = lossEvents;
      lossEvents = 0;
    }
  }

  /**
   * A round trip has ended.
   *
   * @param isAccelerating losses are expected, and answered otherwise
   */
  void onRound(boolean isAccelerating, double maxBytesPerNano, long windowBytes) {
    if (hasLoss && !isAccelerating) {
      double rate = bytesPerNano == UNBOUNDED ? maxBytesPerNano : bytesPerNano;
      double volume = inFlightBytes == UNBOUNDED ? windowBytes : inFlightBytes;
      bytesPerNano = Math.max(latestBytesPerNano, BETA * rate);
      inFlightBytes = Math.max(latestInFlightBytes, BETA * volume);
    }
    hasLoss = false;
  }

  /** The end of an acknowledgement. */
  void advance(DeliverySampler sample) {
    if (roundStarts) {
      latestBytesPerNano = sample.bytesPerNano();
      latestInFlightBytes = sample.deliveredBytes();
    }
  }

  void forgetSignals() {
    hasLoss = false;
    latestBytesPerNano = 0;
    latestInFlightBytes = 0;
  }

  void forgetBounds() {
    bytesPerNano = UNBOUNDED;
    inFlightBytes = UNBOUNDED;
  }

  void save() {
    undoBytesPerNano = bytesPerNano;
    undoInFlightBytes = inFlightBytes;
  }

  /** The losses since {@link #save} were none. */
  void undo() {
    hasLoss = false;
    bytesPerNano = Math.max(bytesPerNano, undoBytesPerNano);
    inFlightBytes = Math.max(inFlightBytes, undoInFlightBytes);
  }

  static final double UNBOUNDED = Double.POSITIVE_INFINITY;

  /** What a round trip with losses leaves at least. */
  static final double BETA = 0.7;
}
