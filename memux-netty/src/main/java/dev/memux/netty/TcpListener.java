package dev.memux.netty;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.TlsServerConfig;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TCP port that takes QMux connections over TLS. What becomes of a connection is decided when its
 * TLS handshake is complete; before that it is one of a bounded number and has a bounded time. Any
 * thread.
 */
final class TcpListener {
  private static final Logger log = LoggerFactory.getLogger(TcpListener.class);

  /** Connections that the kernel completes before they are accepted. */
  private static final int BACKLOG = 1_024;

  private final QuicConfig config;
  private final QmuxDrivers drivers;
  private final LayerBelow below;
  private final Function<Carrier, ConnectionListener> listener;
  private final Map<EventLoop, TcpHandshakes> handshakes = new ConcurrentHashMap<>();

  /**
   * The port and all connections that are open; closes what is added after it was closed itself.
   */
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

  private final Channel server;
  private final ChannelFuture bound;
  private volatile TcpTls tls;

  private TcpListener(
      EventLoopGroup group,
      QuicConfig config,
      ProcessMemory memory,
      TlsServerConfig tls,
      InetSocketAddress local,
      Function<Carrier, ConnectionListener> listener) {
    this.config = config;
    this.drivers = new QmuxDrivers(QmuxDrivers.configLike(config), memory);
    this.tls = tls(tls);
    this.listener = listener;
    IoTransport transport = IoTransport.of(group);
    this.below = new TlsOverTcp(transport);
    bound =
        new ServerBootstrap()
            .group(group)
            .channel(transport.serverSocketChannel())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel);
                  }
                })
            .bind(local);
    server = bound.channel();
    channels.add(server);
  }

  /**
   * Binds; fails with the socket's exception when the address cannot be bound.
   *
   * @param listener makes the listener of a new connection, on its event loop
   * @throws IllegalArgumentException if TLS over TCP cannot work with its settings
   */
  static Future<TcpListener> bind(
      EventLoopGroup group,
      QuicConfig config,
      ProcessMemory memory,
      TlsServerConfig tls,
      InetSocketAddress local,
      Function<Carrier, ConnectionListener> listener) {
    TcpListener made = new TcpListener(group, config, memory, tls, local, listener);
    Promise<TcpListener> promise = GlobalEventExecutor.INSTANCE.newPromise();
    made.bound.addListener(
        done -> {
          if (!done.isSuccess()) {
            promise.tryFailure(done.cause());
          } else if (!promise.trySuccess(made)) {
            made.server.close(); // cancelled
          }
        });
    return promise;
  }

  private static TcpTls tls(TlsServerConfig config) {
    return TcpTls.server(config, QmuxAlpn.of(config.applicationProtocols()));
  }

  /** With the port that was chosen if 0 was asked for. */
  InetSocketAddress localAddress() {
    return (InetSocketAddress) server.localAddress();
  }

  /**
   * Uses another TLS configuration for handshakes from now on.
   *
   * @throws IllegalArgumentException if TLS over TCP cannot work with its settings
   */
  void reload(TlsServerConfig renewed) {
    tls = tls(renewed);
  }

  /** Refuses new connections from now on; the others go on. Done when the port is free. */
  Future<Void> stopAccepting() {
    return server.close();
  }

  /** Closes the port and the connections that are left; done when all are. */
  Future<Void> close() {
    return channels.close();
  }

  private void accept(Channel channel) {
    if (!drivers.memory().hasRoomForConnection()) {
      log.debug("{} refused: memory is scarce", channel);
      channel.close();
      return;
    }
    TcpHandshakes waiting =
        handshakes.computeIfAbsent(
            channel.eventLoop(), loop -> new TcpHandshakes(config.maxHandshakes()));
    waiting.add(channel);
    channels.add(channel);
    channel.closeFuture().addListener(closed -> waiting.remove(channel));
    SslHandler handler = tls.newHandler(channel.alloc());
    handler.setHandshakeTimeout(config.handshakeTimeoutNanos(), TimeUnit.NANOSECONDS);
    channel
        .pipeline()
        .addLast(
            handler,
            new TlsGate(
                ready -> {
                  waiting.remove(channel);
                  channel
                      .pipeline()
                      .addLast(
                          new TlsEnd(),
                          drivers.server(below, TcpTls.session(ready, null), listener));
                },
                reason -> log.debug("{}: handshake failed: {}", channel, reason)));
  }
}
