package dev.memux.netty;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.TlsClientConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Opens QUIC connections that are not to become Netty channels: each is given a listener, which
 * uses the engine directly. Those from one event loop to one peer share a UDP socket. Any thread.
 */
public final class ClientCarriers {
  private final EventLoopGroup group;
  private final ClientSockets sockets;
  private final TokenCache tokens = new TokenCache();

  /**
   * @param group of {@link IoTransport#newEventLoopGroup}, for one
   * @param local what sockets bind to
   */
  public ClientCarriers(EventLoopGroup group, QuicConfig config, InetSocketAddress local) {
    this.group = group;
    this.sockets = new ClientSockets(config, IoTransport.of(group), local);
  }

  /**
   * Begins a connection. What comes of it the listener learns from the connection's events.
   *
   * @param remote resolved
   * @param serverName what the certificate must be for
   * @param listener makes the listener, on the event loop, before the first packet is sent
   * @param onFailure told if there is not even a socket, or the TLS settings do not fit the name
   */
  public void connect(
      TlsClientConfig tls,
      InetSocketAddress remote,
      String serverName,
      Function<Carrier, ConnectionListener> listener,
      Consumer<Throwable> onFailure) {
    EventLoop loop = group.next();
    loop.execute(
        () ->
            sockets
                .driver(loop, remote)
                .addListener(
                    (Future<UdpDriver> opened) -> {
                      if (opened.isSuccess()) {
                        byte[] token = tokens.take(server(serverName, remote));
                        begin(opened.getNow(), tls, remote, serverName, token, listener, onFailure);
                      } else {
                        onFailure.accept(opened.cause());
                      }
                    }));
  }

  /**
   * Keeps an address token that a server has given for the next connection to it.
   *
   * @see dev.memux.engine.ConnectionEvent.TokenReceived
   */
  public void keepToken(String serverName, InetSocketAddress remote, byte[] token) {
    tokens.add(server(serverName, remote), token);
  }

  /** Servers that share a host have tokens of their own. */
  private static String server(String serverName, InetSocketAddress remote) {
    return serverName + ":" + remote.getPort();
  }

  private static void begin(
      UdpDriver driver,
      TlsClientConfig tls,
      InetSocketAddress remote,
      String serverName,
      byte[] token,
      Function<Carrier, ConnectionListener> listener,
      Consumer<Throwable> onFailure) {
    try {
      DrivenConnection driven = driver.connect(tls, serverName, remote, token);
      driven.listener(listener.apply(driven));
      driven.wake();
    } catch (RuntimeException e) {
      onFailure.accept(e);
    }
  }
}
