package dev.memux.tls;

import static dev.memux.tls.AlertDescription.DECODE_ERROR;
import static dev.memux.tls.AlertDescription.HANDSHAKE_FAILURE;
import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;
import static dev.memux.tls.AlertDescription.MISSING_EXTENSION;
import static dev.memux.tls.AlertDescription.NO_APPLICATION_PROTOCOL;
import static dev.memux.tls.AlertDescription.PROTOCOL_VERSION;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static dev.memux.tls.HelloBuilder.name;
import static dev.memux.tls.HelloBuilder.p256Share;
import static dev.memux.tls.HelloBuilder.serverNames;
import static dev.memux.tls.HelloBuilder.share;
import static dev.memux.tls.HelloBuilder.x25519Share;
import static dev.memux.tls.Messages.join;
import static dev.memux.tls.Messages.u16;
import static dev.memux.tls.Messages.vector16;
import static dev.memux.tls.Messages.vector8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a server makes of a ClientHello. */
class ClientHelloRulesTest {
  private static final TlsServerConfig CONFIG = Configs.server("p256").build();
  private static final int GREASE = 0x3a3a;

  private HelloBuilder hello;

  @BeforeEach
  void begin() {
    hello = new HelloBuilder();
  }

  private void accepts(TlsServerConfig config) throws Exception {
    Peer server = Peer.server(config);
    server.receive(INITIAL, hello.build());
    assertEquals(2, server.outgoing.size()); // the ServerHello and the rest
    hello = new HelloBuilder();
  }

  private void accepts() throws Exception {
    accepts(CONFIG);
  }

  private void refuses(AlertDescription expected) {
    Alerts.assertRefuses(Peer.server(CONFIG), expected, INITIAL, hello.build());
    hello = new HelloBuilder();
  }

  @Test
  void aPlainHelloIsAccepted() throws Exception {
    accepts();
  }

  // RFC 8701 §3.1, RFC 8446 §4.1.2: what is unknown is ignored, wherever it stands.
  @Test
  void greaseIsIgnoredEverywhere() throws Exception {
    hello
        .suites(GREASE, 0x1301, 0x00ff, 0xc02f)
        .groups(GREASE, 0x001d, 0x4588)
        .keyShares(share(GREASE, new byte[1]), x25519Share())
        .signatureSchemes(GREASE, 0x0403)
        .certificateSchemes(GREASE, 0x0403)
        .applicationProtocols(":\u00ea", "h3")
        .with(HelloBuilder.VERSIONS, vector8(u16(GREASE, 0x0304, 0x0303)))
        .with(HelloBuilder.PSK_MODES, vector8(new byte[] {0x0b, 1}))
        .adding(GREASE)
        .adding(0xdada, new byte[] {0});
    accepts();
  }

  @Test
  void anUnknownShareBeforeAKnownOneIsPassedOver() throws Exception {
    hello.groups(0x11eb, 0x001d).keyShares(share(0x11eb, new byte[1249]), x25519Share());
    accepts();
  }

  // Browsers offer X25519MLKEM768 first; a server that prefers it judges only that share.
  @Test
  void aHybridShareMustBeGoodIfItIsTaken() throws Exception {
    hello.groups(0x11ec, 0x001d).keyShares(share(0x11ec, new byte[1215]), x25519Share());
    refuses(ILLEGAL_PARAMETER);
    hello.groups(0x11ec, 0x001d).keyShares(share(0x11ec, new byte[1216]), x25519Share());
    refuses(ILLEGAL_PARAMETER); // its X25519 point is of low order
    hello.groups(0x11ec, 0x001d).keyShares(share(0x11ec, new byte[1216]), x25519Share());
    accepts(Configs.server("p256").groups(NamedGroup.X25519).build());
  }

