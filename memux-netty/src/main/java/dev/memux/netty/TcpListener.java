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
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TCP port that takes QMux connections. What becomes of a connection is decided when the
 * handshakes of the layers below QMux are through; before that it is one of a bounded number, and
 * those layers bound its time. Any thread.
 */
final class TcpListener implements BoundSockets {
  private static final Logger log = LoggerFactory.getLogger(TcpListener.class);

  /** Connections that the kernel completes before they are accepted. */
  private static final int BACKLOG = 1_024;

  private final QuicConfig config;
  private final ProcessMemory memory;
  private final AcceptedLayers layers;
  private final Map<EventLoop, TcpHandshakes> handshakes = new ConcurrentHashMap<>();

  /**
   * The port and all connections that are open; closes what is added after it was closed itself.
   */
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

  private final Promise<Void> closed = GlobalEventExecutor.INSTANCE.newPromise();
  private final Channel server;
  private final ChannelFuture bound;

  private TcpListener(
      EventLoopGroup group,
      QuicConfig config,
      ProcessMemory memory,
      AcceptedLayers layers,
      InetSocketAddress local) {
    this.config = config;
    this.memory = memory;
    this.layers = layers;
    IoTransport transport = IoTransport.of(group);
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

  /** Binds; fails with the socket's exception when the address cannot be bound. */
  static Future<TcpListener> bind(
      EventLoopGroup group,
      QuicConfig config,
      ProcessMemory memory,
      AcceptedLayers layers,
      InetSocketAddress local) {
    TcpListener made = new TcpListener(group, config, memory, layers, local);
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

  @Override
  public InetSocketAddress localAddress() {
    return (InetSocketAddress) server.localAddress();
  }

  @Override
  public int socketCount() {
    return 1;
  }

  /**
   * {@inheritDoc}
   *
   * @see AcceptedLayers#reload
   */
  @Override
  public Future<Void> reload(TlsServerConfig renewed) {
    layers.reload(renewed);
    return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
  }

  @Override
  public void stopAccepting() {
    server.close();
  }

  @Override
  public Future<Void> close() {
    channels
        .close()
        .addListener(done -> closed.trySuccess(null)); // on a thread that outlives the event loops
    return closed;
  }

  @Override
  public Future<Void> closeFuture() {
    return closed;
  }

  private void accept(Channel channel) {
    if (!memory.hasRoomForConnection()) {
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
    layers.prepare(channel, () -> waiting.remove(channel));
  }
}
