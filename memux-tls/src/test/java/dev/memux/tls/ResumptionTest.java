package dev.memux.tls;

import static dev.memux.tls.AlertDescription.DECODE_ERROR;
import static dev.memux.tls.AlertDescription.DECRYPT_ERROR;
import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;
import static dev.memux.tls.AlertDescription.MISSING_EXTENSION;
import static dev.memux.tls.AlertDescription.UNEXPECTED_MESSAGE;
import static dev.memux.tls.AlertDescription.UNKNOWN_CA;
import static dev.memux.tls.EncryptionLevel.APPLICATION;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static dev.memux.tls.Messages.extension;
import static dev.memux.tls.Messages.join;
import static dev.memux.tls.Messages.u16;
import static dev.memux.tls.Messages.u32;
import static dev.memux.tls.Messages.vector16;
import static dev.memux.tls.Messages.vector8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Socket;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sessions that go on from a ticket (RFC 8446 §2.2, §4.2.11, §4.6.1). */
class ResumptionTest {
  private static final Duration LIFETIME = Duration.ofHours(24);
  private static final String SERVER = Configs.SERVER_NAME;

  private final TestClock clock = new TestClock();
  private final TicketKeys keys = new TicketKeys(LIFETIME, clock, new SeededRandom(3));
  private final SessionCache cache = SessionCache.inMemory(10);
  private Peer client;
  private Peer server;

  private TlsServerConfig.Builder serverConfig() {
    return Configs.server("p256").ticketKeys(keys);
  }

  private TlsClientConfig.Builder clientConfig() {
    return Configs.client()
        .groups(NamedGroup.X25519, NamedGroup.SECP256R1)
        .sessionCache(cache, clock);
  }

  /** Whether the handshake resumed a session. */
  private boolean connect(TlsClientConfig.Builder clientConfig, TlsServerConfig.Builder config)
      throws TlsAlertException {
    client = Peer.client(clientConfig.build());
    server = Peer.server(config.build());
    Peer.connect(client, server);
    assertEquals(client.session.resumed(), server.session.resumed());
    for (EncryptionLevel level : List.of(HANDSHAKE, APPLICATION)) {
      assertArrayEquals(
          client.writeSecrets.get(level).secret(), server.readSecrets.get(level).secret());
      assertArrayEquals(
          client.readSecrets.get(level).secret(), server.writeSecrets.get(level).secret());
    }
    return client.session.resumed();
  }

  private boolean connect() throws TlsAlertException {
    return connect(clientConfig(), serverConfig());
  }

  /** A session from a full handshake. */
  private ResumableSession session() throws TlsAlertException {
    assertFalse(connect());
    return cache.take(SERVER);
  }

  // --- Good ends ---

  @ParameterizedTest
  @EnumSource(CipherSuite.class)
  void aSessionIsResumedWithoutCertificates(CipherSuite suite) throws Exception {
    for (NamedGroup group : NamedGroup.values()) {
      TlsClientConfig.Builder config = clientConfig().groups(group).cipherSuites(suite);
      assertFalse(connect(config, serverConfig()));
      assertTrue(connect(config, serverConfig()));
      assertEquals(TestFiles.certificates("p256"), client.session.peerCertificates());
      assertEquals(suite, server.session.suite());
      assertEquals(group, server.session.group());
      int handshakeBytes =
          server.events.stream()
              .filter(e -> e instanceof TlsEvent.HandshakeBytes b && b.level() == HANDSHAKE)
              .mapToInt(e -> ((TlsEvent.HandshakeBytes) e).bytes().length)
              .sum();
      assertTrue(handshakeBytes < 100, handshakeBytes + " bytes"); // no certificates in there
      while (cache.take(SERVER) != null) {}
    }
  }

  @Test
  void secretsOfAResumedSessionAreNew() throws Exception {
    connect();
    byte[] first = client.writeSecrets.get(APPLICATION).secret();
    assertTrue(connect());
    assertFalse(Arrays.equals(first, client.writeSecrets.get(APPLICATION).secret()));
  }

