package dev.memux.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Handshakes with OpenSSL in both roles, with application data both ways. Its command line speaks
 * no QUIC, so the messages travel in records and transport parameters are not demanded.
 */
class OpenSslTest {
  @BeforeAll
  static void needsOpenSsl() {
    assumeTrue(OpenSsl.isInstalled(), "openssl 3 is not installed: its tests are skipped");
  }

  // RFC 8446 §2.2
  @ParameterizedTest
  @MethodSource("suites")
  void ourClientResumesWithItsServer(CipherSuite suite) throws Exception {
    SessionCache cache = SessionCache.inMemory(1);
    try (OpenSsl server = server("p256", "-ciphersuites", suite.name())) {
      String address = server.awaitLine("ACCEPT");
      for (boolean resumed : new boolean[] {false, true, true}) {
        try (RecordConnection connection =
            connect(address, Configs.client().sessionCache(cache, InstantSource.system()))) {
          connection.shakeHands();
          assertEquals(resumed, connection.session.resumed());
          assertEquals(TestFiles.certificates("p256"), connection.session.peerCertificates());
          assertReversed(connection);
        }
      }
    }
    // Another one knows nothing of the tickets.
    try (OpenSsl server = server("p256", "-ciphersuites", suite.name());
        RecordConnection connection =
            connect(server, Configs.client().sessionCache(cache, InstantSource.system()))) {
      connection.shakeHands();
      assertFalse(connection.session.resumed());
      assertReversed(connection);
    }
  }

