package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.ConnectionIdGenerator;
import dev.memux.engine.wire.QuicVersion;
import java.net.InetSocketAddress;
import java.util.random.RandomGenerator;

/** For a connection without an endpoint: its IDs are random, and lead nowhere. */
final class LooseIds implements ConnectionIdRegistry {
  private final RandomGenerator random;

  LooseIds(RandomGenerator random) {
    this.random = random;
  }

  @Override
  public ConnectionId issue(QuicConnection owner) {
    return ConnectionId.random(random, ConnectionIdGenerator.CONNECTION_ID_BYTES);
  }

  @Override
  public void retire(ConnectionId id) {}

  @Override
  public byte[] resetToken(ConnectionId id) {
    return new byte[16];
  }

  @Override
  public void expectReset(InetSocketAddress remote, byte[] token, QuicConnection owner) {}

  @Override
  public void ignoreReset(InetSocketAddress remote, byte[] token) {}

  @Override
  public byte[] addressToken(QuicVersion version, InetSocketAddress client, long nowNanos) {
    return new byte[] {1};
  }
}