  // RFC 8446 §4.2.11: without resumption here the full handshake goes on.
  @Test
  void offersOfResumptionAreIgnored() throws Exception {
    byte[] identity = vector16(join(vector16(new byte[20]), new byte[4]));
    byte[] binders = vector16(vector8(new byte[32]));
    hello
        .with(HelloBuilder.PSK_MODES, vector8(new byte[] {1}))
        .with(42) // early_data
        .adding(HelloBuilder.PRE_SHARED_KEY, identity, binders);
    accepts();

    hello
        .with(HelloBuilder.PSK_MODES, vector8(new byte[] {1}))
        .adding(HelloBuilder.PRE_SHARED_KEY, identity, binders)
        .adding(GREASE);
    refuses(ILLEGAL_PARAMETER); // not the last extension

    hello.with(42, new byte[1]); // RFC 8446 §4.2.10: early_data is empty in a ClientHello
    refuses(DECODE_ERROR);

    hello.adding(HelloBuilder.PRE_SHARED_KEY, identity, binders); // RFC 8446 §4.2.9
    refuses(MISSING_EXTENSION);
  }

  // RFC 8446 §4.2.1
  @Test
  void onlySupportedVersionsCount() throws Exception {
    hello.legacyVersion(0x0301);
    accepts();
    hello.without(HelloBuilder.VERSIONS);
    refuses(PROTOCOL_VERSION);
    hello.with(HelloBuilder.VERSIONS, vector8(u16(0x0303, 0x0302)));
    refuses(PROTOCOL_VERSION);
    hello.with(HelloBuilder.VERSIONS, vector8());
    refuses(DECODE_ERROR);
    hello.with(HelloBuilder.VERSIONS, vector8(u16(0x0304), new byte[1]));
    refuses(DECODE_ERROR);
  }

  // RFC 8446 §4.1.2
  @Test
  void compressionMustBeNull() {
    hello.compression((byte) 1);
    refuses(ILLEGAL_PARAMETER);
    hello.compression((byte) 0, (byte) 1);
    refuses(ILLEGAL_PARAMETER);
    hello.compression();
    refuses(DECODE_ERROR);
  }

  // RFC 9001 §8.4
  @Test
  void middleboxCompatibilityModeIsRefused() {
    Alerts.assertViolatesQuic(
        Peer.server(CONFIG), "", INITIAL, hello.sessionId(new byte[32]).build());
    hello.sessionId(new byte[33]); // RFC 8446 §4.1.2
    refuses(DECODE_ERROR);
  }

  // RFC 8446 §4.1.3: outside QUIC the ID comes back.
  @Test
  void outsideQuicTheSessionIdIsEchoed() throws Exception {
    byte[] id = {1, 2, 3, 4};
    Peer server =
        new Peer(
            new TlsServer(
                CONFIG,
                QuicTerms.fixed(new byte[0], new byte[0]),
                HandshakeCrypto.JDK,
                new SeededRandom(1),
                false));
    server.receive(INITIAL, hello.sessionId(id).without(57).build());
    byte[] serverHello = server.take(INITIAL);
    assertEquals(id.length, serverHello[38]);
    assertArrayEquals(id, java.util.Arrays.copyOfRange(serverHello, 39, 43));
  }

  // RFC 8446 §4.2
  @Test
  void anExtensionMustNotOccurTwice() {
    hello.adding(HelloBuilder.ALPN, vector16(vector8(new byte[] {'h', '3'})));
    refuses(ILLEGAL_PARAMETER);
    hello.adding(GREASE).adding(GREASE);
    refuses(ILLEGAL_PARAMETER);
  }

  @Test
  void extensionsOfOtherMessagesAreRefused() {
    hello.adding(48, vector16()); // oid_filters
    refuses(ILLEGAL_PARAMETER);
    hello.adding(44, vector16(new byte[] {1})); // a cookie that nobody gave
    refuses(ILLEGAL_PARAMETER);
  }

  @Test
  void theNumberOfExtensionsIsBounded() throws Exception {
    int fixed = hello.extensions.size();
    for (int i = fixed; i < Extensions.MAX_COUNT; i++) {
      hello.adding(0x4000 + i);
    }
    accepts();
    for (int i = fixed; i <= Extensions.MAX_COUNT; i++) {
      hello.adding(0x4000 + i);
    }
    refuses(ILLEGAL_PARAMETER);
  }

  // RFC 8446 §9.2, RFC 9001 §8.2
  @Test
  void mandatoryExtensionsMustBeThere() {
    for (int extension :
        new int[] {
          HelloBuilder.GROUPS,
          HelloBuilder.SIGNATURE_ALGORITHMS,
          HelloBuilder.KEY_SHARE,
          HelloBuilder.TRANSPORT_PARAMETERS
        }) {
      hello.without(extension);
      if (extension == HelloBuilder.GROUPS) {
        hello.keyShares(); // shares need their groups listed
      }
      refuses(MISSING_EXTENSION);
    }
  }

