package dev.memux.netty;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Listens for QUIC connections, which appear as {@link QuicChannel}s with the handler of {@link
 * #childHandler}. On epoll a socket per event loop shares the address (SO_REUSEPORT) and the kernel
 * spreads connections; with NIO one socket on one loop serves them all.
 *
 * <p>Handlers given here are added to many pipelines: they are {@code @Sharable}, or {@code
 * ChannelInitializer}s. Not safe for use by several threads.
 */
public final class QuicServerBootstrap {
  private final ChannelSetup connectionSetup = new ChannelSetup();
  private final ChannelSetup streamSetup = new ChannelSetup();
  private @Nullable EventLoopGroup group;
  private @Nullable TlsServerConfig tls;
  private QuicConfig config = QuicConfig.DEFAULT;

  /** The event loops, of {@link IoTransport#newEventLoopGroup} for one; required. */
  public QuicServerBootstrap group(EventLoopGroup value) {
    group = value;
    return this;
  }

  /** Limits and timeouts; the default is {@link QuicConfig#DEFAULT}. */
  public QuicServerBootstrap config(QuicConfig value) {
    config = value;
    return this;
  }

  /** Certificates and application protocols; required. */
  public QuicServerBootstrap tls(TlsServerConfig value) {
    tls = value;
    return this;
  }

  /**
   * Added to each connection's pipeline when its handshake is complete, or has failed for another
   * reason than silence.
   */
  public QuicServerBootstrap childHandler(ChannelHandler handler) {
    connectionSetup.handler(handler);
    return this;
  }

  /** Set on each connection; a null value unsets. */
  public <T> QuicServerBootstrap childOption(ChannelOption<T> option, @Nullable T value) {
    connectionSetup.option(option, value);
    return this;
  }

  /** Set on each connection; a null value unsets. */
  public <T> QuicServerBootstrap childAttr(AttributeKey<T> key, @Nullable T value) {
    connectionSetup.attribute(key, value);
    return this;
  }

  /** Added to the pipeline of each {@link QuicStreamChannel} that a peer opens. */
  public QuicServerBootstrap streamHandler(ChannelHandler handler) {
    streamSetup.handler(handler);
    return this;
  }

  /** Set on each stream that a peer opens; a null value unsets. */
  public <T> QuicServerBootstrap streamOption(ChannelOption<T> option, @Nullable T value) {
    streamSetup.option(option, value);
    return this;
  }

  /** Set on each stream that a peer opens; a null value unsets. */
  public <T> QuicServerBootstrap streamAttr(AttributeKey<T> key, @Nullable T value) {
    streamSetup.attribute(key, value);
    return this;
  }

  /**
   * Binds; port 0 takes a free one.
   *
   * @return fails with the socket's exception when the address cannot be bound
   * @throws IllegalStateException if group, TLS configuration or any handler is missing
   */
  public Future<QuicServer> bind(InetSocketAddress local) {
    EventLoopGroup loops = group;
    TlsServerConfig serverTls = tls;
    if (loops == null || serverTls == null) {
      throw new IllegalStateException("group and tls are required");
    }
    if (connectionSetup.handler() == null && streamSetup.handler() == null) {
      throw new IllegalStateException("no handler for connections and none for streams");
    }
    ServerAcceptor acceptor =
        new ServerAcceptor(connectionSetup.snapshot(), streamSetup.snapshot());
    Promise<QuicServer> promise = GlobalEventExecutor.INSTANCE.newPromise();
    ServerSockets.bind(loops, config, serverTls, local, acceptor)
        .addListener(
            (Future<ServerSockets> bound) -> {
              if (!bound.isSuccess()) {
                promise.tryFailure(bound.cause());
              } else if (!promise.trySuccess(new QuicServer(bound.getNow(), acceptor))) {
                bound.getNow().close(); // cancelled
              }
            });
    return promise;
  }
}
