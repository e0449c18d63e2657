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
 * A bound server whose QUIC connections are not to become Netty channels: each is given a listener,
 * which uses the engine directly. Any thread.
 */
public final class ServerCarriers implements BoundCarriers {
  private final ServerSockets sockets;

  private ServerCarriers(ServerSockets sockets) {
    this.sockets = sockets;
  }

  /**
   * Binds; port 0 takes a free one.
   *
   * @param listener makes the listener of a new connection, on its event loop, before its handshake
   *     goes on
   * @return fails with the socket's exception when the address cannot be bound
   */
  public static Future<ServerCarriers> bind(
      EventLoopGroup group,
      QuicConfig config,
      TlsServerConfig tls,
      InetSocketAddress local,
      Function<Carrier, ConnectionListener> listener) {
    Promise<ServerCarriers> promise = GlobalEventExecutor.INSTANCE.newPromise();
    ServerSockets.bind(
            group, config, tls, null, ProcessMemory.shared(), local, new Acceptor(listener))
        .addListener(
            (Future<ServerSockets> bound) -> {
              if (!bound.isSuccess()) {
                promise.tryFailure(bound.cause());
              } else if (!promise.trySuccess(new ServerCarriers(bound.getNow()))) {
                bound.getNow().close(); // cancelled
              }
            });
    return promise;
  }

  @Override
  public InetSocketAddress localAddress() {
    return sockets.localAddress();
  }

  @Override
  public Future<Void> reload(TlsServerConfig tls) {
    return sockets.reload(tls);
  }

  @Override
  public void stopAccepting() {
    sockets.stopAccepting();
  }

  @Override
  public Future<Void> close() {
    return sockets.close();
  }

  private record Acceptor(Function<Carrier, ConnectionListener> listener)
      implements UdpDriver.Acceptor {
    @Override
    public void onAccept(DrivenConnection connection) {
      connection.listener(listener.apply(connection));
    }

    @Override
    public void onIdle(UdpDriver driver) {}
  }
}
