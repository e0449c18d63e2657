package dev.memux.netty;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A bound server whose QMux connections over TLS and TCP, or WebSocket, are not to become Netty
 * channels: each is given a listener, which uses the engine directly. The sibling of {@link
 * ServerCarriers}. Any thread.
 */
public final class TcpServerCarriers implements BoundCarriers {
  private final TcpListener tcp;

  private TcpServerCarriers(TcpListener tcp) {
    this.tcp = tcp;
  }

  /**
   * Binds; port 0 takes a free one.
   *
   * @param listener makes the listener of a new connection, on its event loop, when TLS is complete
   * @return fails with the socket's exception when the address cannot be bound
   * @throws IllegalArgumentException if TLS over TCP cannot work with its settings
   */
  public static Future<TcpServerCarriers> bind(
      EventLoopGroup group,
      QuicConfig config,
      TlsServerConfig tls,
      InetSocketAddress local,
      Function<Carrier, ConnectionListener> listener) {
    QmuxDrivers drivers = drivers(config);
    LayerBelow below = new TlsOverTcp(IoTransport.of(group));
    return bind(group, config, new QmuxOverTls(drivers, below, tls, listener), local);
  }

  /**
   * Binds for connections over WebSocket (RFC 6455): for browsers, and where nothing but HTTP gets
   * through. Each binary message is a record.
   *
   * @param tls certificate and trust; null: none, for what stands behind something that does TLS
   * @param listener makes the listener of a new connection, on its event loop
   * @return fails with the socket's exception when the address cannot be bound
   * @throws IllegalArgumentException if TLS over TCP cannot work with its settings
   */
  public static Future<TcpServerCarriers> bindWebSocket(
      EventLoopGroup group,
      QuicConfig config,
      WebSocketConfig webSocket,
      @Nullable TlsServerConfig tls,
      InetSocketAddress local,
      Function<Carrier, ConnectionListener> listener) {
    String io = IoTransport.of(group).name().toLowerCase(Locale.ROOT) + " websocket";
    return bind(
        group, config, new QmuxOverWebSocket(drivers(config), webSocket, io, tls, listener), local);
  }

  private static QmuxDrivers drivers(QuicConfig config) {
    return new QmuxDrivers(QmuxDrivers.configLike(config), ProcessMemory.shared());
  }

  private static Future<TcpServerCarriers> bind(
      EventLoopGroup group, QuicConfig config, AcceptedLayers layers, InetSocketAddress local) {
    Promise<TcpServerCarriers> promise = GlobalEventExecutor.INSTANCE.newPromise();
    TcpListener.bind(group, config, ProcessMemory.shared(), layers, local)
        .addListener(
            (Future<TcpListener> bound) -> {
              if (!bound.isSuccess()) {
                promise.tryFailure(bound.cause());
              } else if (!promise.trySuccess(new TcpServerCarriers(bound.getNow()))) {
                bound.getNow().close(); // cancelled
              }
            });
    return promise;
  }

  @Override
  public InetSocketAddress localAddress() {
    return tcp.localAddress();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if TLS over TCP cannot work with its settings; the earlier
   *     ones stay
   * @throws IllegalStateException if there is no TLS
   */
  @Override
  public Future<Void> reload(TlsServerConfig tls) {
    return tcp.reload(tls);
  }

  @Override
  public void stopAccepting() {
    tcp.stopAccepting();
  }

  @Override
  public Future<Void> close() {
    return tcp.close();
  }
}
