package dev.memux.engine.quic;

import java.util.random.RandomGenerator;

/**
 * The fixed bit of packets, which means nothing to a peer that has sent grease_quic_bit: it is then
 * set or not at random, so that nothing on the way comes to rely on it (RFC 9287 §3.1).
 */
final class FixedBit {
  private final RandomGenerator random;
  private boolean arbitrary;
  private long bits;
  private int left;

  FixedBit(RandomGenerator random) {
    this.random = random;
  }

  /** RFC 9287 §3.1: not before the peer's transport parameters have been processed. */
  void onPeerParameters(boolean greaseQuicBit) {
    arbitrary = greaseQuicBit;
  }

  /** Whether the next packet goes without it. */
  boolean isNextClear() {
    if (!arbitrary) {
      return false;
    }
    if (left == 0) {
      bits = random.nextLong();
      left = Long.SIZE;
    }
    left--;
    return (bits >>> left & 1) == 0;
  }
}
