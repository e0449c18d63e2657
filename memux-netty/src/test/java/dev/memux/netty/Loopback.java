package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.LeakPresenceDetector;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A server and clients on the loopback interface, and what tests need to use them. */
final class Loopback implements AutoCloseable {
  static final String ALPN = "memux-test";
  static final String SERVER_NAME = "localhost";
  static final long PATIENCE_SECONDS = 30;

  /** Trusted by {@link #clientTls}. */
  static final X509Bundle CERTIFICATE = certificate();

  /** How many of these have live event loops. */
  private static final AtomicInteger OPEN = new AtomicInteger();

  final EventLoopGroup group;
  private final IoTransport transport;
  private QuicConfig config = QuicConfig.DEFAULT;

  Loopback(IoTransport transport, int loops) {
    assumeTrue(transport != IoTransport.EPOLL || Epoll.isAvailable());
    this.transport = transport;
    group = transport.newEventLoopGroup(loops);
    OPEN.incrementAndGet();
  }

  Loopback(IoTransport transport) {
    this(transport, 1);
  }

  IoTransport transport() {
    return transport;
  }

  /** For servers and clients made after this call. */
  Loopback config(QuicConfig value) {
    config = value;
    return this;
  }

  /** A server whose streams get a handler each. */
  QuicServer listen(Supplier<ChannelHandler> streamHandler) throws Exception {
    return get(server().streamHandler(initializer(streamHandler)).bind(anyPort()));
  }

  QuicServerBootstrap server() throws Exception {
    return server(ALPN);
  }

  QuicServerBootstrap server(String applicationProtocol) throws Exception {
    return new QuicServerBootstrap()
        .group(group)
        .config(config)
        .tls(serverTls(CERTIFICATE, applicationProtocol));
  }

  static TlsServerConfig serverTls(X509Bundle certificate, String applicationProtocol) {
    return TlsServerConfig.builder()
        .credentials(
            new TlsCredentials(
                certificate.getCertificatePathList(), certificate.getKeyPair().getPrivate()))
        .applicationProtocols(applicationProtocol)
        .build();
  }

  QuicClientBootstrap client() {
    return client(clientTls(ALPN));
  }

  QuicClientBootstrap client(TlsClientConfig tls) {
    return new QuicClientBootstrap().group(group).config(config).tls(tls);
  }

  MuxQuicChannel connect(QuicServer server) throws Exception {
    return connect(client(), server);
  }

  static MuxQuicChannel connect(QuicClientBootstrap client, QuicServer server) throws Exception {
    return (MuxQuicChannel) get(client.connect(server.localAddress(), SERVER_NAME));
  }

  /** A bidirectional stream with {@code handler}. */
  static MuxQuicStreamChannel open(QuicChannel connection, ChannelHandler handler)
      throws Exception {
    return (MuxQuicStreamChannel)
        get(connection.createStream(QuicStreamType.BIDIRECTIONAL, handler));
  }

  static TlsClientConfig clientTls(String applicationProtocol) {
    return clientTls(CERTIFICATE, applicationProtocol);
  }

  static TlsClientConfig clientTls(X509Bundle trusted, String applicationProtocol) {
    return TlsClientConfig.builder()
        .applicationProtocols(applicationProtocol)
        .trustedCertificates(List.of(trusted.getRootCertificate()))
        .build();
  }

  static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  /** Waits for the future; its failure is thrown. */
  static <T> T get(Future<T> future) throws Exception {
    assertTrue(future.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "not done in time");
    if (!future.isSuccess()) {
      if (future.cause() instanceof Exception e) {
        throw e;
      }
      throw new AssertionError(future.cause());
    }
    return future.getNow();
  }

  /** Waits for the future to fail and returns why. */
  static Throwable failure(Future<?> future) throws InterruptedException {
    assertTrue(future.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "not done in time");
    assertTrue(!future.isSuccess(), "succeeded");
    return future.cause();
  }

  /** Waits until {@code condition} holds. */
  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadline < 0, "condition not met in time");
      Thread.onSpinWait();
      LockSupport.parkNanos(200_000);
    }
  }

  /** An initializer that adds a new handler to each channel. */
  static ChannelInitializer<Channel> initializer(Supplier<ChannelHandler> handlers) {
    return initializer((Channel channel) -> channel.pipeline().addLast(handlers.get()));
  }

  static <C extends Channel> ChannelInitializer<C> initializer(Consumer<C> setup) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(C channel) {
        setup.accept(channel);
      }
    };
  }

  /** The server's end of its only connection. */
  static MuxQuicChannel only(QuicServer server) {
    await(() -> server.connectionCount() == 1);
    return (MuxQuicChannel) server.connections().iterator().next();
  }

  static QuicStreamChannel stream(Channel channel) {
    return (QuicStreamChannel) channel;
  }

  /** Ends the event loops; after the last of all, every buffer must have been released. */
  @Override
  public void close() {
    close(0);
  }

  /** Ends the event loops when there was no task for that long. */
  void close(long quietMillis) {
    Future<?> closed =
        group.shutdownGracefully(
            quietMillis, TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS), TimeUnit.MILLISECONDS);
    assertTrue(closed.awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS), "loops live on");
    if (OPEN.decrementAndGet() == 0) {
      LeakPresenceDetector.check();
    }
  }

  static X509Bundle certificate() {
    try {
      return new CertificateBuilder()
          .subject("CN=memux test")
          .addSanDnsName(SERVER_NAME)
          .setIsCertificateAuthority(true)
          .ecp256()
          .buildSelfSigned();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
