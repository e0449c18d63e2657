package dev.memux.sim.world;

import dev.memux.sim.quic.Side;

/** On a path that lost nothing and kept the order, nothing is declared lost (RFC 9002 §6.1). */
final class LossInvariant {
  private LossInvariant() {}

  /**
   * A connection has ended.
   *
   * @param pathIsFaultless whether everything sent arrived, undamaged and in order, and could be
   *     read there
   */
  static void check(Side side, boolean pathIsFaultless, long declaredLost) {
    if (pathIsFaultless && declaredLost > 0) {
      throw new Violation(
          LossInvariant.class, side + " lost " + declaredLost + " packets that all arrived");
    }
  }
}