  // RFC 9001 §8.1, RFC 7301 §3.2
  @Test
  void anApplicationProtocolMustBeCommon() {
    hello.without(HelloBuilder.ALPN);
    refuses(NO_APPLICATION_PROTOCOL);
    hello.applicationProtocols("h2", "http/1.1");
    refuses(NO_APPLICATION_PROTOCOL);
    hello.with(HelloBuilder.ALPN, vector16());
    refuses(DECODE_ERROR);
    hello.with(HelloBuilder.ALPN, vector16(vector8(), vector8(new byte[] {'h', '3'})));
    refuses(DECODE_ERROR);
  }

  @Test
  void suiteGroupAndSignatureMustBeCommon() {
    hello.suites(0x1304, 0xc02f);
    refuses(HANDSHAKE_FAILURE);
    hello.groups(0x11eb, 0x0018).keyShares(share(0x11eb, new byte[1249]));
    refuses(HANDSHAKE_FAILURE);
    hello.signatureSchemes(0x0804, 0x0807);
    refuses(HANDSHAKE_FAILURE);
    hello.signatureSchemes(0x0401, 0x0203); // PKCS #1 and SHA-1 do not sign handshakes
    refuses(HANDSHAKE_FAILURE);
  }

  // RFC 8446 §4.2.8
  @Test
  void keySharesMustKeepToTheSupportedGroups() {
    hello.keyShares(x25519Share(), x25519Share());
    refuses(ILLEGAL_PARAMETER);
    hello.groups(0x0017).keyShares(x25519Share());
    refuses(ILLEGAL_PARAMETER);
    hello.keyShares(share(0x001d, new byte[0]));
    refuses(DECODE_ERROR);
  }

  @Test
  void theNumberOfKeySharesIsBounded() throws Exception {
    for (int count : new int[] {ClientHello.MAX_KEY_SHARES, ClientHello.MAX_KEY_SHARES + 1}) {
      int[] groups = new int[count];
      byte[][] shares = new byte[count][];
      for (int i = 0; i < count; i++) {
        groups[i] = i == 0 ? 0x001d : 0x4000 + i;
        shares[i] = i == 0 ? x25519Share() : share(groups[i], new byte[1]);
      }
      hello.groups(groups).keyShares(shares);
      if (count <= ClientHello.MAX_KEY_SHARES) {
        accepts();
      } else {
        refuses(ILLEGAL_PARAMETER);
      }
    }
  }

  // RFC 8446 §4.2.8.2, §7.4.2
  @Test
  void keySharesMustBePointsOfTheirGroup() {
    hello.keyShares(share(0x001d, new byte[31]));
    refuses(ILLEGAL_PARAMETER);
    hello.keyShares(share(0x001d, new byte[32])); // of low order
    refuses(ILLEGAL_PARAMETER);
    byte[] point = new byte[65];
    point[0] = 4;
    hello.keyShares(share(0x0017, point));
    refuses(ILLEGAL_PARAMETER);
  }

  // RFC 6066 §3
  @Test
  void serverNameIsReadAndExposed() throws Exception {
    assertEquals("a.example", serverNameOf(serverNames(name(0, "a.example"))));
    assertEquals("a_b.example", serverNameOf(serverNames(name(0, "a_b.example"))));
    assertEquals("b", serverNameOf(serverNames(name(7, "\0?"), name(0, "b"))));
    assertEquals(null, serverNameOf(serverNames(name(7, "unknown"))));
    assertEquals(null, serverNameOf(serverNames(name(0, "10.1.2.3"))));
    assertEquals(null, serverNameOf(serverNames(name(0, "fe80::1"))));

    for (String bad :
        new String[] {"a b", "a.", ".a", "a..b", "a\0b", "\u00fc", "a/b", "x".repeat(64)}) {
      hello.with(HelloBuilder.SERVER_NAME, serverNames(name(0, bad)));
      refuses(ILLEGAL_PARAMETER);
    }
    hello.with(HelloBuilder.SERVER_NAME, serverNames(name(0, "a"), name(0, "b")));
    refuses(ILLEGAL_PARAMETER);
    hello.with(HelloBuilder.SERVER_NAME, serverNames());
    refuses(DECODE_ERROR);
    hello.with(HelloBuilder.SERVER_NAME, serverNames(name(0, "")));
    refuses(DECODE_ERROR);
  }

