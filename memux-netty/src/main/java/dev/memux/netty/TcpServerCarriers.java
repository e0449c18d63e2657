package dev.memux.netty;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.function.Function;

/**
 * A bound server whose QMux connections over TLS and TCP are not to become Netty channels: each is
 * given a listener, which uses the engine directly. The sibling of {@link ServerCarriers}. Any
 * thread.
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
    Promise<TcpServerCarriers> promise = GlobalEventExecutor.INSTANCE.newPromise();
    TcpListener.bind(group, config, ProcessMemory.shared(), tls, local, listener)
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
   */
  @Override
  public Future<Void> reload(TlsServerConfig tls) {
    tcp.reload(tls);
    return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
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
