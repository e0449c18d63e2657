package dev.memux.netty;

import dev.memux.tls.TlsServerConfig;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;

/** What a server listens with, and what its connections come by. Any thread. */
sealed interface BoundSockets permits ServerSockets, TcpListener {
  /** With the port that was chosen if 0 was asked for. */
  InetSocketAddress localAddress();

  /** How many share the address. */
  int socketCount();

  /** Uses {@code tls} for handshakes from now on; done when all event loops do. */
  Future<Void> reload(TlsServerConfig tls);

  /** Refuses new connections from now on; the others go on. */
  void stopAccepting();

  /** Closes the sockets; connections that still live are told. Always the same future. */
  Future<Void> close();

  /** Done when the sockets are closed. */
  Future<Void> closeFuture();
}
