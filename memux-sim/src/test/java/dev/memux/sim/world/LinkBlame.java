package dev.memux.sim.world;

import dev.memux.sim.quic.Side;
import java.util.EnumMap;
import java.util.Map;

/** Whether a connection's silence can be the links' fault. */
final class LinkBlame {
  private static final int LOSSES_THAT_STOP_A_HANDSHAKE = 5;

  private final Map<Side, Boolean> lostSinceHeard = new EnumMap<>(Side.class);
  private int lost;

  /** A datagram either way was lost or damaged. */
  void onLost() {
    lost++;
    lostSinceHeard.put(Side.CLIENT, true);
    lostSinceHeard.put(Side.SERVER, true);
  }

  /** A datagram reached {@code receiver}. */
  void onArrived(Side receiver) {
    lostSinceHeard.put(receiver, false);
  }

  /** Whether something to or from this side was lost since it last heard of the other. */
  boolean excusesSilence(Side side) {
    return lostSinceHeard.getOrDefault(side, false);
  }

  /**
   * Whether so much was lost that a handshake could not finish within its time, which is ten
   * seconds or more: each probe timeout sends again, two datagrams at a time, and by then four have
   * come.
   */
  boolean excusesHandshake() {
    return lost >= LOSSES_THAT_STOP_A_HANDSHAKE;
  }
}
