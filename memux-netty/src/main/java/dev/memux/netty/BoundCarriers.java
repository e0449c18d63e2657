package dev.memux.netty;

import dev.memux.tls.TlsServerConfig;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;

/** A bound server whose connections are not to become Netty channels. Any thread. */
public sealed interface BoundCarriers permits ServerCarriers, TcpServerCarriers {
  /** Where it listens, with the port that was chosen if 0 was asked for. */
  InetSocketAddress localAddress();

  /** Uses {@code tls} for handshakes from now on; done when all event loops do. */
  Future<Void> reload(TlsServerConfig tls);

  /** Refuses new connections from now on; the others go on. */
  void stopAccepting();

  /**
   * Closes the sockets, under the connections that are left.
   *
   * @return done when they are closed
   */
  Future<Void> close();
}
