package dev.memux.tls;

import static dev.memux.tls.AlertDescription.DECODE_ERROR;
import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;
import static dev.memux.tls.AlertDescription.UNEXPECTED_MESSAGE;
import static dev.memux.tls.AlertDescription.UNSUPPORTED_EXTENSION;
import static dev.memux.tls.EncryptionLevel.EARLY;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static dev.memux.tls.Messages.extension;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Data before the handshake is complete (RFC 8446 §2.3, §4.2.10, §8; RFC 9001 §4.6). */
class EarlyDataTest {
  private static final String SERVER = Configs.SERVER_NAME;
  private static final byte[] SETTINGS = {7};

  private final TestClock clock = new TestClock();
  private final TicketKeys keys = new TicketKeys(Duration.ofHours(24), clock, new SeededRandom(3));
  private final SessionCache cache = SessionCache.inMemory(10);
  private StrikeRegister register = register(1000);
  private Peer client;
  private Peer server;

  private StrikeRegister register(int maxEntries) {
    return new StrikeRegister(Duration.ofSeconds(10), maxEntries, clock);
  }

  private TlsServerConfig.Builder serverConfig() {
    return Configs.server("p256").ticketKeys(keys).earlyData(register, SETTINGS);
  }

  private TlsClientConfig.Builder clientConfig() {
    return Configs.client()
        .groups(NamedGroup.X25519, NamedGroup.SECP256R1)
        .sessionCache(cache, clock)
        .offerEarlyData();
  }

  private EarlyData connect(TlsClientConfig.Builder clientConfig, TlsServerConfig.Builder config)
      throws TlsAlertException {
    client = Peer.client(clientConfig.build());
    server = Peer.server(config.build());
    Peer.connect(client, server);
    assertEquals(client.session.earlyData(), server.session.earlyData());
    boolean accepted = client.session.earlyData() == EarlyData.ACCEPTED;
    assertEquals(accepted, server.readSecrets.containsKey(EARLY));
    assertEquals(
        client.session.earlyData() != EarlyData.NONE, client.writeSecrets.containsKey(EARLY));
    assertFalse(client.readSecrets.containsKey(EARLY) || server.writeSecrets.containsKey(EARLY));
    return client.session.earlyData();
  }

  private EarlyData connect() throws TlsAlertException {
    return connect(clientConfig(), serverConfig());
  }

  // --- Good ends ---

  @ParameterizedTest
  @EnumSource(CipherSuite.class)
  void bothEndsHaveTheSecret(CipherSuite suite) throws Exception {
    List<String> clientLog = new ArrayList<>();
    List<String> serverLog = new ArrayList<>();
    TlsClientConfig.Builder config = clientConfig().cipherSuites(suite);
    assertEquals(EarlyData.NONE, connect(config, serverConfig()));
    for (int i = 0; i < 3; i++) {
      clientLog.clear();
      serverLog.clear();
      assertEquals(
          EarlyData.ACCEPTED,
          connect(config.keyLog(clientLog::add), serverConfig().keyLog(serverLog::add)));
      byte[] secret = client.writeSecrets.get(EARLY).secret();
      assertEquals(suite, client.writeSecrets.get(EARLY).suite());
      assertEquals(suite, server.readSecrets.get(EARLY).suite());
      assertArrayEquals(secret, server.readSecrets.get(EARLY).secret());
      assertTrue(client.session.resumed());
      assertEquals(clientLog, serverLog);
      assertTrue(clientLog.getFirst().startsWith("CLIENT_EARLY_TRAFFIC_SECRET "));
      assertTrue(clientLog.getFirst().endsWith(" " + HexFormat.of().formatHex(secret)));
    }
  }

