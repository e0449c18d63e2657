package dev.memux.gateway;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.http.Http3Service;
import dev.memux.netty.QuicServer;
import dev.memux.netty.QuicServerBootstrap;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;

/** Binds addresses for one service. */
final class Listener {
  private final EventLoopGroup group;
  private final TlsServerConfig tls;
  private final Http3Service service;

  Listener(EventLoopGroup group, TlsServerConfig tls, Http3Service service) {
    this.group = group;
    this.tls = tls;
    this.service = service;
  }

  /**
   * Binds one address and waits until it is.
   *
   * @throws IOException with a message for people
   */
  QuicServer bind(ListenAddress address) throws IOException {
    InetSocketAddress local;
    try {
      local = address.resolve();
    } catch (UnknownHostException e) {
      throw new IOException("cannot listen on " + address + ": no such host", e);
    }
    try {
      requireFree(local);
    } catch (SocketException e) {
      throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
    Future<QuicServer> bound =
        new QuicServerBootstrap()
            .group(group)
            .config(QuicConfig.DEFAULT)
            .tls(tls)
            .childHandler(service.initializer())
            .bind(local)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      Throwable cause = bound.cause();
      throw new IOException("cannot listen on " + address + ": " + cause.getMessage(), cause);
    }
    return bound.getNow();
  }

  // A server's sockets share their port with each other (SO_REUSEPORT), and so they would with
  // those
  // of another gateway of the same user, which would then get half of the connections.
  private static void requireFree(InetSocketAddress local) throws SocketException {
    if (local.getPort() != 0) {
      new DatagramSocket(local).close();
    }
  }
}
