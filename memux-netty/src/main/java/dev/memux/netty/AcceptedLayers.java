package dev.memux.netty;

import dev.memux.tls.TlsServerConfig;
import io.netty.channel.Channel;

/** What stands between the TCP connections that a {@link TcpListener} accepts and QMux. */
interface AcceptedLayers {
  /**
   * Adds to the pipeline of an accepted connection. On its event loop.
   *
   * @param onReady called when the handshakes of these layers are through, and QMux begins
   */
  void prepare(Channel channel, Runnable onReady);

  /**
   * Uses another TLS configuration for handshakes from now on. Any thread.
   *
   * @throws IllegalArgumentException if TLS over TCP cannot work with its settings
   * @throws IllegalStateException if there is no TLS
   */
  void reload(TlsServerConfig tls);
}
