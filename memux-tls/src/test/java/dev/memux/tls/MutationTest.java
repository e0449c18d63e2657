package dev.memux.tls;

import static dev.memux.tls.EncryptionLevel.APPLICATION;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Spoils good messages at random: whatever comes, nothing but a {@link TlsAlertException} comes
 * out. {@code -Dmemux.tls.mutations=} sets how many whole handshakes are spoilt; messages alone are
 * spoilt five times as often, as that costs little.
 */
class MutationTest {
  private static final int MUTATIONS = Integer.getInteger("memux.tls.mutations", 20_000);
  // ML-KEM keys take longer to make than all the rest of a handshake.
  private static final TlsClientConfig CLIENT =
      Configs.client().groups(NamedGroup.X25519, NamedGroup.SECP256R1).build();
  private static final TlsServerConfig SERVER = Configs.server("ed25519").build();

  private int refused;

  /** One attempt, which may only throw alerts. */
  private interface Attempt {
    void run(byte[] mutated) throws TlsAlertException;
  }

  @Test
  void messagesAreReadOrRefused() throws Exception {
    Peer server = Peer.server(Configs.server("leaf").build());
    client().deliverTo(server);
    byte[] serverHello = server.take(INITIAL);
    List<byte[]> flight = Messages.split(server.take(HANDSHAKE));
    byte[] request =
        ScriptedServer.certificateRequest(
            new byte[0],
            Messages.extension(13, Messages.vector16(Messages.u16(0x0403, 0x0804))),
            Messages.extension(47, Messages.vector16(new byte[9])));
    EnumSet<ExtensionType> offered = EnumSet.allOf(ExtensionType.class);
    X509Certificate leaf = TestFiles.certificates("leaf").getFirst();
    byte[] hash = new byte[32];
    read(200, greasedHello(), ClientHello::read);
    read(100, serverHello, body -> ServerHello.read(body, new byte[0], offered));
    read(50, retryRequest(), body -> ServerHello.read(body, new byte[0], offered));
    read(50, flight.get(0), body -> EncryptedExtensions.read(body, offered));
    read(50, flight.get(1), CertificateMessage::readServers);
    read(
        10,
        flight.get(2),
        body -> CertificateVerify.verify(Side.SERVER, body, leaf, hash, HandshakeCrypto.JDK));
    read(40, request, CertificateRequest::read);
  }

  private interface Reading {
    void read(HandshakeReader body) throws TlsAlertException;
  }

  private void read(int percent, byte[] good, Reading reading) {
    mutate(
        percent,
        good,
        9,
        m -> {
          if (m.length >= HandshakeMessage.HEADER_BYTES) {
            reading.read(new HandshakeReader(m, HandshakeMessage.HEADER_BYTES, m.length));
          }
        });
  }

  @Test
  void serversSurviveAnyClientHello() {
    mutate(60, greasedHello(), 1, mutated -> server().receive(INITIAL, mutated));
  }

  @Test
  void bothSurviveAnyHybridShare() throws Exception {
    Peer client = Peer.client(Configs.client().groups(NamedGroup.X25519MLKEM768).build());
    byte[] hello = client.outgoing.peek().bytes();
    mutate(10, hello, 9, mutated -> server().receive(INITIAL, mutated));
    Peer server = server();
    client.deliverTo(server);
    byte[] serverHello = server.take(INITIAL);
    TlsClientConfig config = Configs.client().groups(NamedGroup.X25519MLKEM768).build();
    mutate(3, serverHello, 10, mutated -> Peer.client(config).receive(INITIAL, mutated));
  }

  @Test
  void serversSurviveAnySecondClientHello() {
    TlsServerConfig retrying = Configs.server("ed25519").groups(NamedGroup.SECP256R1).build();
    byte[] first = new HelloBuilder().build();
    byte[] second = new HelloBuilder().keyShares(HelloBuilder.p256Share()).build();
    mutate(
        8,
        second,
        2,
        mutated -> {
          Peer server = Peer.server(retrying);
          server.receive(INITIAL, first);
          server.receive(INITIAL, mutated);
        });
  }