  // RFC 8446 §C.4: each ticket is used once; every resumed session brings another.
  @Test
  void ticketsAreUsedOnceAndReplaced() throws Exception {
    connect();
    for (int i = 0; i < 5; i++) {
      assertTrue(connect());
    }
    for (int i = 0; i < TicketIssue.TICKETS_AFTER_FULL_HANDSHAKE; i++) {
      assertNotNull(cache.take(SERVER));
    }
    assertNull(cache.take(SERVER));
    assertFalse(connect());
  }

  // RFC 8446 §4.1.4, §4.2.11.2: the binder then covers the first hello and the retry too.
  @Test
  void resumptionSurvivesARetry() throws Exception {
    connect();
    assertTrue(connect(clientConfig(), serverConfig().groups(NamedGroup.SECP256R1)));
    assertEquals(NamedGroup.SECP256R1, client.session.group());
  }

  // RFC 8446 §4.2.11: the hash counts, not the suite.
  @Test
  void theSuiteMayChangeButNotItsHash() throws Exception {
    CipherSuite chacha = CipherSuite.TLS_CHACHA20_POLY1305_SHA256;
    CipherSuite sha384 = CipherSuite.TLS_AES_256_GCM_SHA384;
    connect();
    assertTrue(connect(clientConfig(), serverConfig().cipherSuites(chacha)));
    assertEquals(chacha, server.session.suite());
    assertFalse(connect(clientConfig(), serverConfig().cipherSuites(sha384)));
    assertTrue(connect(clientConfig(), serverConfig().cipherSuites(sha384)));
    // The client does not even offer it with other suites only.
    assertFalse(connect(clientConfig().cipherSuites(chacha), serverConfig()));
  }

  // RFC 8446 §4.1.4: a key that does not fit the retry's suite is left out of the second hello.
  @Test
  void aRetryWithAnotherHashEndsTheOffer() throws Exception {
    connect();
    assertFalse(
        connect(
            clientConfig(),
            serverConfig()
                .groups(NamedGroup.SECP256R1)
                .cipherSuites(CipherSuite.TLS_AES_256_GCM_SHA384)));
  }

  // RFC 6066 §3
  @Test
  void theNameIsNotAcknowledgedAgain() throws Exception {
    TlsServerConfig.Builder named =
        Configs.server("rsa")
            .ticketKeys(keys)
            .credentialsFor(SERVER, TestFiles.credentials("p256"));
    for (boolean resumed : new boolean[] {false, true}) {
      client = Peer.client(clientConfig().build());
      server = Peer.server(named.build());
      client.deliverTo(server);
      byte[] hello = server.take(INITIAL);
      byte[] flight = server.take(HANDSHAKE);
      byte[] extensions = Messages.find(flight, HandshakeType.ENCRYPTED_EXTENSIONS);
      assertEquals(
          !resumed,
          EncryptedExtensions.read(
                  new HandshakeReader(extensions, 4, extensions.length),
                  java.util.EnumSet.allOf(ExtensionType.class))
              .isNamed());
      client.receive(INITIAL, hello);
      client.receive(HANDSHAKE, flight);
      Peer.connect(client, server);
      assertEquals(resumed, server.session.resumed());
    }
  }

  // --- What a ticket is bound to ---

  @Test
  void anotherProtocolNameOrCertificateMeansAFullHandshake() throws Exception {
    connect();
    assertFalse(
        connect(
            clientConfig().applicationProtocols("h3", "x"),
            serverConfig().applicationProtocols("x")));
    connect();
    assertFalse(connect(clientConfig(), Configs.server("p384").ticketKeys(keys)));
    connect();
    assertFalse(
        connect(
            clientConfig(),
            serverConfig().credentialsFor("*.test", TestFiles.credentials("p384"))));
    connect();
    ResumableSession session = cache.take(SERVER);
    cache.add("a.wild.test", session); // as if it were that server's
    client =
        new Peer(
            new TlsClient(clientConfig().build(), "a.wild.test", new byte[1], new SeededRandom(1)));
    Peer.connect(client, Peer.server(serverConfig().build()));
    assertFalse(client.session.resumed());
  }

