package dev.memux.engine;

import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.tls.TlsSession;
import java.net.InetSocketAddress;

/** What {@link Connection#pollEvent} tells. */
public sealed interface ConnectionEvent {
  /**
   * Streams can be used before the handshake is complete (0-RTT, RFC 9001 §4.6). On a client: what
   * they carry until then goes to whoever has the session's key and may be replayed by anybody; if
   * the server refuses it, it is sent again by itself. On a server: see {@link MuxStream#isEarly}.
   */
  record EarlyDataReady() implements ConnectionEvent {}

  /** Streams can be used from here on. */
  record HandshakeCompleted(TlsSession session) implements ConnectionEvent {}

  /**
   * Streams can be used from here on: the peer's transport parameters have come, over a layer below
   * that has made its own handshake before (QMux §4.2).
   */
  record Established() implements ConnectionEvent {}

  /** The peer, too, knows that the handshake is complete (RFC 9001 §4.1.2). */
  record HandshakeConfirmed() implements ConnectionEvent {}

  /** The peer has raised the limit of streams that we may open. */
  record StreamsAvailable(StreamType type) implements ConnectionEvent {}

  /** The peer has another address from now on, and has shown that it is there (RFC 9000 §9). */
  record PeerMigrated(InetSocketAddress remote) implements ConnectionEvent {}

  /**
   * The server gives a token by which the next connection to it proves this address (RFC 9000
   * §8.1.3).
   */
  @SuppressWarnings("ArrayRecordComponent") // kept or thrown away, never compared
  record TokenReceived(byte[] token) implements ConnectionEvent {}

  /** The connection has ended: nothing can be sent any more. Comes once. */
  record Closed(CloseReason reason) implements ConnectionEvent {}

  /** The connection can be forgotten. The last event. */
  record Terminated() implements ConnectionEvent {}
}