  @Test
  void serversSurviveAnyFinished() throws Exception {
    Peer client = client();
    byte[] hello = client.outgoing.peek().bytes();
    Peer server = server();
    Peer.connect(client, server);
    byte[] finished =
        ((TlsEvent.HandshakeBytes)
                client.events.stream()
                    .filter(e -> e instanceof TlsEvent.HandshakeBytes b && b.level() == HANDSHAKE)
                    .findFirst()
                    .orElseThrow())
            .bytes();
    mutate(
        2,
        finished,
        3,
        mutated -> {
          Peer fresh = server();
          fresh.receive(INITIAL, hello);
          fresh.receive(HANDSHAKE, mutated);
        });
  }

  @Test
  void serversSurviveAnyClientCertificate() throws Exception {
    TlsServerConfig asking =
        Configs.server("ed25519")
            .clientCertificates(ClientCertificates.REQUIRED, TestFiles.certificates("ca"))
            .build();
    TlsClientConfig config =
        Configs.client()
            .groups(NamedGroup.X25519)
            .credentials(TestFiles.credentials("for-clients"))
            .build();
    Peer client = Peer.client(config);
    byte[] hello = client.outgoing.peek().bytes();
    Peer server = Peer.server(asking);
    client.deliverTo(server);
    server.deliverTo(client);
    mutate(
        3,
        client.take(HANDSHAKE),
        11,
        mutated -> {
          Peer fresh = Peer.server(asking);
          fresh.receive(INITIAL, hello);
          fresh.receive(HANDSHAKE, mutated);
        });
  }

  @Test
  void clientsSurviveAnyServerHello() throws Exception {
    mutate(10, new ScriptedServer(client()).hello(), 4, m -> client().receive(INITIAL, m));
    mutate(5, retryRequest(), 5, m -> client().receive(INITIAL, m));
  }

  @Test
  void clientsSurviveAnyServerFlight() throws Exception {
    for (String certificate : List.of("ed25519", "rsa", "leaf")) {
      Peer server = Peer.server(Configs.server(certificate).build());
      client().deliverTo(server);
      byte[] hello = server.take(INITIAL);
      byte[] flight = server.take(HANDSHAKE);
      mutate(
          4,
          flight,
          6,
          mutated -> {
            Peer client = client(); // with the same keys each time, so that the flight fits
            client.receive(INITIAL, hello);
            client.receive(HANDSHAKE, mutated);
          });
    }
  }

  @Test
  void clientsSurviveAnythingAfterTheHandshake() throws Exception {
    byte[] ticket =
        Messages.message(
            4,
            Messages.join(
                new byte[8],
                Messages.vector8(new byte[2]),
                Messages.vector16(new byte[30]),
                Messages.vector16(Messages.extension(42, new byte[] {-1, -1, -1, -1}))));
    Peer[] client = {connected()};
    mutate(
        3,
        ticket,
        7,
        mutated -> {
          try {
            client[0].receive(APPLICATION, mutated);
            client[0].receive(APPLICATION, mutated);
          } catch (TlsAlertException e) {
            client[0] = connected();
            throw e;
          }
        });
  }

  @Test
  void noiseIsSurvivedAtEveryLevel() {
    List<EncryptionLevel> levels = List.of(EncryptionLevel.values());
    Random random = new Random(8);
    for (int i = 0; i < MUTATIONS / 50; i++) {
      byte[] noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      if (noise.length > 4 && random.nextBoolean()) { // with a header that fits
        noise[0] = (byte) (random.nextBoolean() ? 1 : 2);
        fixLength(noise);
      }
      EncryptionLevel level = levels.get(random.nextInt(levels.size()));
      attempt(8, i, noise, m -> server().receive(level, m));
      attempt(8, i, noise, m -> client().receive(level, m));
    }
  }

  @Test
  void serversSurviveAnyOfferOfATicket() throws Exception {
    TicketKeys keys =
        new TicketKeys(
            java.time.Duration.ofDays(1), new TestClock(), new java.security.SecureRandom());
    TlsServerConfig resuming = Configs.server("ed25519").ticketKeys(keys).build();
    TlsClientConfig config = resuming(SessionCache.inMemory(1));
    Peer.connect(Peer.client(config), Peer.server(resuming));
    byte[] hello = Peer.client(config).take(INITIAL);
    mutate(20, hello, 12, mutated -> Peer.server(resuming).receive(INITIAL, mutated));
  }