  @Test
  void theClientsProtocolsMustHoldTheSessions() throws Exception {
    connect();
    TlsClientConfig.Builder other = clientConfig().applicationProtocols("x");
    assertFalse(connect(other, serverConfig().applicationProtocols("x", "h3")));
  }

  // RFC 8446 §4.6.1
  @Test
  void ticketsExpireOnBothSides() throws Exception {
    connect();
    clock.advance(LIFETIME.minusSeconds(1));
    assertTrue(connect());
    while (cache.take(SERVER) != null) {}
    connect();
    clock.advance(LIFETIME);
    client = Peer.client(clientConfig().build());
    assertFalse(offersTicket(client.take(INITIAL)));

    TestClock slow = new TestClock();
    slow.advance(Duration.ofSeconds(clock.instant().getEpochSecond() - slow.millis() / 1000));
    TlsClientConfig.Builder late =
        Configs.client().groups(NamedGroup.X25519).sessionCache(cache, slow);
    connect(late, serverConfig());
    clock.advance(LIFETIME);
    client = Peer.client(late.build());
    server = Peer.server(serverConfig().build());
    assertTrue(offersTicket(client.outgoing.peek().bytes()));
    Peer.connect(client, server);
    assertFalse(server.session.resumed());
  }

  // RFC 8446 §4.6.1: a chain of resumptions does not outlive the first proof.
  @Test
  void resumptionDoesNotPutOffAuthentication() throws Exception {
    connect();
    clock.advance(Duration.ofHours(20));
    assertTrue(connect());
    clock.advance(Duration.ofHours(3));
    assertTrue(connect());
    clock.advance(Duration.ofMinutes(61));
    assertFalse(connect());
  }

  @Test
  void noSessionOutlivesTheServersCertificate() throws Exception {
    java.time.Instant end = TestFiles.certificates("p256").getFirst().getNotAfter().toInstant();
    clock.advance(Duration.between(clock.instant(), end.minusSeconds(60)));
    connect();
    clock.advance(Duration.ofSeconds(60));
    assertTrue(connect());
    clock.advance(Duration.ofSeconds(1));
    assertFalse(connect());
  }

  @Test
  void aTicketFromTheFutureIsNotTaken() throws Exception {
    clock.advance(Duration.ofHours(2));
    connect();
    clock.advance(Duration.ofHours(-1));
    assertFalse(connect());
  }

  @Test
  void tooManyTicketsAndUselessOnesAreNotKept() throws Exception {
    connect();
    while (cache.take(SERVER) != null) {}
    int added = TicketIssue.TICKETS_AFTER_FULL_HANDSHAKE;
    client.receive(
        APPLICATION, new NewSessionTicket(0, 0, new byte[1], new byte[9], false).write());
    byte[] tooLong = new byte[TicketStore.MAX_TICKET_BYTES + 1];
    client.receive(APPLICATION, new NewSessionTicket(60, 0, new byte[1], tooLong, false).write());
    assertNull(cache.take(SERVER));
    for (int i = added; i < TicketStore.MAX_TICKETS + 3; i++) {
      client.receive(
          APPLICATION, new NewSessionTicket(60, 0, new byte[1], new byte[9], false).write());
      assertEquals(i < TicketStore.MAX_TICKETS, cache.take(SERVER) != null);
    }
  }

  // RFC 8446 §4.6.1: clients forget tickets after seven days whatever servers say.
  @Test
  void noTicketIsKeptForMoreThanSevenDays() throws Exception {
    connect();
    client.receive(
        APPLICATION,
        new NewSessionTicket(0xffff_ffffL, 0, new byte[1], new byte[9], false).write());
    clock.advance(Duration.ofDays(7).minusMillis(1));
    TlsClientConfig config = clientConfig().build();
    ResumableSession session = cache.take(SERVER);
    ServerName name = ServerName.parse(SERVER);
    assertTrue(session.isUsable(config, name, clock.millis()));
    clock.advance(Duration.ofMillis(1));
    assertFalse(session.isUsable(config, name, clock.millis()));
  }

  // --- Trust ---