  @Test
  void eventsComeInTheOrderInWhichTheyMustBeActedOn() throws Exception {
    connect();
    connect();
    assertEquals(
        List.of(
            "HandshakeBytes",
            "EarlyDataOffered",
            "WriteSecret",
            "ReadSecret",
            "WriteSecret",
            "EarlyDataAnswered",
            "PeerTransportParameters"),
        names(client.events).subList(0, 7));
    assertEquals(
        List.of(
            "PeerTransportParameters",
            "EarlyDataAnswered",
            "ReadSecret",
            "HandshakeBytes",
            "WriteSecret"),
        names(server.events).subList(0, 5));
    TlsEvent.EarlyDataOffered offered = (TlsEvent.EarlyDataOffered) client.events.get(1);
    assertEquals("h3", offered.applicationProtocol());
    assertArrayEquals(new byte[] {4, 5, 6, 7}, offered.transportParameters());
    assertEquals("EarlyDataOffered[h3]", offered.toString());
  }

  private static List<String> names(List<TlsEvent> events) {
    return events.stream().map(e -> e.getClass().getSimpleName()).toList();
  }

  @Test
  void whoDoesNotAskForItOffersNone() throws Exception {
    connect();
    TlsClientConfig.Builder plain =
        Configs.client().groups(NamedGroup.X25519).sessionCache(cache, clock);
    assertEquals(EarlyData.NONE, connect(plain, serverConfig()));
    assertTrue(client.session.resumed());
    assertThrows(IllegalArgumentException.class, Configs.client().offerEarlyData()::build);
    assertThrows(
        IllegalArgumentException.class,
        Configs.server("p256").earlyData(register, SETTINGS)::build);
  }

  // RFC 8446 §4.2.10, §4.6.1: only with a ticket that says so.
  @Test
  void aTicketThatDoesNotAllowItBringsNone() throws Exception {
    TlsServerConfig.Builder plain = Configs.server("p256").ticketKeys(keys);
    connect(clientConfig(), plain);
    assertEquals(EarlyData.NONE, connect(clientConfig(), serverConfig()));
    assertTrue(client.session.resumed());
  }

  // RFC 8446 §4.2.10: its suite is the ticket's, so that must be offered.
  @Test
  void aClientThatNoLongerHasTheSuiteOffersNone() throws Exception {
    connect();
    TlsClientConfig.Builder other =
        clientConfig().cipherSuites(CipherSuite.TLS_CHACHA20_POLY1305_SHA256);
    assertEquals(EarlyData.NONE, connect(other, serverConfig()));
    assertTrue(client.session.resumed());
  }

  // --- Refusals; the connection goes on ---

  @Test
  void aServerThatTakesNoneRefuses() throws Exception {
    connect();
    assertEquals(
        EarlyData.REFUSED, connect(clientConfig(), Configs.server("p256").ticketKeys(keys)));
    assertTrue(client.session.resumed());
    connect();
    assertEquals(EarlyData.REFUSED, connect(clientConfig(), Configs.server("p256")));
    assertFalse(client.session.resumed());
  }

  // RFC 9000 §7.4.1, RFC 9114 §7.2.4.2: a client goes by what it remembers.
  @Test
  void changedLimitsAndSettingsRefuse() throws Exception {
    connect();
    TlsServerConfig.Builder otherSettings =
        Configs.server("p256").ticketKeys(keys).earlyData(register, new byte[] {8});
    assertEquals(EarlyData.REFUSED, connect(clientConfig(), otherSettings));

    for (int early : new int[] {1, 1, 2, 2}) {
      client = Peer.client(clientConfig().build());
      byte[] parameters = {4, 5, (byte) cacheCount++};
      server =
          new Peer(
              new TlsServer(
                  serverConfig().build(),
                  QuicTerms.fixed(parameters, new byte[] {(byte) early}),
                  HandshakeCrypto.JDK,
                  new SeededRandom(2)));
      Peer.connect(client, server);
      answers.add(client.session.earlyData());
    }
    assertEquals(
        List.of(EarlyData.REFUSED, EarlyData.ACCEPTED, EarlyData.REFUSED, EarlyData.ACCEPTED),
        answers);
  }

  private final List<EarlyData> answers = new ArrayList<>();
  private int cacheCount;

  // RFC 8446 §4.1.4, §4.2.10
  @Test
  void aRetryRefuses() throws Exception {
    connect();
    TlsServerConfig.Builder retrying = serverConfig().groups(NamedGroup.SECP256R1);
    assertEquals(EarlyData.REFUSED, connect(clientConfig(), retrying));
    assertTrue(client.session.resumed());
    assertEquals(0, register.size());
    assertEquals(
        List.of("HandshakeBytes", "EarlyDataOffered", "WriteSecret", "EarlyDataAnswered"),
        names(client.events).subList(0, 4));
  }

