package dev.memux.gateway;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.http.Http3Service;
import dev.memux.http.HttpsServer;
import dev.memux.http.HttpsService;
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

/** Binds addresses: UDP for HTTP/3, and TCP with the same number for those before it. */
final class Listener {
  /** How often another free port is tried where UDP's is taken on TCP. */
  private static final int MAX_FREE_PORTS = 16;

  private final EventLoopGroup group;
  private final QuicConfig config;
  private final TlsServerConfig tls;
  private final Http3Service http3;
  private final HttpsService https;

  Listener(
      EventLoopGroup group,
      QuicConfig config,
      TlsServerConfig tls,
      Http3Service http3,
      HttpsService https) {
    this.group = group;
    this.config = config;
    this.tls = tls;
    this.http3 = http3;
    this.https = https;
  }

  /** An address that is listened on. */
  record Bound(QuicServer quic, HttpsServer tcp) {
    InetSocketAddress localAddress() {
      return quic.localAddress();
    }

    /** Refuses new connections; those that are open go on. */
    void stopAccepting() {
      quic.stopAccepting();
      tcp.close();
    }

    /** Closes the sockets and waits, but not for ever. */
    void close(long limitMillis) {
      tcp.close().awaitUninterruptibly(limitMillis);
      quic.close().awaitUninterruptibly(limitMillis);
    }
  }

  /**
   * Binds one address and waits until it is.
   *
   * @throws IOException with a message for people
   */
  Bound bind(ListenAddress address) throws IOException {
    InetSocketAddress local;
    try {
      local = address.resolve();
    } catch (UnknownHostException e) {
      throw new IOException("cannot listen on " + address + ": no such host", e);
    }
    try {
      requireFree(local);
      return bindBoth(local);
    } catch (IOException e) {
      throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
  }

  private Bound bindBoth(InetSocketAddress local) throws IOException {
    int tries = local.getPort() == 0 ? MAX_FREE_PORTS : 1;
    while (true) {
      QuicServer quic = bindQuic(local);
      try {
        return new Bound(quic, HttpsServer.bind(group, quic.localAddress(), https));
      } catch (IOException e) {
        quic.close();
        tries--;
        if (tries == 0) {
          throw new IOException("TCP: " + e.getMessage(), e);
        }
      }
    }
  }

  private QuicServer bindQuic(InetSocketAddress local) throws IOException {
    Future<QuicServer> bound =
        new QuicServerBootstrap()
            .group(group)
            .config(config)
            .tls(tls)
            .childHandler(http3.initializer())
            .bind(local)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(bound.cause().getMessage(), bound.cause());
    }
    return bound.getNow();
  }

  // A server's sockets share their port with each other (SO_REUSEPORT), and so they would with
  // those of another gateway of the same user, which would then get half of the connections.
  private static void requireFree(InetSocketAddress local) throws SocketException {
    if (local.getPort() != 0) {
      new DatagramSocket(local).close();
    }
  }
}