  // A cache may be shared: what one configuration trusts another need not.
  @Test
  void theServersCertificateIsJudgedAgain() throws Exception {
    TlsServerConfig.Builder stranger = Configs.server("by-stranger").ticketKeys(keys);
    connect(clientConfig().insecureTrustAny(), stranger);
    assertTrue(connect(clientConfig().insecureTrustAny(), stranger));
    client = Peer.client(clientConfig().build());
    assertFalse(offersTicket(client.outgoing.peek().bytes()));
    Alerts.assertAlert(UNKNOWN_CA, () -> Peer.connect(client, Peer.server(stranger.build())));
  }

  // RFC 8446 §2.2: the certificates are those of the session, of which somebody has said that they
  // are good. Who may change his mind is asked again, as is who has been asked for another name.
  @Test
  void whoseVerdictIsConstantIsAskedOnce() throws Exception {
    Judge constant = new Judge();
    CertificateTrust trust = new CertificateTrust(constant, true, null);
    assertFalse(connect(clientConfig().trust(trust), serverConfig()));
    assertTrue(connect(clientConfig().trust(trust), serverConfig()));
    assertEquals(1, constant.asked);
    ResumableSession session = cache.take(SERVER);
    TlsClientConfig config = clientConfig().trust(trust).build();
    assertTrue(session.isUsable(config, ServerName.parse("other.test"), clock.millis()));
    assertEquals(2, constant.asked);

    Judge fickle = new Judge();
    TlsClientConfig.Builder others = clientConfig().trustManager(fickle);
    assertTrue(session.isUsable(others.build(), ServerName.parse(SERVER), clock.millis()));
    assertEquals(1, fickle.asked);
    while (cache.take(SERVER) != null) {}
    assertFalse(connect(others, serverConfig()));
    assertTrue(connect(others, serverConfig()));
    assertEquals(3, fickle.asked);
  }

  @Test
  void aVerdictEndsWithTheCertificates() throws Exception {
    java.time.Instant end = TestFiles.certificates("p256").getFirst().getNotAfter().toInstant();
    clock.advance(Duration.between(clock.instant(), end.minusSeconds(60)));
    Judge judge = new Judge();
    TlsClientConfig config = clientConfig().trust(new CertificateTrust(judge, true, null)).build();
    client = Peer.client(config);
    server = Peer.server(serverConfig().build());
    Peer.connect(client, server);
    ResumableSession session = cache.take(SERVER);
    ServerName name = ServerName.parse(SERVER);
    clock.advance(Duration.ofSeconds(30));
    assertTrue(session.isUsable(config, name, clock.millis()));
    assertEquals(1, judge.asked);
    assertTrue(
        new TrustVerdict(config.trust(), name)
            .holds(config.trust(), name, session.peerCertificates(), end.toEpochMilli()));
    assertFalse(
        new TrustVerdict(config.trust(), name)
            .holds(config.trust(), name, session.peerCertificates(), end.toEpochMilli() + 1));
  }