  // RFC 8446 §4.2.10
  @Test
  void anotherSuiteOfTheSameHashRefuses() throws Exception {
    connect();
    TlsServerConfig.Builder other =
        serverConfig().cipherSuites(CipherSuite.TLS_CHACHA20_POLY1305_SHA256);
    assertEquals(EarlyData.REFUSED, connect(clientConfig(), other));
    assertTrue(client.session.resumed());
  }

  // RFC 8446 §4.2.10: a ticket of another protocol is not even resumed.
  @Test
  void anotherProtocolRefuses() throws Exception {
    connect();
    ResumableSession session = Objects.requireNonNull(cache.take(SERVER));
    HelloBuilder hello =
        new HelloBuilder().applicationProtocols("x").with(ScriptedServer.EARLY_DATA);
    server = Peer.server(serverConfig().applicationProtocols("h3", "x").build());
    server.receive(INITIAL, ResumptionTest.offering(hello, session, clock, session.ticket()));
    assertTrue(server.events.contains(new TlsEvent.EarlyDataAnswered(false)));
  }

  // If it were refused, the server could choose a protocol in which it means something else.
  @Test
  void aClientWithAChoiceOfProtocolsOffersNone() throws Exception {
    connect();
    assertEquals(
        EarlyData.NONE, connect(clientConfig().applicationProtocols("h3", "x"), serverConfig()));
    assertTrue(client.session.resumed());
  }

  // RFC 8446 §8.2
  @Test
  void aReplayIsRefused() throws Exception {
    connect();
    client = Peer.client(clientConfig().build());
    byte[] hello = Objects.requireNonNull(client.outgoing.peek()).bytes();
    for (int i = 0; i < 3; i++) {
      server = Peer.server(serverConfig().build());
      server.receive(INITIAL, hello);
      assertEquals(i == 0, server.readSecrets.containsKey(EARLY));
      assertTrue(server.events.contains(new TlsEvent.EarlyDataAnswered(i == 0)), "attempt " + i);
    }
    // Another loop's server, with a configuration of its own and the same register.
    server = Peer.server(serverConfig().applicationProtocols("h3", "x").build());
    server.receive(INITIAL, hello);
    assertFalse(server.readSecrets.containsKey(EARLY));
  }

  // RFC 8446 §8.3
  @Test
  void aHelloThatIsNotFreshIsRefused() throws Exception {
    for (long seconds : new long[] {-6, -5, 5, 6}) {
      connect();
      clock.advance(Duration.ofMinutes(1));
      client = Peer.client(clientConfig().build());
      clock.advance(Duration.ofSeconds(seconds));
      server = Peer.server(serverConfig().build());
      Peer.connect(client, server);
      assertEquals(
          Math.abs(seconds) == 5 ? EarlyData.ACCEPTED : EarlyData.REFUSED,
          server.session.earlyData());
      assertTrue(server.session.resumed());
      clock.advance(Duration.ofSeconds(10));
    }
  }

  @Test
  void aFullRegisterRefuses() throws Exception {
    register = register(2);
    connect();
    assertEquals(EarlyData.ACCEPTED, connect());
    assertEquals(EarlyData.ACCEPTED, connect());
    assertEquals(EarlyData.REFUSED, connect());
    assertTrue(client.session.resumed());
    clock.advance(Duration.ofSeconds(10));
    assertEquals(EarlyData.ACCEPTED, connect());
  }

  // RFC 8446 §8.2: a new register does not know what the one before it has taken.
  @Test
  void afterARestartOldTicketsAreRefusedForOneWindow() throws Exception {
    connect();
    ResumableSession old = Objects.requireNonNull(cache.take(SERVER));
    clock.advance(Duration.ofMillis(1));
    register = register(1000);
    cache.add(SERVER, old);
    assertEquals(EarlyData.REFUSED, connect());
    assertEquals(EarlyData.ACCEPTED, connect()); // with a ticket from after the restart
    clock.advance(Duration.ofSeconds(10));
    cache.add(SERVER, old);
    assertEquals(EarlyData.ACCEPTED, connect());
  }