  private static String serverNameOf(byte[] extension) throws TlsAlertException {
    byte[] bytes = new HelloBuilder().with(HelloBuilder.SERVER_NAME, extension).build();
    return ClientHello.read(new HandshakeReader(bytes, HandshakeMessage.HEADER_BYTES, bytes.length))
        .serverName();
  }

  @Test
  void nothingMayFollowTheLastFieldOfAnything() {
    hello.tail((byte) 0);
    refuses(DECODE_ERROR);
    for (int extension :
        new int[] {
          HelloBuilder.SERVER_NAME,
          HelloBuilder.GROUPS,
          HelloBuilder.SIGNATURE_ALGORITHMS,
          HelloBuilder.ALPN,
          HelloBuilder.VERSIONS,
          HelloBuilder.KEY_SHARE
        }) {
      hello.with(extension, hello.extensions.get(extension), new byte[1]);
      refuses(DECODE_ERROR);
    }
  }

  @Test
  void aHelloCutOffAtAnyByteIsADecodeErrorOrLacksSomething() {
    byte[] whole = hello.build();
    byte[] body = java.util.Arrays.copyOfRange(whole, 4, whole.length);
    for (int length = 0; length < body.length; length++) {
      byte[] cut = Messages.message(1, java.util.Arrays.copyOf(body, length));
      // Up to the compression methods it could be a hello of TLS 1.2 without extensions.
      boolean noExtensions = length == 2 + 32 + 1 + 2 + 6 + 2;
      Alerts.assertRefuses(
          Peer.server(CONFIG),
          noExtensions ? PROTOCOL_VERSION : DECODE_ERROR,
          "cut at " + length,
          INITIAL,
          cut);
    }
  }

  // RFC 8446 §4.1.2, §4.1.4: after a HelloRetryRequest nothing changes but the share.
  @Test
  void theSecondHelloMustBeTheFirstWithTheShareAskedFor() throws Exception {
    refusesSecond(h -> {}); // still the other share
    refusesSecond(h -> h.keyShares(p256Share(), x25519Share()));
    refusesSecond(h -> h.keyShares());
    refusesSecond(h -> h.keyShares(p256Share()).random[0]++);
    refusesSecond(h -> h.keyShares(p256Share()).suites(0x1301));
    refusesSecond(h -> h.keyShares(p256Share()).groups(0x0017));
    refusesSecond(h -> h.keyShares(p256Share()).signatureSchemes(0x0403));
    refusesSecond(h -> h.keyShares(p256Share()).certificateSchemes(0x0403));
    refusesSecond(h -> h.keyShares(p256Share()).applicationProtocols("h3", "x"));
    refusesSecond(h -> h.keyShares(p256Share()).with(57, new byte[1]));
    refusesSecond(h -> h.keyShares(p256Share()).without(HelloBuilder.SERVER_NAME));
    refusesSecond(h -> h.keyShares(p256Share()).adding(42)); // early_data

    Peer server = retrying();
    server.receive(INITIAL, new HelloBuilder().keyShares(p256Share()).adding(GREASE).build());
    server.take(INITIAL);
    server.take(HANDSHAKE);
  }

  private static Peer retrying() throws TlsAlertException {
    Peer server = Peer.server(Configs.server("p256").groups(NamedGroup.SECP256R1).build());
    server.receive(INITIAL, new HelloBuilder().build());
    server.take(INITIAL);
    return server;
  }

  private static void refusesSecond(Consumer<HelloBuilder> change) throws TlsAlertException {
    HelloBuilder second = new HelloBuilder();
    change.accept(second);
    Alerts.assertRefuses(retrying(), ILLEGAL_PARAMETER, INITIAL, second.build());
  }

  @Test
  void aChangedSuiteChoiceIsRefusedEvenIfTheOfferAllowsIt() throws Exception {
    Peer server = retrying();
    Alerts.assertRefuses(
        server,
        ILLEGAL_PARAMETER,
        INITIAL,
        new HelloBuilder().suites(0x1303, 0x1302).keyShares(p256Share()).build());
  }
}
