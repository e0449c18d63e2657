package dev.memux.netty.crypto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.tls.AlertDescription;
import dev.memux.tls.EncryptionLevel;
import dev.memux.tls.HandshakeCrypto;
import dev.memux.tls.NamedGroup;
import dev.memux.tls.QuicTerms;
import dev.memux.tls.TlsAlertException;
import dev.memux.tls.TlsClient;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsEvent;
import dev.memux.tls.TlsHandshake;
import dev.memux.tls.TlsServer;
import dev.memux.tls.TlsServerConfig;
import dev.memux.tls.TlsSession;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Handshakes by libcrypto at either end: what peers get wrong ends in the alerts of the JDK's. */
class LibcryptoTlsTest {
  private static final String NAME = "server.test";
  private static final byte[] NOTHING = {};

  /** Before the 32 bytes of a share of X25519: extension, lengths and group. */
  private static final byte[] X25519_SHARE = HexFormat.of().parseHex("001d0020");

  private static final byte[] P256_SHARE = HexFormat.of().parseHex("00170041");

  /** CertificateVerify with ecdsa_secp256r1_sha256; its length differs. */
  private static final byte[] SCHEME = HexFormat.of().parseHex("0403");

  private static HandshakeCrypto libcrypto;
  private static X509Bundle authority;
  private static X509Bundle certificate;

  @BeforeAll
  static void load() throws Exception {
    libcrypto = Libcrypto.load("").handshakes();
    authority = certificate("CN=root").setIsCertificateAuthority(true).buildSelfSigned();
    certificate = certificate("CN=" + NAME).addSanDnsName(NAME).buildIssuedBy(authority);
  }

  private static CertificateBuilder certificate(String subject) {
    return new CertificateBuilder().subject(subject).ecp256();
  }

  private static TlsClient client(HandshakeCrypto crypto, NamedGroup group) {
    TlsClientConfig config =
        TlsClientConfig.builder()
            .applicationProtocols("test")
            .trustedCertificates(List.of(authority.getCertificate()))
            .groups(group)
            .build();
    TlsClient client = new TlsClient(config, NAME, NOTHING, crypto, new SecureRandom());
    client.start();
    return client;
  }

  private static TlsServer server(HandshakeCrypto crypto) {
    TlsCredentials credentials =
        new TlsCredentials(
            List.of(certificate.getCertificate()), certificate.getKeyPair().getPrivate());
    TlsServerConfig config =
        TlsServerConfig.builder().applicationProtocols("test").credentials(credentials).build();
    return new TlsServer(config, QuicTerms.fixed(NOTHING, NOTHING), crypto, new SecureRandom());
  }

  /** Somebody on the way, who may change bytes. */
  private interface Path {
    byte[] carry(EncryptionLevel level, byte[] bytes);
  }

  private static TlsSession pass(TlsHandshake from, TlsHandshake to, Path path)
      throws TlsAlertException {
    TlsSession session = null;
    for (TlsEvent event; (event = from.pollEvent()) != null; ) {
      switch (event) {
        case TlsEvent.HandshakeBytes out -> {
          byte[] bytes = path.carry(out.level(), out.bytes());
          to.receive(out.level(), bytes, 0, bytes.length);
        }
        case TlsEvent.HandshakeComplete done -> session = done.session();
        case TlsEvent.ReadSecret secret -> {}
        case TlsEvent.WriteSecret secret -> {}
        case TlsEvent.PeerTransportParameters parameters -> {}
        case TlsEvent.EarlyDataOffered offered -> {}
        case TlsEvent.EarlyDataAnswered answered -> {}
      }
    }
    return session;
  }

  @ParameterizedTest
  @EnumSource
  void understandsTheJdk(NamedGroup group) throws Exception {
    for (var ends :
        List.of(
            List.of(libcrypto, HandshakeCrypto.JDK),
            List.of(HandshakeCrypto.JDK, libcrypto),
            List.of(libcrypto, libcrypto))) {
      TlsClient client = client(ends.getFirst(), group);
      TlsServer server = server(ends.getLast());
      pass(client, server, (level, bytes) -> bytes);
      pass(server, client, (level, bytes) -> bytes);
      TlsSession session = pass(client, server, (level, bytes) -> bytes);
      assertNotNull(session);
      assertEquals(group, session.group());
      assertNotNull(pass(server, client, (level, bytes) -> bytes));
    }
  }

  private interface Change {
    void apply(byte[] bytes, int at);
  }

  /** Changes what follows {@code pattern}, where it is. */
  private static Path changing(EncryptionLevel where, byte[] pattern, Change change) {
    return (level, bytes) -> {
      byte[] changed = bytes.clone();
      int at = level == where ? indexOf(changed, pattern) : -1;
      if (at >= 0) {
        change.apply(changed, at + pattern.length);
      }
      return changed;
    };
  }

