package dev.memux.engine.recovery;

/**
 * Tells when the losses that reduced the window were none: every packet declared lost since has
 * been acknowledged late. One that stays lost, or is forgotten, keeps the reduction.
 */
final class SpuriousCongestion {
  private long reducedNanos;

  /** Lost since then and not acknowledged; zero also before the first loss. */
  private int missing;

  private boolean established;

  /**
   * Packets were declared lost.
   *
   * @param reduced whether that reduced the window
   */
  void onLost(int packets, boolean reduced, long nowNanos) {
    if (reduced) {
      reducedNanos = nowNanos;
      missing = packets;
    } else if (missing > 0) {
      missing += packets;
    }
  }

  /** A packet declared lost at that time was acknowledged. */
  void onLate(long declaredLostNanos) {
    // What was lost before the reduction did not cause it.
    if (missing > 0 && declaredLostNanos >= reducedNanos && --missing == 0) {
      established = true;
    }
  }

  /** The window is what it is for another reason as well. */
  void forget() {
    missing = 0;
  }

  /** Whether the last reduction has turned out to be unfounded since the last call. */
  boolean poll() {
    boolean result = established;
    established = false;
    return result;
  }
}
