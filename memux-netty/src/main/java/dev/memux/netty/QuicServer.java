package dev.memux.netty;

import dev.memux.tls.TlsServerConfig;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bound QUIC server: a socket per event loop, and the connections it has accepted. Any thread.
 */
public final class QuicServer {
  private final InetSocketAddress localAddress;
  private final List<UdpDriver> drivers;
  private final ServerAcceptor acceptor;
  private final Promise<Void> closed = GlobalEventExecutor.INSTANCE.newPromise();

  QuicServer(InetSocketAddress localAddress, List<UdpDriver> drivers, ServerAcceptor acceptor) {
    this.localAddress = localAddress;
    this.drivers = List.copyOf(drivers);
    this.acceptor = acceptor;
  }

  /** Where it listens, with the port that was chosen if 0 was asked for. */
  public InetSocketAddress localAddress() {
    return localAddress;
  }

  /** The connections that are open, {@link QuicChannel}s all; a live view. */
  public ChannelGroup connections() {
    return acceptor.connections();
  }

  /** How many connections are open. */
  public int connectionCount() {
    return acceptor.connections().size();
  }

  /** How many sockets share the address, one for each event loop in use. */
  public int socketCount() {
    return drivers.size();
  }

  /**
   * Uses another TLS configuration, with another certificate for one, for handshakes from now on.
   * Connections and handshakes under way are not touched.
   *
   * @return done when all event loops use it
   */
  public Future<Void> reload(TlsServerConfig tls) {
    Promise<Void> done = GlobalEventExecutor.INSTANCE.newPromise();
    AtomicInteger waiting = new AtomicInteger(drivers.size());
    for (UdpDriver driver : drivers) {
      driver
          .eventLoop()
          .execute(
              () -> {
                driver.reload(tls);
                if (waiting.decrementAndGet() == 0) {
                  done.setSuccess(null);
                }
              });
    }
    return done;
  }

  /** Refuses new connections from now on; the others go on. */
  public void stopAccepting() {
    for (UdpDriver driver : drivers) {
      driver.eventLoop().execute(driver::stopAccepting);
    }
  }

  /**
   * Refuses new connections, closes the others with application error code 0, and the sockets once
   * the peers have been told.
   *
   * @return done when the sockets are closed; the same future for every call
   */
  public Future<Void> close() {
    stopAccepting();
    acceptor.connections().close().addListener(done -> closeSockets());
    return closed;
  }

  /** Done when the sockets are closed. */
  public Future<Void> closeFuture() {
    return closed;
  }

  /** One for each socket. */
  List<UdpDriver> drivers() {
    return drivers;
  }

  private void closeSockets() {
    AtomicInteger open = new AtomicInteger(drivers.size());
    for (UdpDriver driver : drivers) {
      driver
          .transport()
          .closeFuture()
          .addListener(
              done -> {
                if (open.decrementAndGet() == 0) {
                  closed.trySuccess(null);
                }
              });
      driver.eventLoop().execute(driver::close);
    }
  }
}
