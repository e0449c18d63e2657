package dev.memux.engine.congestion;

/**
 * Tells when sending faster does not deliver faster any more (draft-ietf-ccwg-bbr, "Exiting
 * Acceleration Based on Bandwidth Plateau").
 */
final class FullPipe {
  private double baselineBytesPerNano;
  private int roundsWithoutGrowth;
  private boolean isFull;
  private boolean wasEverFull;

  /** Begins anew. */
  void reset(double bytesPerNano) {
    baselineBytesPerNano = bytesPerNano;
    roundsWithoutGrowth = 0;
    isFull = false;
  }

  /** A round trip in which there was always something to send has ended at that rate. */
  void onRound(double bytesPerNano) {
    if (isFull) {
      return;
    }
    if (bytesPerNano >= GROWTH * baselineBytesPerNano) {
      reset(bytesPerNano);
    } else if (++roundsWithoutGrowth >= ROUNDS) {
      onFull();
    }
  }

  /** There is another reason to believe so. */
  void onFull() {
    isFull = true;
    wasEverFull = true;
  }

  /** It has turned out that nothing is known. */
  void forget() {
    reset(0);
    wasEverFull = false;
  }

  boolean isFull() {
    return isFull;
  }

  boolean wasEverFull() {
    return wasEverFull;
  }

  static final double GROWTH = 1.25;
  static final int ROUNDS = 3;
}
