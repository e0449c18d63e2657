package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import java.net.InetSocketAddress;

/**
 * Where connections have their connection IDs from: the endpoint, which routes datagrams by them
 * and has the keys of tokens.
 */
interface ConnectionIdRegistry {
  /** A new ID; datagrams to it go to {@code owner} from here on. */
  ConnectionId issue(QuicConnection owner);

  /** Datagrams to the ID go nowhere any more. */
  void retire(ConnectionId id);

  /** The token by which a peer recognises our stateless reset for that ID (RFC 9000 §10.3.2). */
  byte[] resetToken(ConnectionId id);

  /** A token by which a client proves its address in its next connection (RFC 9000 §8.1.3). */
  byte[] addressToken(InetSocketAddress client, long nowNanos);
}
