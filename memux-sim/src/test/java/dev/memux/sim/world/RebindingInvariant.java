package dev.memux.sim.world;

import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A server that hears of its client at a new address turns there at once (RFC 9000 §9.3): without
 * this, a rebinding would stop a transfer for as long as timers run.
 */
final class RebindingInvariant {
  /** No window and no pacer holds back a challenge; only a full socket does, and shortly. */
  static final long MAX_SILENCE_NANOS = 1_000_000;

  private final Set<InetSocketAddress> heardOf = new HashSet<>();
  private long largest = -1;
  private @Nullable InetSocketAddress awaited;
  private long sinceNanos;

  /** A packet of the client's that says where it is has been delivered, undamaged. */
  void onDelivered(long packetNumber, InetSocketAddress source, long nowNanos) {
    if (packetNumber <= largest) {
      return;
    }
    boolean moves = largest >= 0;
    largest = packetNumber;
    if (heardOf.add(source) && moves) {
      awaited = source;
      sinceNanos = nowNanos;
    }
  }

  /** The client has asked whether it could go there: the server need not turn to know the place. */
  void onProbed(InetSocketAddress source) {
    heardOf.add(source);
  }

  void onServerSent(InetSocketAddress destination) {
    if (destination.equals(awaited)) {
      awaited = null;
    }
  }

  /** Nobody waits any more. */
  void forget() {
    awaited = null;
  }

  /** So much time has passed. */
  void check(long nowNanos) {
    if (awaited != null && nowNanos - sinceNanos > MAX_SILENCE_NANOS) {
      throw new Violation(
          RebindingInvariant.class,
          "the server has sent nothing to %s for %.1f ms"
              .formatted(awaited, (nowNanos - sinceNanos) / 1e6));
    }
  }
}