  private static TlsClientConfig resuming(SessionCache cache) {
    return Configs.client().groups(NamedGroup.X25519).sessionCache(cache, new TestClock()).build();
  }

  private static byte[] greasedHello() {
    return new HelloBuilder()
        .with(HelloBuilder.PSK_MODES, Messages.vector8(new byte[] {1}))
        .certificateSchemes(0x0403, 0x0401)
        .with(0x3a3a, new byte[1])
        .adding(
            41,
            Messages.vector16(Messages.vector16(new byte[30]), new byte[4]),
            Messages.vector16(Messages.vector8(new byte[32])))
        .build();
  }

  private static byte[] retryRequest() {
    return ScriptedServer.retry(
        ScriptedServer.version(),
        Messages.extension(51, Messages.u16(0x0017)),
        Messages.extension(44, Messages.vector16(new byte[20])));
  }

  private static Peer client() {
    return Peer.client(CLIENT);
  }

  private static Peer server() {
    return Peer.server(SERVER);
  }

  private static Peer connected() throws TlsAlertException {
    try {
      Peer client = Peer.client(resuming(SessionCache.inMemory(1)));
      return new ScriptedServer(client).complete().client;
    } catch (TlsAlertException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void mutate(int percent, byte[] good, int seed, Attempt attempt) {
    int count = MUTATIONS / 100 * percent;
    for (int i = 0; i < count; i++) {
      Random random = new Random((long) seed << 32 | i);
      attempt(seed, i, mutated(good, random), attempt);
    }
    // Otherwise nothing was really spoilt.
    assertTrue(refused >= count / 4, refused + " of " + count + " were refused");
    refused = 0;
  }

  private void attempt(int seed, int number, byte[] mutated, Attempt attempt) {
    try {
      attempt.run(mutated);
    } catch (TlsAlertException e) {
      refused++;
    } catch (RuntimeException | Error e) {
      throw new AssertionError("seed " + seed + ", number " + number, e);
    }
  }

  private static byte[] mutated(byte[] good, Random random) {
    byte[] bytes = good.clone();
    for (int changes = 1 + random.nextInt(3); changes > 0 && bytes.length > 1; changes--) {
      int at = random.nextInt(bytes.length);
      int length = 1 + random.nextInt(Math.min(16, bytes.length - at));
      switch (random.nextInt(7)) {
        case 0, 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] = (byte) random.nextInt();
        case 3 -> bytes = Arrays.copyOf(bytes, at);
        case 4 -> bytes = splice(bytes, at, at + length, new byte[0]);
        case 5 -> {
          byte[] inserted = new byte[length];
          random.nextBytes(inserted);
          bytes = splice(bytes, at, at, inserted);
        }
        default -> bytes = splice(bytes, at, at, Arrays.copyOfRange(bytes, at, at + length));
      }
    }
    if (random.nextInt(4) != 0) {
      fixLength(bytes); // or most would only be awaited further
    }
    return bytes;
  }

  private static byte[] splice(byte[] bytes, int from, int to, byte[] instead) {
    return Messages.join(
        Arrays.copyOf(bytes, from), instead, Arrays.copyOfRange(bytes, to, bytes.length));
  }

  /** Makes a lone message's header, or the last one's of a flight, say its true length. */
  private static void fixLength(byte[] bytes) {
    List<Integer> starts = new ArrayList<>();
    for (int at = 0; at + 4 <= bytes.length; ) {
      starts.add(at);
      at +=
          4 + ((bytes[at + 1] & 0xff) << 16 | (bytes[at + 2] & 0xff) << 8 | (bytes[at + 3] & 0xff));
    }
    if (!starts.isEmpty()) {
      int at = starts.getLast();
      int body = bytes.length - at - 4;
      bytes[at + 1] = (byte) (body >> 16);
      bytes[at + 2] = (byte) (body >> 8);
      bytes[at + 3] = (byte) body;
    }
  }
}