  private static int indexOf(byte[] bytes, byte[] pattern) {
    for (int i = 0; i <= bytes.length - pattern.length; i++) {
      if (Arrays.equals(bytes, i, i + pattern.length, pattern, 0, pattern.length)) {
        return i;
      }
    }
    return -1;
  }

  private static void assertRefuses(
      AlertDescription alert, TlsHandshake from, TlsHandshake to, Path path) {
    TlsAlertException refusal = assertThrows(TlsAlertException.class, () -> pass(from, to, path));
    assertEquals(alert, refusal.alert(), refusal.getMessage());
  }

  // RFC 8446 §7.4.2: X25519's result must be checked to be not all zeros.
  @Test
  void refusesSharesOfLowOrder() throws Exception {
    Path zeroing =
        changing(
            EncryptionLevel.INITIAL,
            X25519_SHARE,
            (bytes, at) -> Arrays.fill(bytes, at, at + 32, (byte) 0));
    TlsClient client = client(libcrypto, NamedGroup.X25519);
    TlsServer server = server(libcrypto);
    assertRefuses(AlertDescription.ILLEGAL_PARAMETER, client, server, zeroing);

    TlsClient other = client(libcrypto, NamedGroup.X25519);
    TlsServer honest = server(libcrypto);
    pass(other, honest, (level, bytes) -> bytes);
    assertRefuses(AlertDescription.ILLEGAL_PARAMETER, honest, other, zeroing);
  }

  // RFC 8446 §4.2.8.2: peers must check that a point is on the curve.
  @Test
  void refusesSharesOffTheCurve() throws Exception {
    Path bending =
        changing(EncryptionLevel.INITIAL, P256_SHARE, (bytes, at) -> bytes[at + 40] ^= 1);
    TlsClient client = client(libcrypto, NamedGroup.SECP256R1);
    TlsServer server = server(libcrypto);
    assertRefuses(AlertDescription.ILLEGAL_PARAMETER, client, server, bending);

    TlsClient other = client(libcrypto, NamedGroup.SECP256R1);
    TlsServer honest = server(libcrypto);
    pass(other, honest, (level, bytes) -> bytes);
    assertRefuses(AlertDescription.ILLEGAL_PARAMETER, honest, other, bending);
  }

  // RFC 8446 §4.4.3
  @Test
  void refusesAWrongAndAMalformedSignature() throws Exception {
    for (int bit : new int[] {0, 1, 3, 20, 60}) {
      TlsClient client = client(libcrypto, NamedGroup.X25519);
      TlsServer server = server(libcrypto);
      pass(client, server, (level, bytes) -> bytes);
      boolean[] changed = {false};
      Path forging =
          (level, bytes) -> {
            byte[] copy = bytes.clone();
            if (level == EncryptionLevel.HANDSHAKE) {
              // CertificateVerify: 15, length, scheme, length, signature
              for (int i = 0; i + 8 + bit < copy.length; i++) {
                if (copy[i] == 15
                    && copy[i + 1] == 0
                    && copy[i + 2] == 0
                    && copy[i + 4] == SCHEME[0]
                    && copy[i + 5] == SCHEME[1]
                    && copy[i + 6] == 0
                    && copy[i + 7] == copy[i + 3] - 4) {
                  copy[i + 8 + bit] ^= 1;
                  changed[0] = true;
                  break;
                }
              }
            }
            return copy;
          };
      assertRefuses(AlertDescription.DECRYPT_ERROR, server, client, forging);
      assertTrue(changed[0]);
    }
  }

  /** What a handshake has taken of native memory goes with its end, and not with the collector. */
  @Test
  void letsItsKeysGoAtTheEnd() throws Exception {
    TlsServer kept = server(libcrypto); // so that its signing key stays
    TlsClient first = client(libcrypto, NamedGroup.X25519);
    pass(first, kept, (level, bytes) -> bytes);
    pass(kept, first, (level, bytes) -> bytes);
    for (NamedGroup group : NamedGroup.values()) {
      long before = CipherLibrary.openKeys();
      TlsClient client = client(libcrypto, group);
      TlsServer server = server(HandshakeCrypto.JDK);
      pass(client, server, (level, bytes) -> bytes);
      pass(server, client, (level, bytes) -> bytes);
      assertTrue(CipherLibrary.openKeys() <= before, group.toString());
    }
    long before = CipherLibrary.openKeys();
    TlsClient failing = client(libcrypto, NamedGroup.X25519);
    byte[] alien = new byte[10];
    assertThrows(
        TlsAlertException.class,
        () -> failing.receive(EncryptionLevel.INITIAL, alien, 0, alien.length));
    assertTrue(CipherLibrary.openKeys() <= before);
    assertNotNull(kept);
  }
}
