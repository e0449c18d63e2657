package dev.memux.netty;

import dev.memux.tls.TlsServerConfig;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * A bound server: its sockets, for QUIC one per event loop, and the connections that it has
 * accepted. Any thread.
 */
public final class QuicServer {
  private final BoundSockets sockets;
  private final ServerAcceptor acceptor;

  QuicServer(BoundSockets sockets, ServerAcceptor acceptor) {
    this.sockets = sockets;
    this.acceptor = acceptor;
  }

  /** Where it listens, with the port that was chosen if 0 was asked for. */
  public InetSocketAddress localAddress() {
    return sockets.localAddress();
  }

  /** The connections that are open, {@link QuicChannel}s all; a live view. */
  public ChannelGroup connections() {
    return acceptor.connections();
  }

  /** How many connections are open. */
  public int connectionCount() {
    return acceptor.connections().size();
  }

  /** How many sockets share the address; for QUIC one for each event loop in use. */
  public int socketCount() {
    return sockets.socketCount();
  }

  /**
   * Uses another TLS configuration, with another certificate for one, for handshakes from now on.
   * Connections and handshakes under way are not touched.
   *
   * @return done when all event loops use it
   */
  public Future<Void> reload(TlsServerConfig tls) {
    return sockets.reload(tls);
  }

  /** Refuses new connections from now on; the others go on. */
  public void stopAccepting() {
    sockets.stopAccepting();
  }

  /**
   * Refuses new connections, closes the others with application error code 0, and the sockets once
   * the peers have been told.
   *
   * @return done when the sockets are closed; the same future for every call
   */
  public Future<Void> close() {
    stopAccepting();
    acceptor.connections().close().addListener(done -> sockets.close());
    return sockets.closeFuture();
  }

  /** Done when the sockets are closed. */
  public Future<Void> closeFuture() {
    return sockets.closeFuture();
  }

  /** One for each socket of QUIC. */
  List<UdpDriver> drivers() {
    return switch (sockets) {
      case ServerSockets udp -> udp.drivers();
      case TcpListener tcp -> List.of();
    };
  }
}