  /** Trusts anyone, and counts how often it was asked. */
  private static final class Judge extends X509ExtendedTrustManager {
    private int asked;

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
      asked++;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {
      throw new AssertionError();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {
      throw new AssertionError();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
      throw new AssertionError();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {
      throw new AssertionError();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {
      throw new AssertionError();
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @Test
  void theClientsCertificateStaysWithTheSession() throws Exception {
    TlsServerConfig.Builder asking = asking(ClientCertificates.REQUIRED);
    connect(identified(), asking);
    assertTrue(connect(identified(), asking));
    assertEquals(TestFiles.certificates("for-clients"), server.session.peerCertificates());
    assertTrue(connect(identified(), asking)); // from the ticket of a resumed session
    assertEquals(TestFiles.certificates("for-clients"), server.session.peerCertificates());
    assertTrue(connect(identified(), asking(ClientCertificates.OPTIONAL)));
    // Who is no longer asked is nobody.
    assertFalse(connect(identified(), serverConfig()));
    assertEquals(List.of(), server.session.peerCertificates());
    // A ticket of nobody is not enough.
    assertFalse(connect(identified(), asking));
    assertEquals(TestFiles.certificates("for-clients"), server.session.peerCertificates());
    // Another client must not pass for the one of the ticket.
    assertFalse(connect(clientConfig(), asking(ClientCertificates.OPTIONAL)));
    assertEquals(List.of(), server.session.peerCertificates());
    assertTrue(connect(clientConfig(), asking(ClientCertificates.OPTIONAL)));
  }

  @Test
  void aClientThatIsNoLongerTrustedIsNotResumed() throws Exception {
    connect(identified(), asking(ClientCertificates.REQUIRED));
    TlsServerConfig.Builder changed =
        serverConfig()
            .clientCertificates(ClientCertificates.REQUIRED, TestFiles.certificates("stranger"));
    Alerts.assertAlert(UNKNOWN_CA, () -> connect(identified(), changed));
    assertFalse(server.events.stream().anyMatch(e -> e instanceof TlsEvent.HandshakeComplete));
  }

  // A ticket comes back in every ClientHello, so it must be short.
  @Test
  void clientsWithLongChainsGetNoTickets() throws Exception {
    List<X509Certificate> chain = new ArrayList<>(TestFiles.certificates("for-clients"));
    chain.addAll(Collections.nCopies(15, TestFiles.certificates("ca").getFirst()));
    TlsCredentials longChain =
        new TlsCredentials(chain, TestFiles.credentials("for-clients").privateKey());
    TlsServerConfig.Builder asking =
        serverConfig().clientCertificates(ClientCertificates.REQUIRED, new AnyCertificate());
    assertFalse(connect(clientConfig().credentials(longChain), asking));
    assertNull(cache.take(SERVER));
  }

  private TlsClientConfig.Builder identified() {
    return clientConfig().credentials(TestFiles.credentials("for-clients"));
  }

  private TlsServerConfig.Builder asking(ClientCertificates policy) {
    return serverConfig().clientCertificates(policy, TestFiles.certificates("ca"));
  }

  // --- What a server makes of offers ---

  private static boolean offersTicket(byte[] hello) throws TlsAlertException {
    return ClientHello.read(new HandshakeReader(hello, 4, hello.length)).preSharedKeys() != null;
  }

  /** A hello that offers {@code tickets} with good binders for the session's key. */
  private static byte[] offering(HelloBuilder hello, ResumableSession session, byte[]... tickets) {
    return offering(hello, session, new TestClock(), tickets);
  }

  /** The same at the time of {@code clock}. */
  static byte[] offering(
      HelloBuilder hello, ResumableSession session, TestClock clock, byte[]... tickets) {
    byte[] age = u32(session.obfuscatedAge(clock.millis()));
    byte[] identities = {};
    byte[] binders = {};
    byte[] none = new byte[session.suite().hashBytes()];
    for (byte[] ticket : tickets) {
      identities = join(identities, vector16(ticket), age);
      binders = join(binders, vector8(none));
    }
    byte[] bytes =
        hello
            .with(HelloBuilder.PSK_MODES, vector8(new byte[] {1}))
            .adding(HelloBuilder.PRE_SHARED_KEY, vector16(identities), vector16(binders))
            .build();
    int truncated = bytes.length - 2 - binders.length;
    byte[] hash = new Transcript().hashWith(session.suite(), bytes, truncated);
    byte[] binder = KeySchedule.binder(session.suite(), session.preSharedKey(), hash);
    for (int i = 0; i < tickets.length; i++) {
      System.arraycopy(binder, 0, bytes, truncated + 3 + i * (1 + binder.length), binder.length);
    }
    return bytes;
  }

  /** Which ticket the server takes of a hello; -1: none. */
  private int selected(byte[] hello) throws TlsAlertException {
    server = Peer.server(serverConfig().build());
    server.receive(INITIAL, hello);
    byte[] answer = server.take(INITIAL);
    Integer psk =
        ServerHello.read(
                new HandshakeReader(answer, 4, answer.length),
                new byte[0],
                java.util.EnumSet.allOf(ExtensionType.class))
            .selectedPsk();
    return psk == null ? -1 : psk;
  }

  @Test
  void theFirstTicketThatIsGoodIsTaken() throws Exception {
    ResumableSession session = session();
    byte[] bad = new byte[60];
    assertEquals(0, selected(offering(new HelloBuilder(), session, session.ticket())));
    assertEquals(2, selected(offering(new HelloBuilder(), session, bad, bad, session.ticket())));
    // Trying costs; after a few the rest is ignored.
    byte[][] tickets = new byte[TicketChoice.MAX_TRIED + 1][];
    Arrays.fill(tickets, bad);
    tickets[TicketChoice.MAX_TRIED] = session.ticket();
    assertEquals(-1, selected(offering(new HelloBuilder(), session, tickets)));
  }

  @Test
  void forgedTicketsAreIgnored() throws Exception {
    ResumableSession session = session();
    byte[] ticket = session.ticket();
    for (int i = 0; i < ticket.length; i++) {
      byte[] forged = ticket.clone();
      forged[i] ^= 1;
      assertEquals(-1, selected(offering(new HelloBuilder(), session, forged)), "byte " + i);
      byte[] cut = Arrays.copyOf(ticket, Math.max(1, i));
      assertEquals(-1, selected(offering(new HelloBuilder(), session, cut)), "cut at " + i);
    }
    TicketKeys others = new TicketKeys(LIFETIME, clock, new SeededRandom(4));
    assertFalse(connect(clientConfig(), serverConfig().ticketKeys(others)));
  }

  // Encrypted by us, but of another version of the program.
  @Test
  void ticketsOfAnotherFormatAreIgnored() throws Exception {
    ResumableSession session = session();
    for (byte[] content : new byte[][] {{}, {1}, {2, 0x13, 1}, {1, 9, 9}, new byte[200]}) {
      assertEquals(-1, selected(offering(new HelloBuilder(), session, keys.seal(content))));
    }
  }

  // RFC 8446 §4.2.11.2, §6.2
  @Test
  void aWrongBinderEndsTheHandshake() throws Exception {
    ResumableSession session = session();
    byte[] good = offering(new HelloBuilder(), session, session.ticket());
    for (int i = 0; i < 32; i++) {
      byte[] bad = good.clone();
      bad[good.length - 1 - i] ^= 1;
      Alerts.assertRefuses(Peer.server(serverConfig().build()), DECRYPT_ERROR, INITIAL, bad);
    }
    byte[] otherRandom = good.clone();
    otherRandom[6] ^= 1; // the binder covers all that is before it
    Alerts.assertRefuses(Peer.server(serverConfig().build()), DECRYPT_ERROR, INITIAL, otherRandom);
    Alerts.assertRefuses(
        Peer.server(serverConfig().build()),
        DECRYPT_ERROR,
        INITIAL,
        offeringWithBinder(session.ticket(), new byte[48]));
    assertEquals(0, selected(good));
  }

  private static byte[] offeringWithBinder(byte[] ticket, byte[] binder) {
    return new HelloBuilder()
        .with(HelloBuilder.PSK_MODES, vector8(new byte[] {1}))
        .adding(
            HelloBuilder.PRE_SHARED_KEY,
            vector16(vector16(ticket), new byte[4]),
            vector16(vector8(binder)))
        .build();
  }

  // A replay is answered, as without early data it does nothing, but it cannot be completed.
  @Test
  void aReplayedHelloLeadsNowhere() throws Exception {
    connect();
    client = Peer.client(clientConfig().build());
    byte[] hello = client.outgoing.peek().bytes();
    server = Peer.server(serverConfig().build());
    Peer.connect(client, server);
    assertTrue(server.session.resumed());
    byte[] finished =
        client.events.stream()
            .filter(e -> e instanceof TlsEvent.HandshakeBytes b && b.level() == HANDSHAKE)
            .map(e -> ((TlsEvent.HandshakeBytes) e).bytes())
            .findFirst()
            .orElseThrow();
    // Another instance, so with a key share of its own.
    Peer again = new Peer(new TlsServer(serverConfig().build(), new byte[0], new SeededRandom(77)));
    again.receive(INITIAL, hello);
    Alerts.assertRefuses(again, DECRYPT_ERROR, HANDSHAKE, finished);
  }

  // RFC 8446 §4.2.9
  @Test
  void withoutKeyExchangeNothingIsResumed() throws Exception {
    ResumableSession session = session();
    byte[] hello = offering(new HelloBuilder(), session, session.ticket());
    int modes = indexOf(hello, extension(HelloBuilder.PSK_MODES, vector8(new byte[] {1})));
    hello[modes + 5] = 0; // psk_ke
    assertEquals(-1, selected(hello));
    client = Peer.client(Configs.client().build()); // keeps no tickets, so it names no mode
    server = Peer.server(serverConfig().build());
    Peer.connect(client, server);
    assertFalse(
        server.events.stream()
            .anyMatch(e -> e instanceof TlsEvent.HandshakeBytes b && b.level() == APPLICATION));
  }

  private static int indexOf(byte[] bytes, byte[] wanted) {
    for (int i = 0; ; i++) {
      if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
  }

  // RFC 8446 §9.2: only a certificate needs signature_algorithms.
  @Test
  void aResumedSessionNeedsNoSignatureAlgorithms() throws Exception {
    ResumableSession session = session();
    HelloBuilder hello = new HelloBuilder().without(HelloBuilder.SIGNATURE_ALGORITHMS);
    assertEquals(0, selected(offering(hello, session, session.ticket())));
    hello = new HelloBuilder().without(HelloBuilder.SIGNATURE_ALGORITHMS);
    Alerts.assertRefuses(
        Peer.server(serverConfig().build()),
        MISSING_EXTENSION,
        INITIAL,
        offering(hello, session, new byte[60]));
    for (int required : new int[] {HelloBuilder.KEY_SHARE, HelloBuilder.GROUPS}) {
      hello = new HelloBuilder().without(required);
      if (required == HelloBuilder.GROUPS) {
        hello.keyShares();
      }
      Alerts.assertRefuses(
          Peer.server(serverConfig().build()),
          MISSING_EXTENSION,
          INITIAL,
          offering(hello, session, session.ticket()));
    }
  }

  @Test
  void offersAreValidated() {
    byte[] identity = join(vector16(new byte[9]), new byte[4]);
    byte[] binder = vector8(new byte[32]);
    refusesOffer(ILLEGAL_PARAMETER, vector16(identity), vector16(binder, binder));
    refusesOffer(ILLEGAL_PARAMETER, vector16(identity, identity), vector16(binder));
    refusesOffer(DECODE_ERROR, vector16(), vector16(binder));
    refusesOffer(DECODE_ERROR, vector16(identity), vector16());
    refusesOffer(DECODE_ERROR, vector16(identity), vector16(vector8(new byte[31]), new byte[9]));
    refusesOffer(DECODE_ERROR, vector16(vector16(), new byte[9]), vector16(binder));
    refusesOffer(DECODE_ERROR, vector16(identity), vector16(binder), new byte[1]);
    byte[] many = {};
    byte[] binders = {};
    for (int i = 0; i <= PskOffer.MAX_TICKETS; i++) {
      many = join(many, identity);
      binders = join(binders, binder);
    }
    refusesOffer(ILLEGAL_PARAMETER, vector16(many), vector16(binders));
  }

  private void refusesOffer(AlertDescription expected, byte[]... value) {
    byte[] hello =
        new HelloBuilder()
            .with(HelloBuilder.PSK_MODES, vector8(new byte[] {1}))
            .adding(HelloBuilder.PRE_SHARED_KEY, value)
            .build();
    Alerts.assertRefuses(Peer.server(serverConfig().build()), expected, INITIAL, hello);
  }

  // RFC 8446 §4.1.2: after a HelloRetryRequest an offer may be changed, not begun.
  @Test
  void theSecondHelloMustNotBeginToOffer() throws Exception {
    ResumableSession session = session();
    server = Peer.server(serverConfig().groups(NamedGroup.SECP256R1).build());
    server.receive(
        INITIAL, new HelloBuilder().with(HelloBuilder.PSK_MODES, vector8(new byte[] {1})).build());
    Alerts.assertRefuses(
        server,
        ILLEGAL_PARAMETER,
        INITIAL,
        offering(
            new HelloBuilder().keyShares(HelloBuilder.p256Share()), session, session.ticket()));
  }

  // --- What a client makes of answers ---

  private ScriptedServer scripted() throws TlsAlertException {
    connect();
    return new ScriptedServer(Peer.client(clientConfig().build()));
  }

  private void refusesHello(AlertDescription expected, int suite, byte[] psk)
      throws TlsAlertException {
    ScriptedServer script = scripted();
    byte[] hello =
        ScriptedServer.hello(
            0x0303,
            new byte[32],
            new byte[0],
            suite,
            0,
            ScriptedServer.version(),
            script.share(),
            extension(41, psk));
    Alerts.assertRefuses(script.client, expected, INITIAL, hello);
  }

  // RFC 8446 §4.2.11
  @Test
  void theServerMustSelectWhatWasOffered() throws Exception {
    refusesHello(ILLEGAL_PARAMETER, 0x1301, u16(1));
    refusesHello(ILLEGAL_PARAMETER, 0x1302, u16(0)); // another hash
    refusesHello(DECODE_ERROR, 0x1301, new byte[1]);
    refusesHello(DECODE_ERROR, 0x1301, new byte[3]);
    ScriptedServer script = scripted(); // without a key exchange
    Alerts.assertRefuses(
        script.client,
        MISSING_EXTENSION,
        INITIAL,
        ScriptedServer.helloWith(ScriptedServer.version(), extension(41, u16(0))));
  }

  // RFC 8446 §4.3.2, §4.4.2
  @Test
  void aResumedSessionHasNoCertificates() throws Exception {
    for (byte[] message :
        new byte[][] {
          ScriptedServer.certificate("p256"),
          ScriptedServer.certificateRequest(new byte[0], extension(13, vector16(u16(0x0403)))),
        }) {
      connect();
      ResumableSession session = cache.take(SERVER);
      cache.add(SERVER, session);
      ScriptedServer script = new ScriptedServer(Peer.client(clientConfig().build()));
      script.sendResumingHello(session.preSharedKey());
      script.send(ScriptedServer.encryptedExtensions());
      Alerts.assertRefuses(script.client, UNEXPECTED_MESSAGE, HANDSHAKE, message);
    }
  }

  // Who does not have the key cannot resume, whatever else it has.
  @Test
  void theServerMustHaveTheKey() throws Exception {
    connect();
    ResumableSession session = cache.take(SERVER);
    for (boolean honest : new boolean[] {true, false}) {
      cache.add(SERVER, session);
      ScriptedServer script = new ScriptedServer(Peer.client(clientConfig().build()));
      script.sendResumingHello(honest ? session.preSharedKey() : new byte[32]);
      script.send(ScriptedServer.encryptedExtensions());
      if (honest) {
        script.send(script.finished());
        assertTrue(script.client.session.resumed());
      } else {
        Alerts.assertRefuses(script.client, DECRYPT_ERROR, HANDSHAKE, script.finished());
      }
    }
  }

  // RFC 8446 §4.2.11.1
  @Test
  void theAgeOfATicketIsHidden() throws Exception {
    TlsSession session =
        new TlsSession(
            "h3",
            CipherSuite.TLS_AES_128_GCM_SHA256,
            NamedGroup.X25519,
            SERVER,
            List.of(),
            false,
            EarlyData.NONE);
    NewSessionTicket ticket =
        new NewSessionTicket(60, 0xffff_fffeL, new byte[1], new byte[1], false);
    ResumableSession resumable =
        new ResumableSession(
            session,
            new byte[32],
            ticket,
            1_000,
            1,
            new byte[0],
            List.of(),
            new TrustVerdict(CertificateTrust.any(), ServerName.parse(SERVER)));
    assertEquals(0xffff_fffeL, resumable.obfuscatedAge(1_000));
    assertEquals(0, resumable.obfuscatedAge(1_002));
    assertEquals(498, resumable.obfuscatedAge(1_500));
  }
}
