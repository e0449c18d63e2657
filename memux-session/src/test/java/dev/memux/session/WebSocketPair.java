package dev.memux.session;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.IoTransport;
import dev.memux.netty.WebSocketConfig;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoopGroup;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server, a client, and one session between them over WebSocket, on the loopback interface. */
final class WebSocketPair implements SessionPair {
  private static final String PATH = "/sessions";

  private final EventLoopGroup nearGroup;
  private final EventLoopGroup farGroup;
  private final SessionServer server;
  private final Session near;
  private final Session far;

  /**
   * @param tls whether there is TLS below
   */
  WebSocketPair(Settings settings, IoTransport transport, boolean tls) throws Exception {
    nearGroup = transport.newEventLoopGroup(1);
    farGroup = transport.newEventLoopGroup(2);
    X509Bundle certificate = certificate();
    QuicConfig config =
        QuicConfig.DEFAULT
            .withMux(settings.mux())
            .withMaxIdleTimeoutNanos(settings.idleTimeout().toNanos());
    SessionServer.Builder builder =
        SessionServer.builder()
            .group(farGroup)
            .config(config)
            .drainTimeout(Duration.ofSeconds(Loopback.PATIENCE_SECONDS));
    if (tls) {
      builder.tls(
          TlsServerConfig.builder()
              .credentials(
                  new TlsCredentials(
                      certificate.getCertificatePathList(), certificate.getKeyPair().getPrivate()))
              .applicationProtocols("not for WebSocket")
              .build());
    }
    server =
        builder.listen(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new WebSocketConfig(PATH, List.of(Loopback.ALPN), origin -> origin == null));
    SessionClient client =
        SessionClient.builder()
            .group(nearGroup)
            .config(config)
            .drainTimeout(Duration.ofSeconds(Loopback.PATIENCE_SECONDS))
            .tls(
                TlsClientConfig.builder()
                    .applicationProtocols("unknown", Loopback.ALPN)
                    .trustedCertificates(List.of(certificate.getRootCertificate()))
                    .build())
            .build();
    int port = server.localAddress().getPort();
    near =
        client.connect(
            URI.create((tls ? "wss" : "ws") + "://localhost:" + port + PATH + "?anything"));
    far = server.accept();
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

  private static X509Bundle certificate() throws Exception {
    return new CertificateBuilder()
        .subject("CN=localhost")
        .addSanDnsName("localhost")
        .ecp256()
        .setIsCertificateAuthority(true)
        .buildSelfSigned();
  }
}
