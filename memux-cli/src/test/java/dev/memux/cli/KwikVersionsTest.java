package dev.memux.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.VersionPolicy;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportError;
import dev.memux.netty.CarrierType;
import dev.memux.netty.IoTransport;
import dev.memux.netty.MuxException;
import dev.memux.session.Session;
import dev.memux.session.SessionClient;
import dev.memux.session.SessionServer;
import dev.memux.session.Stream;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoopGroup;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tech.kwik.core.QuicClientConnection;
import tech.kwik.core.QuicConnection;
import tech.kwik.core.QuicStream;
import tech.kwik.core.log.NullLogger;
import tech.kwik.core.server.ApplicationProtocolConnection;
import tech.kwik.core.server.ApplicationProtocolConnectionFactory;
import tech.kwik.core.server.ServerConnectionConfig;
import tech.kwik.core.server.ServerConnector;

/** Versions are negotiated with Kwik, which has those of RFC 9369 and RFC 9368, in both roles. */
@Timeout(120)
final class KwikVersionsTest {
  private static final String ALPN = "memux-test";
  private static final byte[] QUESTION = "is anybody there?".getBytes(US_ASCII);
  private static final char[] PASSWORD = "secret".toCharArray();
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  private final X509Bundle certificate;
  private final EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);

  KwikVersionsTest() throws Exception {
    certificate =
        new CertificateBuilder()
            .subject("CN=localhost")
            .addSanDnsName("localhost")
            .ecp256()
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
  }

  @AfterEach
  void stop() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS);
  }

  private static QuicConfig preferring(QuicVersion... versions) {
    return QuicConfig.DEFAULT.withVersions(VersionPolicy.preferring(versions));
  }

  // Their client.

  @Test
  void theirClientBeginsInVersion2() throws Exception {
    assertTheirClientIsServed(
        QuicConfig.DEFAULT,
        QuicConnection.QuicVersion.V2,
        QuicConnection.QuicVersion.V2,
        QuicVersion.V2);
  }

  /** RFC 9369 §4.1: it begins in version 1, and is led to version 2. */
  @Test
  void theirClientFollowsToVersion2() throws Exception {
    assertTheirClientIsServed(
        preferring(QuicVersion.V2, QuicVersion.V1),
        QuicConnection.QuicVersion.V1,
        QuicConnection.QuicVersion.V2,
        QuicVersion.V2);
  }

  @Test
  void theirClientMayWishForVersion2InVain() throws Exception {
    assertTheirClientIsServed(
        QuicConfig.DEFAULT.withVersions(VersionPolicy.only(QuicVersion.V1)),
        QuicConnection.QuicVersion.V1,
        QuicConnection.QuicVersion.V2,
        QuicVersion.V1);
  }

  private void assertTheirClientIsServed(
      QuicConfig config,
      QuicConnection.QuicVersion initial,
      QuicConnection.QuicVersion preferred,
      QuicVersion expected)
      throws Exception {
    try (SessionServer server = server(config)) {
      CompletableFuture<QuicVersion> spoken = new CompletableFuture<>();
      Thread.startVirtualThread(() -> serve(server, spoken));
      QuicClientConnection connection =
          QuicClientConnection.newBuilder()
              .host("localhost")
              .port(server.localAddress().getPort())
              .preferIPv4()
              .applicationProtocol(ALPN)
              .initialVersion(initial)
              .preferredVersion(preferred)
              .customTrustManager(Trust.in(root()))
              .logger(new NullLogger())
              .build();
      connection.connect();
      QuicStream stream = connection.createStream(true);
      try (OutputStream out = stream.getOutputStream()) {
        out.write(QUESTION);
      }
      assertEquals(
          new String(QUESTION, US_ASCII),
          new String(stream.getInputStream().readAllBytes(), US_ASCII));
      assertEquals(
          expected.toString(), connection.getQuicVersion().name().toLowerCase(Locale.ROOT));
      assertEquals(expected, spoken.get(60, TimeUnit.SECONDS));
      connection.close();
    }
  }

  private SessionServer server(QuicConfig config) throws Exception {
    return SessionServer.builder()
        .carriers(CarrierType.QUIC)
        .group(group)
        .config(config)
        .tls(
            TlsServerConfig.builder()
                .credentials(
                    new TlsCredentials(
                        certificate.getCertificatePathList(),
                        certificate.getKeyPair().getPrivate()))
                .applicationProtocols(ALPN)
                .build())
        .listen(new InetSocketAddress(LOOPBACK, 0));
  }

  /** Repeats what the first stream says. */
  private static void serve(SessionServer server, CompletableFuture<QuicVersion> spoken) {
    try {
      Session session = server.accept();
      Stream stream = session.accept();
      try (OutputStream out = stream.outputStream()) {
        stream.inputStream().transferTo(out);
      }
      spoken.complete(session.statistics().quicVersion());
    } catch (IOException e) {
      spoken.completeExceptionally(e);
    }
  }

  // Their server.

  @Test
  void ourClientBeginsInVersion2() throws Exception {
    assertEquals(
        QuicVersion.V2,
        asked(
            preferring(QuicVersion.V2, QuicVersion.V1),
            QuicConnection.QuicVersion.V1,
            QuicConnection.QuicVersion.V2));
  }

  /**
   * RFC 9368 §4: their server of version 1 alone says in Version Negotiation that it does not speak
   * version 2, and in the handshake that it does, which is what a downgrade looks like.
   */
  @Test
  void ourClientDoesNotBelieveAServerThatContradictsItself() {
    MuxException.Transport failure =
        assertThrows(
            MuxException.Transport.class,
            () -> asked(preferring(QuicVersion.V2, QuicVersion.V1), QuicConnection.QuicVersion.V1));
    assertEquals(TransportError.VERSION_NEGOTIATION_ERROR, failure.code());
  }

  /** This server goes by the order of what a client offers (RFC 9368 §3). */
  @Test
  void ourClientFollowsToVersion2() throws Exception {
    VersionPolicy policy =
        VersionPolicy.preferring(QuicVersion.V2, QuicVersion.V1).beginningWith(QuicVersion.V1);
    assertEquals(
        QuicVersion.V2,
        asked(
            QuicConfig.DEFAULT.withVersions(policy),
            QuicConnection.QuicVersion.V1,
            QuicConnection.QuicVersion.V2));
  }

  private QuicVersion asked(QuicConfig config, QuicConnection.QuicVersion... theirs)
      throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry(
        "localhost",
        certificate.getKeyPair().getPrivate(),
        PASSWORD,
        new X509Certificate[] {certificate.getCertificate()});
    DatagramSocket socket = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
    ServerConnector connector =
        ServerConnector.builder()
            .withSocket(socket)
            .withKeyStore(keys, "localhost", PASSWORD)
            .withSupportedVersions(List.of(theirs))
            .withConfiguration(
                ServerConnectionConfig.builder()
                    .maxOpenPeerInitiatedBidirectionalStreams(10)
                    .retryRequired(ServerConnectionConfig.RetryRequired.Never)
                    .build())
            .withLogger(new NullLogger())
            .build();
    connector.registerApplicationProtocol(ALPN, new Echo());
    connector.start();
    SessionClient client =
        SessionClient.builder()
            .carriers(CarrierType.QUIC)
            .group(group)
            .config(config)
            .tls(
                TlsClientConfig.builder()
                    .applicationProtocols(ALPN)
                    .trustedCertificates(List.of(root()))
                    .build())
            .build();
    try (Session session =
        client.connect(new InetSocketAddress(LOOPBACK, socket.getLocalPort()), "localhost")) {
      Stream stream = session.open();
      try (OutputStream out = stream.outputStream()) {
        out.write(QUESTION);
      }
      try (InputStream in = stream.inputStream()) {
        assertEquals(new String(QUESTION, US_ASCII), new String(in.readAllBytes(), US_ASCII));
      }
      return session.statistics().quicVersion();
    } finally {
      connector.close();
      socket.close();
    }
  }

  private X509Certificate root() {
    return certificate.getRootCertificate();
  }

  private static final class Echo implements ApplicationProtocolConnectionFactory {
    @Override
    public ApplicationProtocolConnection createConnection(
        String protocol, QuicConnection connection) {
      return new ApplicationProtocolConnection() {
        @Override
        public void acceptPeerInitiatedStream(QuicStream stream) {
          Thread.ofPlatform().daemon().start(() -> echo(stream));
        }
      };
    }

    @Override
    public int maxConcurrentPeerInitiatedBidirectionalStreams() {
      return 10;
    }

    private static void echo(QuicStream stream) {
      try (OutputStream out = stream.getOutputStream()) {
        stream.getInputStream().transferTo(out);
      } catch (IOException e) {
        // The client has noticed.
      }
    }
  }
}