  // RFC 8446 §4.2.10: early data belongs to the first ticket.
  @Test
  void theSecondTicketBringsNone() throws Exception {
    connect();
    ResumableSession session = Objects.requireNonNull(cache.take(SERVER));
    byte[] bad = new byte[60];
    for (boolean first : new boolean[] {true, false}) {
      HelloBuilder hello = new HelloBuilder().with(ScriptedServer.EARLY_DATA);
      server = Peer.server(serverConfig().build());
      server.receive(
          INITIAL,
          first
              ? ResumptionTest.offering(hello, session, clock, session.ticket())
              : ResumptionTest.offering(hello, session, clock, bad, session.ticket()));
      assertEquals(first, server.readSecrets.containsKey(EARLY));
    }
  }

  // --- Faults ---

  // RFC 8446 §4.1.2
  @Test
  void theSecondHelloMustNotOfferIt() throws Exception {
    server = Peer.server(serverConfig().groups(NamedGroup.SECP256R1).build());
    server.receive(INITIAL, new HelloBuilder().with(ScriptedServer.EARLY_DATA).build());
    Alerts.assertRefuses(
        server,
        ILLEGAL_PARAMETER,
        INITIAL,
        new HelloBuilder()
            .with(ScriptedServer.EARLY_DATA)
            .keyShares(HelloBuilder.p256Share())
            .build());
  }

  // RFC 9001 §8.3: 0-RTT packets carry no handshake bytes.
  @Test
  void handshakeBytesAreNotEarlyData() throws Exception {
    connect();
    client = Peer.client(clientConfig().build());
    server = Peer.server(serverConfig().build());
    client.deliverTo(server);
    byte[] endOfEarlyData = Messages.message(5, new byte[0]);
    Alerts.assertRefuses(client, UNEXPECTED_MESSAGE, EARLY, endOfEarlyData);
    Alerts.assertRefuses(server, UNEXPECTED_MESSAGE, EARLY, endOfEarlyData);
  }

  private ScriptedServer resuming(TlsClientConfig.Builder config) throws TlsAlertException {
    connect();
    ResumableSession session = Objects.requireNonNull(cache.take(SERVER));
    cache.add(SERVER, session);
    key = session.preSharedKey();
    return new ScriptedServer(Peer.client(config.build()));
  }

  private byte[] key;

  // RFC 8446 §4.2.10
  @Test
  void itCannotBeAcceptedWithoutItsSession() throws Exception {
    byte[] accepted =
        ScriptedServer.encryptedExtensions(
            ScriptedServer.protocol("h3"),
            ScriptedServer.parameters(),
            extension(ScriptedServer.EARLY_DATA));
    ScriptedServer script = resuming(clientConfig());
    script.sendResumingHello(key).send(accepted).send(script.finished());
    assertEquals(EarlyData.ACCEPTED, script.client.session.earlyData());

    script = resuming(clientConfig()).sendHello(); // a full handshake
    Alerts.assertRefuses(script.client, ILLEGAL_PARAMETER, HANDSHAKE, accepted);

    script = resuming(clientConfig());
    script.sendResumingHello(key);
    Alerts.assertRefuses(
        script.client,
        ILLEGAL_PARAMETER,
        HANDSHAKE,
        ScriptedServer.encryptedExtensions(
            ScriptedServer.protocol("x"),
            ScriptedServer.parameters(),
            extension(ScriptedServer.EARLY_DATA)));

    script = resuming(clientConfig());
    script.sendResumingHello(key);
    Alerts.assertRefuses(
        script.client,
        DECODE_ERROR,
        HANDSHAKE,
        ScriptedServer.encryptedExtensions(
            ScriptedServer.protocol("h3"),
            ScriptedServer.parameters(),
            extension(ScriptedServer.EARLY_DATA, new byte[1])));
  }

