package dev.memux.sim.world;

import dev.memux.sim.quic.Side;
import java.util.EnumMap;
import java.util.Map;

/** Whether a connection's silence can be the links' fault. */
final class LinkBlame {
  private static final int LOSSES_THAT_STOP_A_HANDSHAKE = 5;

  private static final long LONG_BACKOFF_NANOS = 1_000_000_000;

  private final Map<Side, Boolean> lostSinceHeard = new EnumMap<>(Side.class);
  private final Map<Side, Probing> probing = new EnumMap<>(Side.class);
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

  /** A packet that asks for an acknowledgement leaves. */
  void onAckElicitingSent(Side sender, long nowNanos) {
    probing.computeIfAbsent(sender, s -> new Probing(nowNanos)).onSent(nowNanos);
  }

  /**
   * Whether something to or from this side was lost since it last heard of the other, or one of
   * them has lost so much before that its next probe is not due yet (RFC 9002 §6.2.1: the timeout
   * doubles until an acknowledgement comes, whatever else comes).
   */
  boolean excusesSilence(Side side, long nowNanos) {
    return lostSinceHeard.getOrDefault(side, false)
        || probing.values().stream().anyMatch(p -> p.isBackingOff(nowNanos));
  }

  boolean lostAnything() {
    return lost > 0;
  }

  /**
   * Whether so much was lost that a handshake could not finish within its time, which is ten
   * seconds or more: each probe timeout sends again, two datagrams at a time, and by then four have
   * come.
   */
  boolean excusesHandshake() {
    return lost >= LOSSES_THAT_STOP_A_HANDSHAKE;
  }

  /** When one side has sent, the last two times. */
  private static final class Probing {
    private long previousNanos;
    private long lastNanos;

    Probing(long nowNanos) {
      previousNanos = nowNanos;
      lastNanos = nowNanos;
    }

    void onSent(long nowNanos) {
      if (nowNanos > lastNanos) {
        previousNanos = lastNanos;
        lastNanos = nowNanos;
      }
    }

    boolean isBackingOff(long nowNanos) {
      long intervalNanos = lastNanos - previousNanos;
      return intervalNanos >= LONG_BACKOFF_NANOS
          && nowNanos - lastNanos <= 2 * intervalNanos + intervalNanos / 8;
    }
  }
}
