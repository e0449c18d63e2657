package dev.memux.netty;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.QuicEndpoint;
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
  private byte @Nullable [] routingKey;
  private ProcessMemory memory = ProcessMemory.shared();
  private CarrierType carrier = CarrierType.QUIC;

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

  /**
   * The secret that connection IDs are made with, {@link QuicEndpoint#ROUTING_KEY_BYTES} bytes; a
   * random one by default. A server that starts again with the same key tells its old clients at
   * once that their connections are gone (RFC 9000 §10.3), who would otherwise find out by timeout.
   * Two servers that run at the same time must not have the same key, or one could be made to end
   * the other's connections.
   *
   * @throws IllegalArgumentException if the length is wrong
   */
  public QuicServerBootstrap routingKey(byte[] secret) {
    if (secret.length != QuicEndpoint.ROUTING_KEY_BYTES) {
      throw new IllegalArgumentException("key of " + secret.length + " bytes");
    }
    routingKey = secret.clone();
    return this;
  }

  /** What connections' streams may hold; the default is {@link ProcessMemory#shared}. */
  public QuicServerBootstrap memory(ProcessMemory value) {
    memory = value;
    return this;
  }

  /**
   * What carries the connections; the default is QUIC. Over TCP they are QMux connections, of which
   * handlers see no difference but that they never are early, and that their application protocols
   * have the names of {@link QmuxAlpn} in the TLS handshake.
   */
  public QuicServerBootstrap carrier(CarrierType value) {
    carrier = value;
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
   * @throws IllegalArgumentException if TLS over TCP cannot work with its settings
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
    switch (carrier) {
      case QUIC ->
          complete(
              ServerSockets.bind(loops, config, serverTls, routingKey, memory, local, acceptor),
              acceptor,
              promise);
      case TCP ->
          complete(
              TcpListener.bind(loops, config, memory, layers(loops, serverTls, acceptor), local),
              acceptor,
              promise);
    }
    return promise;
  }

  private AcceptedLayers layers(
      EventLoopGroup loops, TlsServerConfig serverTls, ServerAcceptor acceptor) {
    QmuxDrivers drivers = new QmuxDrivers(QmuxDrivers.configLike(config), memory);
    LayerBelow below = new TlsOverTcp(IoTransport.of(loops));
    return new QmuxOverTls(drivers, below, serverTls, acceptor::accept);
  }

  private static <S extends BoundSockets> void complete(
      Future<S> binding, ServerAcceptor acceptor, Promise<QuicServer> promise) {
    binding.addListener(
        (Future<S> bound) -> {
          if (!bound.isSuccess()) {
            promise.tryFailure(bound.cause());
          } else if (!promise.trySuccess(new QuicServer(bound.getNow(), acceptor))) {
            bound.getNow().close(); // cancelled
          }
        });
  }
}