  // RFC 8446 §4.2.10: its keys are those of the session's suite.
  @Test
  void itCannotBeAcceptedWithAnotherSuite() throws Exception {
    CipherSuite chacha = CipherSuite.TLS_CHACHA20_POLY1305_SHA256;
    connect(clientConfig().cipherSuites(chacha), serverConfig());
    ResumableSession session = Objects.requireNonNull(cache.take(SERVER));
    cache.add(SERVER, session);
    // The scripted server takes AES-128 with SHA-256, which the client offers too.
    ScriptedServer script = new ScriptedServer(Peer.client(clientConfig().build()));
    script.sendResumingHello(session.preSharedKey());
    Alerts.assertRefuses(
        script.client,
        ILLEGAL_PARAMETER,
        HANDSHAKE,
        ScriptedServer.encryptedExtensions(
            ScriptedServer.protocol("h3"),
            ScriptedServer.parameters(),
            extension(ScriptedServer.EARLY_DATA)));
  }

  // RFC 8446 §4.2: an answer to what was never asked, or was withdrawn.
  @Test
  void itCannotBeAcceptedUnasked() throws Exception {
    byte[] accepted =
        ScriptedServer.encryptedExtensions(
            ScriptedServer.protocol("h3"),
            ScriptedServer.parameters(),
            extension(ScriptedServer.EARLY_DATA));
    ScriptedServer script =
        resuming(Configs.client().groups(NamedGroup.X25519).sessionCache(cache, clock));
    script.sendResumingHello(key);
    Alerts.assertRefuses(script.client, UNSUPPORTED_EXTENSION, HANDSHAKE, accepted);

    connect();
    TlsServerConfig retrying = serverConfig().groups(NamedGroup.SECP256R1).build();
    client = Peer.client(clientConfig().build());
    server = Peer.server(retrying);
    client.deliverTo(server);
    server.deliverTo(client); // the HelloRetryRequest
    client.deliverTo(server);
    client.receive(INITIAL, server.take(INITIAL));
    Alerts.assertRefuses(client, UNSUPPORTED_EXTENSION, HANDSHAKE, accepted);
  }

  // --- Sessions that outlive the program ---

  @Test
  void aSessionCanBeWrittenAndRead() throws Exception {
    connect();
    for (int i = 0; i < 3; i++) {
      byte[] encoded = Objects.requireNonNull(cache.take(SERVER)).encode();
      while (cache.take(SERVER) != null) {}
      ResumableSession decoded = Objects.requireNonNull(ResumableSession.decode(encoded));
      assertArrayEquals(encoded, decoded.encode());
      cache.add(SERVER, decoded);
      clock.advance(Duration.ofMinutes(1));
      assertEquals(EarlyData.ACCEPTED, connect());
      assertEquals(TestFiles.certificates("p256"), client.session.peerCertificates());
    }
  }

  @Test
  void aSessionStaysWithItsCredentials() throws Exception {
    TlsClientConfig.Builder identified =
        clientConfig().credentials(TestFiles.credentials("for-clients"));
    connect(identified, serverConfig());
    byte[] encoded = Objects.requireNonNull(cache.take(SERVER)).encode();
    ResumableSession session = Objects.requireNonNull(ResumableSession.decode(encoded));
    ServerName name = ServerName.parse(SERVER);
    assertTrue(session.isUsable(identified.build(), name, clock.millis()));
    assertFalse(session.isUsable(clientConfig().build(), name, clock.millis()));
  }

  @Test
  void whatIsNoSessionIsNotReadAsOne() throws Exception {
    connect();
    byte[] encoded = Objects.requireNonNull(cache.take(SERVER)).encode();
    for (int length = 0; length < encoded.length; length++) {
      assertNull(ResumableSession.decode(Arrays.copyOf(encoded, length)), "cut at " + length);
    }
    assertNull(ResumableSession.decode(Arrays.copyOf(encoded, encoded.length + 1)));
    for (int i = 0; i < 4; i++) {
      byte[] other = encoded.clone();
      other[i] ^= 0x40; // format, suite, length of the key
      assertNull(ResumableSession.decode(other), "byte " + i);
    }
    for (int i = 4; i < encoded.length; i++) {
      byte[] other = encoded.clone();
      other[i] ^= 0x15;
      ResumableSession.decode(other); // whatever it is, it does not throw
    }
    assertNotNull(ResumableSession.decode(encoded));
  }
}
