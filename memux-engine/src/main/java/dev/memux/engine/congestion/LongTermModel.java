package dev.memux.engine.congestion;

/**
 * What the path takes (draft-ietf-ccwg-bbr, "Network Path Model Parameters"): the highest rate of
 * this cycle of probing and the one before, and the volume at which a probe lost too much.
 */
final class LongTermModel {
  /** Of the cycle before and of this one. */
  private double lastCycleBytesPerNano;

  private double cycleBytesPerNano;

  private double inFlightBytes = UNBOUNDED;
  private double undoInFlightBytes = UNBOUNDED;

  // How the volume grows while the path is probed.
  private int probeRounds;
  private double ackedBytes;
  private double ackedBytesPerStep = UNBOUNDED;

  double bytesPerNano() {
    return Math.max(lastCycleBytesPerNano, cycleBytesPerNano);
  }

  /** A rate was seen. One that the sender limited is a lower bound. */
  void onRate(double bytesPerNano, boolean isApplicationLimited) {
    if (!isApplicationLimited || bytesPerNano >= bytesPerNano()) {
      cycleBytesPerNano = Math.max(cycleBytesPerNano, bytesPerNano);
    }
  }

  /** A cycle has ended; one without a sample does not count. */
  void onCycle() {
    if (cycleBytesPerNano > 0) {
      lastCycleBytesPerNano = cycleBytesPerNano;
      cycleBytesPerNano = 0;
    }
  }

  /** {@link #UNBOUNDED} while no probe has lost too much. */
  double inFlightBytes() {
    return inFlightBytes;
  }

  /** With room left for others. */
  double inFlightWithHeadroom(int datagramBytes, double leastBytes) {
    if (inFlightBytes == UNBOUNDED) {
      return UNBOUNDED;
    }
    double headroomBytes = Math.max(datagramBytes, HEADROOM * inFlightBytes);
    return Math.max(inFlightBytes - headroomBytes, leastBytes);
  }

  /** So much in flight loses too much. */
  void onTooHigh(double bytes) {
    inFlightBytes = bytes;
  }

  /** So much in flight has not lost too much. */
  void onSafe(long bytes) {
    if (inFlightBytes != UNBOUNDED) {
      inFlightBytes = Math.max(inFlightBytes, (double) bytes);
    }
  }

  /** The path begins to be filled for a probe. */
  void beginRefill() {
    probeRounds = 0;
    ackedBytes = 0;
  }

  /** No probe is under way. */
  void stopGrowth() {
    ackedBytesPerStep = UNBOUNDED;
  }

  /** Another round trip of the probe begins: twice as many steps as in the one before. */
  void steepen(long windowBytes, int datagramBytes) {
    ackedBytesPerStep = Math.max((double) windowBytes / (1L << probeRounds), datagramBytes);
    probeRounds = Math.min(probeRounds + 1, MAX_PROBE_ROUNDS);
  }

  /** What there is room for was used, and so much was acknowledged in the probe. */
  void grow(long bytes, int datagramBytes) {
    ackedBytes += bytes;
    if (ackedBytes >= ackedBytesPerStep) {
      double steps = Math.floor(ackedBytes / ackedBytesPerStep);
      ackedBytes -= steps * ackedBytesPerStep;
      inFlightBytes += steps * datagramBytes;
    }
  }

  void save() {
    undoInFlightBytes = inFlightBytes;
  }

  /** The losses since {@link #save} were none. */
  void undo() {
    inFlightBytes = Math.max(inFlightBytes, undoInFlightBytes);
  }

  static final double UNBOUNDED = Double.POSITIVE_INFINITY;

  /** BBR.Headroom. */
  static final double HEADROOM = 0.15;

  private static final int MAX_PROBE_ROUNDS = 30;
}
