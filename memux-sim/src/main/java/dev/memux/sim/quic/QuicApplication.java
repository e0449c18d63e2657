package dev.memux.sim.quic;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.quic.PathEvent;
import dev.memux.engine.quic.QuicConnection;

/**
 * What runs on a {@link QuicNode}. Called with events; it may command any stream or connection of
 * its node meanwhile.
 */
public interface QuicApplication {
  /** Something happened to a connection. */
  default void onEvent(QuicConnection connection, ConnectionEvent event, long nowNanos) {}

  /** Something has come of a client's path; it may have the connection move. */
  default void onPathEvent(QuicConnection connection, PathEvent event, long nowNanos) {}

  /**
   * Something happened to a stream.
   *
   * @param events bits of {@link MuxStream}
   */
  default void onStream(QuicConnection connection, MuxStream stream, int events, long nowNanos) {}

  /** An unreliable datagram has arrived (RFC 9221). */
  default void onDatagram(QuicConnection connection, byte[] datagram, long nowNanos) {}
}
