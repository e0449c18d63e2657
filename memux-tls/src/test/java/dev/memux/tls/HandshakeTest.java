package dev.memux.tls;

import static dev.memux.tls.EncryptionLevel.APPLICATION;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static dev.memux.tls.NamedGroup.SECP256R1;
import static dev.memux.tls.NamedGroup.X25519;
import static dev.memux.tls.NamedGroup.X25519MLKEM768;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Client against server in memory. */
class HandshakeTest {
  static final List<String> CERTIFICATES =
      List.of("p256", "p384", "ed25519", "rsa", "rsapss", "rsapss-sha384", "leaf");

  static Stream<Arguments> everyCombination() {
    List<Arguments> all = new ArrayList<>();
    for (CipherSuite suite : CipherSuite.values()) {
      for (NamedGroup group : NamedGroup.values()) {
        for (String certificate : CERTIFICATES) {
          all.add(Arguments.of(suite, group, certificate));
        }
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void everySuiteGroupAndCertificateCompletes(
      CipherSuite suite, NamedGroup group, String certificate) throws Exception {
    Peer client = Peer.client(Configs.client().cipherSuites(suite).groups(group).build());
    Peer server = Peer.server(Configs.server(certificate).build());
    Peer.connect(client, server);

    List<?> chain = TestFiles.certificates(certificate);
    assertEquals(
        new TlsSession(
            "h3",
            suite,
            group,
            "server.test",
            TestFiles.certificates(certificate),
            false,
            EarlyData.NONE),
        client.session);
    assertEquals(
        new TlsSession("h3", suite, group, "server.test", List.of(), false, EarlyData.NONE),
        server.session);
    assertEquals(certificate.equals("leaf") ? 2 : 1, chain.size());
    assertArrayEquals(new byte[] {1, 2, 3}, server.transportParameters);
    assertArrayEquals(new byte[] {4, 5, 6, 7}, client.transportParameters);
    assertSecretsAgree(client, server, suite);
  }

  private static void assertSecretsAgree(Peer client, Peer server, CipherSuite suite) {
    for (EncryptionLevel level : List.of(HANDSHAKE, APPLICATION)) {
      byte[] up = client.writeSecrets.get(level).secret();
      byte[] down = client.readSecrets.get(level).secret();
      assertArrayEquals(up, server.readSecrets.get(level).secret());
      assertArrayEquals(down, server.writeSecrets.get(level).secret());
      assertEquals(suite, client.readSecrets.get(level).suite());
      assertEquals(suite, server.readSecrets.get(level).suite());
      assertEquals(suite.hashBytes(), up.length);
      assertFalse(java.util.Arrays.equals(up, down));
      assertFalse(java.util.Arrays.equals(up, new byte[up.length]));
    }
    assertEquals(Set.of(HANDSHAKE, APPLICATION), client.readSecrets.keySet());
    assertEquals(Set.of(HANDSHAKE, APPLICATION), server.readSecrets.keySet());
  }

  // RFC 9001 §4.1: keys before the bytes that need them, and in the order of use.
  @Test
  void eventsComeInTheOrderInWhichTheyMustBeActedOn() throws Exception {
    Peer client = Peer.client(Configs.client().build());
    Peer server = Peer.server(Configs.server("p256").build());
    Peer.connect(client, server);
    assertEquals(
        List.of(
            "HandshakeBytes INITIAL",
            "ReadSecret HANDSHAKE",
            "WriteSecret HANDSHAKE",
            "PeerTransportParameters",
            "HandshakeBytes HANDSHAKE",
            "WriteSecret APPLICATION",
            "ReadSecret APPLICATION",
            "HandshakeComplete"),
        client.events.stream().map(HandshakeTest::kind).toList());
    assertEquals(
        List.of(
            "PeerTransportParameters",
            "HandshakeBytes INITIAL",
            "WriteSecret HANDSHAKE",
            "ReadSecret HANDSHAKE",
            "HandshakeBytes HANDSHAKE",
            "WriteSecret APPLICATION",
            "ReadSecret APPLICATION",
            "HandshakeComplete"),
        server.events.stream().map(HandshakeTest::kind).toList());
  }

  private static String kind(TlsEvent event) {
    return switch (event) {
      case TlsEvent.HandshakeBytes e -> "HandshakeBytes " + e.level();
      case TlsEvent.ReadSecret e -> "ReadSecret " + e.level();
      case TlsEvent.WriteSecret e -> "WriteSecret " + e.level();
      case TlsEvent.PeerTransportParameters e -> "PeerTransportParameters";
      case TlsEvent.EarlyDataOffered e -> "EarlyDataOffered";
      case TlsEvent.EarlyDataAnswered e -> "EarlyDataAnswered";
      case TlsEvent.HandshakeComplete e -> "HandshakeComplete";
    };
  }

  // RFC 9001 §5.7: a server must not read 1-RTT packets before the handshake is complete.
  @Test
  void serverGivesTheApplicationReadSecretOnlyAfterTheClientsFinished() throws Exception {
    Peer client = Peer.client(Configs.client().build());
    Peer server = Peer.server(Configs.server("p256").build());
    client.deliverTo(server);
    assertNotNull(server.writeSecrets.get(APPLICATION));
    assertNull(server.readSecrets.get(APPLICATION));
    assertNull(server.session);
  }

  @Test
  void messagesMayArriveByteByByte() throws Exception {
    Peer client = Peer.client(Configs.client().build());
    Peer server = Peer.server(Configs.server("rsa").build());
    while (client.session == null || server.session == null) {
      deliverBytewise(client, server);
      deliverBytewise(server, client);
    }
    assertSecretsAgree(client, server, client.session.suite());
  }

  private static void deliverBytewise(Peer from, Peer to) throws TlsAlertException {
    for (TlsEvent.HandshakeBytes sent; (sent = from.outgoing.poll()) != null; ) {
      for (byte b : sent.bytes()) {
        to.receive(sent.level(), new byte[] {b});
      }
    }
  }

  @Test
  void bytesAreTakenFromTheGivenRange() throws Exception {
    Peer client = Peer.client(Configs.client().build());
    Peer server = Peer.server(Configs.server("p256").build());
    byte[] hello = client.take(INITIAL);
    byte[] buffer = new byte[hello.length + 20];
    System.arraycopy(hello, 0, buffer, 7, hello.length);
    server.handshake.receive(INITIAL, buffer, 7, hello.length);
    assertNotNull(server.handshake.pollEvent());
  }

  // RFC 8446 §4.1.4
  @ParameterizedTest
  @MethodSource("everySuite")
  void helloRetryRequestBringsTheShareThatTheServerWants(CipherSuite suite) throws Exception {
    Peer client = Peer.client(Configs.client().cipherSuites(suite).build()); // no share for P-256
    Peer server = Peer.server(Configs.server("p256").groups(SECP256R1).build());
    client.deliverTo(server);
    assertEquals(1, server.outgoing.size());
    assertNotNull(server.transportParameters); // they decide how it is sent (RFC 9369 §4.1)
    Peer.connect(client, server);
    assertEquals(SECP256R1, client.session.group());
    assertEquals(SECP256R1, server.session.group());
    assertSecretsAgree(client, server, suite);
  }

  static Stream<CipherSuite> everySuite() {
    return Stream.of(CipherSuite.values());
  }

  @Test
  void aShareForEachGroupSavesTheRetry() throws Exception {
    Peer client = Peer.client(Configs.client().keyShareGroups(X25519, SECP256R1).build());
    Peer server = Peer.server(Configs.server("p256").groups(SECP256R1).build());
    client.deliverTo(server);
    assertNotNull(server.transportParameters);
    Peer.connect(client, server);
    assertEquals(SECP256R1, client.session.group());
  }

  @Test
  void aShareAtHandIsPreferredToABetterGroupThatCostsARoundTrip() throws Exception {
    Peer client = Peer.client(Configs.client().build());
    Peer server = Peer.server(Configs.server("p256").groups(SECP256R1, X25519).build());
    Peer.connect(client, server);
    assertEquals(X25519, server.session.group());
  }

  @Test
  void theHybridGroupIsTakenByWhoeverHasIt() throws Exception {
    for (NamedGroup group : NamedGroup.values()) {
      Peer client = Peer.client(Configs.client().build());
      Peer server = Peer.server(Configs.server("p256").groups(group).build());
      Peer.connect(client, server);
      assertEquals(group, client.session.group());
      client = Peer.client(Configs.client().groups(group).build());
      server = Peer.server(Configs.server("p256").build());
      Peer.connect(client, server);
      assertEquals(group, server.session.group());
    }
    Peer client = Peer.client(Configs.client().build());
    Peer.connect(client, Peer.server(Configs.server("p256").build()));
    assertEquals(X25519MLKEM768, client.session.group());
  }

  // RFC 8446 §4.1.4: the retry's group may be the hybrid one too.
  @Test
  void theHybridShareMayBeAskedForByARetry() throws Exception {
    Peer client =
        Peer.client(Configs.client().groups(X25519, X25519MLKEM768).keyShareGroups(X25519).build());
    Peer server = Peer.server(Configs.server("p256").groups(X25519MLKEM768).build());
    client.deliverTo(server);
    assertEquals(1, server.outgoing.size());
    Peer.connect(client, server);
    assertEquals(X25519MLKEM768, client.session.group());
    assertSecretsAgree(client, server, client.session.suite());
  }

  @Test
  void serversPreferenceDecidesSuiteAndProtocol() throws Exception {
    Peer client = Peer.client(Configs.client().applicationProtocols("a", "b", "c").build());
    Peer server =
        Peer.server(
            Configs.server("p256")
                .applicationProtocols("x", "c", "b")
                .cipherSuites(
                    CipherSuite.TLS_CHACHA20_POLY1305_SHA256, CipherSuite.TLS_AES_128_GCM_SHA256)
                .build());
    Peer.connect(client, server);
    assertEquals("c", client.session.applicationProtocol());
    assertEquals("c", server.session.applicationProtocol());
    assertEquals(CipherSuite.TLS_CHACHA20_POLY1305_SHA256, client.session.suite());
  }

  // RFC 6066 §3
  @Test
  void addressesAreCheckedButNotSentByServerName() throws Exception {
    for (String address : List.of("127.0.0.1", "::1", "[::1]", "0:0:0:0:0:0:0:1")) {
      Peer client =
          new Peer(
              new TlsClient(Configs.client().build(), address, new byte[0], new SeededRandom(3)));
      Peer server = Peer.server(Configs.server("p256").build());
      Peer.connect(client, server);
      assertNull(server.session.serverName(), address);
      assertNotNull(client.session.serverName());
    }
  }

  @Test
  void credentialsAreChosenByTheClientsSignatureSchemes() throws Exception {
    TlsServerConfig config = Configs.server("ed25519", "rsa", "p256").build();
    HelloBuilder hello = new HelloBuilder();
    assertEquals(0x0807, schemeOf(config, hello.signatureSchemes(0x0403, 0x0804, 0x0807)));
    assertEquals(0x0804, schemeOf(config, hello.signatureSchemes(0x0403, 0x0804)));
    assertEquals(0x0806, schemeOf(config, hello.signatureSchemes(0x0806, 0x0804, 0x0403)));
    assertEquals(0x0403, schemeOf(config, hello.signatureSchemes(0x0401, 0x0403)));
  }

  // RFC 8446 §4.4.2.2
  @Test
  void aChainThatTheClientCanVerifyIsPreferred() throws Exception {
    TlsServerConfig config = Configs.server("by-rsa", "p256").build();
    HelloBuilder hello = new HelloBuilder().signatureSchemes(0x0403);
    assertEquals(TestFiles.certificates("p256"), chainOf(config, hello.certificateSchemes(0x0403)));
    assertEquals(
        TestFiles.certificates("by-rsa"), chainOf(config, hello.certificateSchemes(0x0401)));
    // None is good: the first goes out, for the client to decide.
    assertEquals(
        TestFiles.certificates("by-rsa"), chainOf(config, hello.certificateSchemes(0x0603)));
  }

  private static int schemeOf(TlsServerConfig config, HelloBuilder hello) throws Exception {
    byte[] verify = Messages.find(flightOf(config, hello), HandshakeType.CERTIFICATE_VERIFY);
    return (verify[4] & 0xff) << 8 | (verify[5] & 0xff);
  }

  private static List<?> chainOf(TlsServerConfig config, HelloBuilder hello) throws Exception {
    byte[] certificate = Messages.find(flightOf(config, hello), HandshakeType.CERTIFICATE);
    return CertificateMessage.readServers(
        new HandshakeReader(certificate, HandshakeMessage.HEADER_BYTES, certificate.length));
  }

  private static byte[] flightOf(TlsServerConfig config, HelloBuilder hello) throws Exception {
    Peer server = Peer.server(config);
    server.receive(INITIAL, hello.build());
    server.take(INITIAL);
    return server.take(HANDSHAKE);
  }

  @Test
  void secretsGoToTheKeyLogInItsFormat() throws Exception {
    List<String> clientLines = new ArrayList<>();
    List<String> serverLines = new ArrayList<>();
    Peer client = Peer.client(Configs.client().keyLog(clientLines::add).build());
    String clientRandom = HexFormat.of().formatHex(client.outgoing.peek().bytes(), 6, 38);
    Peer server = Peer.server(Configs.server("p256").keyLog(serverLines::add).build());
    Peer.connect(client, server);
    assertEquals(
        List.of(
            line("CLIENT_HANDSHAKE_TRAFFIC_SECRET", clientRandom, client.writeSecrets, HANDSHAKE),
            line("SERVER_HANDSHAKE_TRAFFIC_SECRET", clientRandom, server.writeSecrets, HANDSHAKE),
            line("CLIENT_TRAFFIC_SECRET_0", clientRandom, client.writeSecrets, APPLICATION),
            line("SERVER_TRAFFIC_SECRET_0", clientRandom, server.writeSecrets, APPLICATION)),
        clientLines);
    assertEquals(clientLines, serverLines);
  }

  private static String line(
      String label,
      String clientRandom,
      java.util.Map<EncryptionLevel, TlsEvent.WriteSecret> secrets,
      EncryptionLevel level) {
    return label + " " + clientRandom + " " + HexFormat.of().formatHex(secrets.get(level).secret());
  }

  @Test
  void noTextHoldsASecret() throws Exception {
    Peer client = Peer.client(Configs.client().build());
    Peer server = Peer.server(Configs.server("p256").build());
    Peer.connect(client, server);
    for (TlsEvent event : client.events) {
      assertTrue(
          event
              .toString()
              .matches(
                  "(?s)(Read|Write)Secret\\[[A-Z]+, TLS_[A-Z0-9_]+]|HandshakeBytes.*"
                      + "|PeerTransportParameters\\[4 bytes]|HandshakeComplete.*"),
          event.toString());
    }
  }

  @Test
  void misuseThrows() {
    TlsClient client =
        new TlsClient(Configs.client().build(), "a.test", new byte[0], new SeededRandom(1));
    assertThrows(IllegalStateException.class, () -> client.receive(INITIAL, new byte[1], 0, 1));
    client.start();
    assertThrows(IllegalStateException.class, client::start);
    assertThrows(IndexOutOfBoundsException.class, () -> client.receive(INITIAL, new byte[1], 0, 2));
    for (String name : List.of("", " ", "a..b", "-a", "a_-", "a b", "x".repeat(64), "a/b", ".")) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new TlsClient(Configs.client().build(), name, new byte[0], new SeededRandom(1)),
          name);
    }
  }

  @Test
  void namesMayHaveADotAtTheEndUnderscoresAndForeignLetters() throws Exception {
    assertEquals(new ServerName("a.test", false), ServerName.parse("a.test."));
    assertEquals(new ServerName("a_b.test", false), ServerName.parse("a_b.test"));
    assertEquals(new ServerName("xn--bcher-kva.test", false), ServerName.parse("b\u00fccher.test"));
    assertEquals(new ServerName("10.0.0.1", true), ServerName.parse("10.0.0.1"));
  }
}
