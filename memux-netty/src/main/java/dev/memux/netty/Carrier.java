package dev.memux.netty;

import dev.memux.engine.Connection;
import dev.memux.engine.ConnectionStatistics;
import dev.memux.tls.TlsSession;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What carries one engine connection, as its {@link ConnectionListener} sees it. All methods on the
 * event loop unless they say otherwise.
 */
public interface Carrier {
  /** The connection; it lives on the event loop, and only there may it be touched. Any thread. */
  Connection connection();

  /** The connection's loop, for life. Any thread. */
  EventLoop eventLoop();

  /** The socket's channel. Any thread. */
  Channel transport();

  /** The engine has been told something: events and packets may wait. Handled once per turn. */
  void wake();

  /** Hands to the socket, now, what the connection may send now. */
  void flushNow();

  /** Figures of the connection, and of its path as far as it or the layer below knows it. */
  default ConnectionStatistics statistics() {
    return connection().statistics();
  }

  /** Any thread; null before the socket is bound. */
  @Nullable InetSocketAddress local();

  /**
   * Has a client's connection go on from a socket of its own at {@code local} (RFC 9000 §9.2), as
   * soon as the handshake is confirmed.
   *
   * @return done with the address of that socket when the server has answered there; fails with
   *     {@link MigrationException}, or the socket's exception, and then nothing has changed
   */
  default Future<InetSocketAddress> migrate(InetSocketAddress local) {
    return eventLoop()
        .newFailedFuture(new UnsupportedOperationException("only QUIC moves between addresses"));
  }

  InetSocketAddress remote();

  /**
   * What the layer below has agreed on before the connection began, if it makes its own handshake
   * and is TLS; null otherwise, as with QUIC, whose connections tell it themselves.
   */
  @Nullable TlsSession tls();

  /** What carries the connection, or the outermost one that it is nested in. Any thread. */
  CarrierType type();

  /** What moves its packets, in words: "epoll gso gro", for example. Any thread. */
  String io();

  long nowNanos();
}
