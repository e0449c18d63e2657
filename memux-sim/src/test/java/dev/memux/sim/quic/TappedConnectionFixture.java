package dev.memux.sim.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.sim.Network;

/** A connection for packets that tests make up. */
public final class TappedConnectionFixture {
  public TappedConnection connection() {
    return new TappedConnection(
        Network.address(1, 1),
        Network.address(0, 443),
        ConnectionId.of(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}),
        QuicVersion.V1);
  }
}