  @ParameterizedTest
  @MethodSource("suites")
  void ourClientResumesAfterItsHelloRetryRequest(CipherSuite suite) throws Exception {
    SessionCache cache = SessionCache.inMemory(1);
    try (OpenSsl server = server("p256", "-ciphersuites", suite.name(), "-groups", "P-256")) {
      String address = server.awaitLine("ACCEPT");
      for (boolean resumed : new boolean[] {false, true}) {
        try (RecordConnection connection =
            connect(address, Configs.client().sessionCache(cache, InstantSource.system()))) {
          connection.shakeHands();
          assertEquals(resumed, connection.session.resumed());
          assertReversed(connection);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("suites")
  void itsClientResumesWithOurServer(CipherSuite suite, @TempDir Path folder) throws Exception {
    TicketKeys keys =
        new TicketKeys(Duration.ofHours(1), InstantSource.system(), new SecureRandom());
    TlsServerConfig config = Configs.server("p256").ticketKeys(keys).build();
    TlsServerConfig retrying =
        Configs.server("p256").ticketKeys(keys).groups(NamedGroup.SECP256R1).build();
    String file = folder.resolve("session").toString();
    TlsSession full =
        new TlsSession(
            "h3", suite, NamedGroup.X25519, "server.test", List.of(), false, EarlyData.NONE);
    TlsSession again =
        new TlsSession(
            "h3", suite, NamedGroup.X25519, "server.test", List.of(), true, EarlyData.NONE);
    TlsSession afterRetry =
        new TlsSession(
            "h3", suite, NamedGroup.SECP256R1, "server.test", List.of(), true, EarlyData.NONE);
    String[] common = {"-ciphersuites", suite.name(), "-sess_out", file};
    assertEchoes(config, full, common);
    String[] resuming = {"-ciphersuites", suite.name(), "-sess_out", file, "-sess_in", file};
    assertEchoes(config, again, resuming);
    assertEchoes(config, again, resuming);
    assertEchoes(retrying, afterRetry, resuming);
    // Without the keys all begins anew.
    assertEchoes(Configs.server("p256").build(), full, resuming);
  }

  static Stream<Arguments> combinations() {
    List<Arguments> all = new ArrayList<>();
    for (CipherSuite suite : CipherSuite.values()) {
      // OpenSSL knows X25519MLKEM768 only since 3.5; BouncyCastleTest has it.
      for (NamedGroup group : List.of(NamedGroup.X25519, NamedGroup.SECP256R1)) {
        for (String certificate : List.of("p256", "rsa", "ed25519")) {
          all.add(Arguments.of(suite, group, certificate));
        }
      }
    }
    for (String certificate : List.of("p384", "rsapss", "rsapss-sha384", "leaf")) {
      all.add(Arguments.of(CipherSuite.TLS_AES_128_GCM_SHA256, NamedGroup.X25519, certificate));
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void ourClientTalksToItsServer(CipherSuite suite, NamedGroup group, String certificate)
      throws Exception {
    try (OpenSsl server =
            server(certificate, "-ciphersuites", suite.name(), "-groups", name(group));
        RecordConnection connection =
            connect(server, Configs.client().cipherSuites(suite).groups(group))) {
      connection.shakeHands();
      assertEquals(
          new TlsSession(
              "h3",
              suite,
              group,
              "server.test",
              TestFiles.certificates(certificate),
              false,
              EarlyData.NONE),
          connection.session);
      assertReversed(connection);
      assertTrue(connection.ticketsOrOtherMessages > 0); // it sends tickets unasked
    }
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void itsClientTalksToOurServer(CipherSuite suite, NamedGroup group, String certificate)
      throws Exception {
    assertEchoes(
        Configs.server(certificate).build(),
        new TlsSession("h3", suite, group, "server.test", List.of(), false, EarlyData.NONE),
        "-ciphersuites",
        suite.name(),
        "-groups",
        name(group));
  }

  // RFC 8446 §4.1.4
  @ParameterizedTest
  @MethodSource("suites")
  void ourClientFollowsItsHelloRetryRequest(CipherSuite suite) throws Exception {
    try (OpenSsl server = server("p256", "-ciphersuites", suite.name(), "-groups", "P-256");
        RecordConnection connection = connect(server, Configs.client())) {
      connection.shakeHands();
      assertEquals(NamedGroup.SECP256R1, connection.session.group());
      assertReversed(connection);
    }
  }

  @ParameterizedTest
  @MethodSource("suites")
  void itsClientFollowsOurHelloRetryRequest(CipherSuite suite) throws Exception {
    assertEchoes(
        Configs.server("p256").groups(NamedGroup.SECP256R1).build(),
        new TlsSession(
            "h3", suite, NamedGroup.SECP256R1, "server.test", List.of(), false, EarlyData.NONE),
        "-ciphersuites",
        suite.name(),
        "-groups",
        "X25519:P-256");
  }

  // RFC 8446 §4.4.2: a client without a certificate says so.
  @Test
  void ourClientAnswersACertificateRequestWithNone() throws Exception {
    try (OpenSsl server = server("p256", "-verify", "1");
        RecordConnection connection = connect(server, Configs.client())) {
      connection.shakeHands();
      assertReversed(connection);
    }
    try (OpenSsl server = server("p256", "-Verify", "1");
        RecordConnection connection = connect(server, Configs.client())) {
      connection.shakeHands();
      IOException refused = assertThrows(IOException.class, connection::readToEnd);
      assertEquals("alert " + AlertDescription.CERTIFICATE_REQUIRED.code(), refused.getMessage());
    }
  }

  static Stream<String> clientCertificates() {
    return Stream.of("for-clients", "p384", "ed25519", "rsa", "rsapss", "leaf");
  }

  // RFC 8446 §4.4.2, §4.4.3. Its server only reports who is not good for clients.
  @ParameterizedTest
  @MethodSource("clientCertificates")
  void ourClientPresentsItsCertificate(String certificate) throws Exception {
    boolean good = certificate.equals("for-clients");
    String ca = TestFiles.path("ca.pem").toString();
    List<String> options = new ArrayList<>(List.of("-Verify", "3", "-CAfile", ca));
    if (good) {
      options.add("-verify_return_error");
    }
    try (OpenSsl server = server("p256", options.toArray(String[]::new));
        RecordConnection connection =
            connect(server, Configs.client().credentials(TestFiles.credentials(certificate)))) {
      connection.shakeHands();
      assertReversed(connection);
    }
  }

  @ParameterizedTest
  @MethodSource("clientCertificates")
  void itsClientPresentsItsCertificate(String certificate) throws Exception {
    TlsServerConfig.Builder config = Configs.server("p256");
    if (certificate.equals("for-clients")) {
      config.clientCertificates(ClientCertificates.REQUIRED, TestFiles.certificates("ca"));
    } else { // the others are for servers
      config.clientCertificates(ClientCertificates.REQUIRED, new AnyCertificate());
    }
    List<String> options =
        new ArrayList<>(
            List.of(
                "-cert",
                TestFiles.path(certificate + ".pem").toString(),
                "-key",
                TestFiles.path(certificate + ".key").toString()));
    List<X509Certificate> chain = new ArrayList<>(TestFiles.certificates(certificate));
    if (certificate.equals("leaf")) {
      options.addAll(List.of("-cert_chain", TestFiles.path("intermediate.pem").toString()));
    } else {
      chain.addAll(TestFiles.certificates("ca")); // it adds what it finds
    }
    assertEchoes(
        config.build(),
        new TlsSession(
            "h3",
            CipherSuite.TLS_AES_128_GCM_SHA256,
            NamedGroup.X25519,
            "server.test",
            chain,
            false,
            EarlyData.NONE),
        options.toArray(String[]::new));
  }

  @Test
  void itsClientWithoutACertificateMayBeWelcome() throws Exception {
    assertEchoes(
        Configs.server("p256")
            .clientCertificates(ClientCertificates.OPTIONAL, TestFiles.certificates("ca"))
            .build(),
        new TlsSession(
            "h3",
            CipherSuite.TLS_AES_128_GCM_SHA256,
            NamedGroup.X25519,
            "server.test",
            List.of(),
            false,
            EarlyData.NONE));
  }

  @Test
  void bothLogTheSameSecrets() throws Exception {
    java.nio.file.Path file = java.nio.file.Files.createTempFile("keys", ".log");
    List<String> ours = new ArrayList<>();
    try (OpenSsl server = server("p256", "-keylogfile", file.toString());
        RecordConnection connection =
            connect(server, Configs.client().keyLog(line -> ours.add(line)))) {
      connection.shakeHands();
      assertReversed(connection);
      List<String> theirs = java.nio.file.Files.readAllLines(file);
      assertEquals(4, ours.size());
      assertTrue(theirs.containsAll(ours), theirs + " lacks some of " + ours);
    } finally {
      java.nio.file.Files.delete(file);
    }
  }

  @Test
  void ourServerChoosesTheCertificateThatItsClientCanVerify() throws Exception {
    TlsServerConfig config = Configs.server("ed25519", "rsa", "p256").build();
    TlsSession session =
        new TlsSession(
            "h3",
            CipherSuite.TLS_AES_128_GCM_SHA256,
            NamedGroup.X25519,
            "server.test",
            List.of(),
            false,
            EarlyData.NONE);
    assertEchoes(config, session, "-sigalgs", "RSA-PSS+SHA512:ECDSA+SHA256");
    assertEchoes(config, session, "-sigalgs", "ECDSA+SHA256");
  }

  static Stream<CipherSuite> suites() {
    return Stream.of(CipherSuite.values());
  }

  private static String name(NamedGroup group) {
    return group == NamedGroup.X25519 ? "X25519" : "P-256";
  }

  /** A server that sends each line back reversed. */
  private static OpenSsl server(String certificate, String... options) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-rev",
                "-tls1_3",
                "-alpn",
                "h3",
                "-cert",
                TestFiles.path(certificate + ".pem").toString(),
                "-key",
                TestFiles.path(certificate + ".key").toString()));
    if (certificate.equals("leaf")) {
      arguments.addAll(List.of("-cert_chain", TestFiles.path("intermediate.pem").toString()));
    }
    arguments.addAll(Arrays.asList(options));
    return new OpenSsl(arguments);
  }

  private static RecordConnection connect(OpenSsl server, TlsClientConfig.Builder config)
      throws Exception {
    return connect(server.awaitLine("ACCEPT"), config);
  }

  private static RecordConnection connect(String accept, TlsClientConfig.Builder config)
      throws Exception {
    int port = Integer.parseInt(accept.substring(accept.lastIndexOf(':') + 1));
    return new RecordConnection(
        new Socket(InetAddress.getLoopbackAddress(), port),
        new TlsClient(
            config.build(),
            Configs.SERVER_NAME,
            new byte[] {1},
            HandshakeCrypto.JDK,
            new SecureRandom(),
            false));
  }

  private static void assertReversed(RecordConnection connection) throws Exception {
    connection.write("memux\n".getBytes(StandardCharsets.US_ASCII));
    assertEquals("xumem\n", new String(connection.read(6), StandardCharsets.US_ASCII));
    connection.write("again\n".getBytes(StandardCharsets.US_ASCII));
    assertEquals("xumem\nniaga\n", new String(connection.read(12), StandardCharsets.US_ASCII));
  }

  private static void assertEchoes(TlsServerConfig config, TlsSession expected, String... options)
      throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      listener.setSoTimeout(20_000);
      List<String> arguments =
          new ArrayList<>(
              List.of(
                  "s_client",
                  "-connect",
                  "127.0.0.1:" + listener.getLocalPort(),
                  "-servername",
                  "server.test",
                  "-verify_hostname",
                  "server.test",
                  "-verify_return_error",
                  "-CAfile",
                  TestFiles.path("ca.pem").toString(),
                  "-tls1_3",
                  "-alpn",
                  "h3",
                  "-brief"));
      arguments.addAll(Arrays.asList(options));
      try (OpenSsl client = new OpenSsl(arguments);
          RecordConnection connection =
              new RecordConnection(
                  listener.accept(),
                  new TlsServer(
                      config,
                      QuicTerms.fixed(new byte[] {1}, new byte[0]),
                      HandshakeCrypto.JDK,
                      new SecureRandom(),
                      false))) {
        connection.shakeHands();
        assertEquals(expected, connection.session);
        client.awaitLine("Verification: OK");
        client.type("to the server\n");
        assertEquals("to the server\n", new String(connection.read(14), StandardCharsets.US_ASCII));
        connection.write("to the client\n".getBytes(StandardCharsets.US_ASCII));
        client.awaitLine("to the client");
      }
    }
  }
}
