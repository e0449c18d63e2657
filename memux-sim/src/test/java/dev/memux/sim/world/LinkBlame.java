package dev.memux.sim.world;

import dev.memux.sim.quic.Side;
import java.util.EnumMap;
import java.util.Map;

/** Whether a connection's silence can be the links' fault. */
final class LinkBlame {
  private final Map<Side, Boolean> lostSinceHeard = new EnumMap<>(Side.class);
  private boolean lostAnything;

  /** A datagram either way was lost or damaged. */
  void onLost() {
    lostAnything = true;
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

  boolean hasLostAnything() {
    return lostAnything;
  }
}
