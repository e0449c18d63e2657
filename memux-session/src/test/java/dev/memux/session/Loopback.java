package dev.memux.session;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.CarrierType;
import dev.memux.netty.IoTransport;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoopGroup;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A server, a client, and one session between them, on the loopback interface. */
final class Loopback implements SessionPair {
  static final long PATIENCE_SECONDS = 60;
  static final String ALPN = "memux-test";
  private static final X509Bundle CERTIFICATE = certificate();

  final EventLoopGroup nearGroup;
  final EventLoopGroup farGroup;
  final SessionServer server;
  final Session near;
  final Session far;
  private final QuicConfig config;
  private final CarrierType carrier;

  Loopback() throws Exception {
    this(QuicConfig.DEFAULT);
  }

  Loopback(Settings settings) throws Exception {
    this(settings, IoTransport.preferred(), CarrierType.QUIC);
  }

  Loopback(Settings settings, IoTransport transport, CarrierType carrier) throws Exception {
    this(
        QuicConfig.DEFAULT
            .withMux(settings.mux())
            .withMaxIdleTimeoutNanos(settings.idleTimeout().toNanos()),
        transport,
        carrier);
  }

  Loopback(QuicConfig config) throws Exception {
    this(config, IoTransport.preferred());
  }

  Loopback(QuicConfig config, IoTransport transport) throws Exception {
    this(config, transport, CarrierType.QUIC);
  }

  Loopback(QuicConfig config, IoTransport transport, CarrierType carrier) throws Exception {
    this.config = config;
    this.carrier = carrier;
    nearGroup = transport.newEventLoopGroup(1);
    farGroup = transport.newEventLoopGroup(2);
    server = server(config).listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    near = connect();
    far = server.accept();
  }

  SessionServer.Builder server(QuicConfig config) throws Exception {
    return SessionServer.builder()
        .carriers(carrier)
        .group(farGroup)
        .config(config)
        .drainTimeout(Duration.ofSeconds(PATIENCE_SECONDS))
        .tls(
            TlsServerConfig.builder()
                .credentials(
                    new TlsCredentials(
                        CERTIFICATE.getCertificatePathList(),
                        CERTIFICATE.getKeyPair().getPrivate()))
                .applicationProtocols(ALPN)
                .build());
  }

  SessionClient client(QuicConfig clientConfig) {
    return clientBuilder(clientConfig).build();
  }

  SessionClient.Builder clientBuilder(QuicConfig clientConfig) {
    return SessionClient.builder()
        .carriers(carrier)
        .group(nearGroup)
        .config(clientConfig)
        .drainTimeout(Duration.ofSeconds(PATIENCE_SECONDS))
        .tls(
            TlsClientConfig.builder()
                .applicationProtocols(ALPN)
                .trustedCertificates(List.of(CERTIFICATE.getRootCertificate()))
                .build());
  }

  Session connect() throws Exception {
    return client(config).connect(server.localAddress(), "localhost");
  }

  /** Runs it on a virtual thread. */
  static <T> CompletableFuture<T> start(Callable<T> call) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try {
            result.complete(call.call());
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("it did not come to be");
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Waits until that thread waits, for good or until a time. */
  static void awaitParked(Thread thread) {
    await(
        () ->
            thread.getState() == Thread.State.WAITING
                || thread.getState() == Thread.State.TIMED_WAITING);
  }

  @Override
  public Session near() {
    return near;
  }

  @Override
  public Session far() {
    return far;
  }

  @Override
  public void vanish() {
    farGroup.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Override
  public void close() {
    near.close(0, "");
    far.close(0, "");
    server.close();
    vanish();
    nearGroup.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private static X509Bundle certificate() {
    try {
      return new CertificateBuilder()
          .subject("CN=localhost")
          .addSanDnsName("localhost")
          .ecp256()
          .setIsCertificateAuthority(true)
          .buildSelfSigned();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
