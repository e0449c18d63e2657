package dev.memux.sim.world;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.sim.quic.Side;
import java.util.HashMap;
import java.util.Map;

/**
 * Whoever watches two networks shall not see that the same connection was on both: a connection ID
 * is used from one socket of the sender's, and to one of the receiver's (RFC 9000 §9.5). An address
 * that a NAT has changed is still the same socket.
 */
final class ConnectionIdInvariant {
  private final Map<ConnectionId, Use> uses = new HashMap<>();

  private record Use(Side sender, int from, int to) {}

  /**
   * @param from socket of the sender's
   * @param to socket of the receiver's
   */
  void onPacketSent(Side sender, ConnectionId destination, int from, int to) {
    Use use = new Use(sender, from, to);
    Use before = uses.putIfAbsent(destination, use);
    if (before != null && !before.equals(use)) {
      throw new Violation(
          ConnectionIdInvariant.class,
          "%s goes on two paths: %s, %s".formatted(destination, before, use));
    }
  }
}
