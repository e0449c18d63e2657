package dev.memux.sim.quic;

import dev.memux.sim.Datagram;

/** Takes what a {@link WireTap} reads. */
public interface WireListener {
  /** A datagram of a connection is being sent; its packets follow. */
  default void onDatagramSent(
      TappedConnection connection, Side sender, Datagram datagram, long nowNanos) {}

  /** A packet is being sent. */
  default void onPacketSent(TappedPacket packet, long nowNanos) {}

  /**
   * A datagram that belongs to a connection by its destination connection ID is being delivered,
   * whoever sent it, damaged or not; its packets follow.
   */
  default void onDatagramDelivered(
      TappedConnection connection, Side receiver, Datagram datagram, long nowNanos) {}

  /**
   * A packet is being delivered.
   *
   * @param intact false if it is as it was sent but in a datagram with damage elsewhere, so that
   *     the receiver may miss it
   */
  default void onPacketDelivered(TappedPacket packet, boolean intact, long nowNanos) {}

  /** A node sent something of a connection that cannot be read with its keys, or not parsed. */
  default void onUnreadable(Datagram datagram, String why, long nowNanos) {}
}
