package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.wire.QuicVersion;
import java.net.InetSocketAddress;

/**
 * What a connection shares with the others of its endpoint: connection IDs, by which datagrams are
 * routed to it, the stateless resets that end it, and the keys of tokens.
 */
interface ConnectionIdRegistry {
  /** A new ID; datagrams to it go to {@code owner} from here on. */
  ConnectionId issue(QuicConnection owner);

  /** Datagrams to the ID go nowhere any more. */
  void retire(ConnectionId id);

  /** The token by which a peer recognises our stateless reset for that ID (RFC 9000 §10.3.2). */
  byte[] resetToken(ConnectionId id);

  /** A datagram from that address that ends in the token is for {@code owner}, whatever its ID. */
  void expectReset(InetSocketAddress remote, byte[] token, QuicConnection owner);

  /** Takes back {@link #expectReset}. */
  void ignoreReset(InetSocketAddress remote, byte[] token);

  /**
   * A token by which a client proves its address in its next connection (RFC 9000 §8.1.3), in the
   * same version.
   */
  byte[] addressToken(QuicVersion version, InetSocketAddress client, long nowNanos);
}
