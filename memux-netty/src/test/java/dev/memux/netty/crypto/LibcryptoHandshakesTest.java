package dev.memux.netty.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.tls.HandshakeCrypto;
import dev.memux.tls.HandshakeCrypto.AgreementKey;
import dev.memux.tls.HandshakeCrypto.Curve;
import dev.memux.tls.SignatureScheme;
import java.math.BigInteger;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Libcrypto and the JDK have to understand each other, and to refuse the same. */
class LibcryptoHandshakesTest {
  private static final HandshakeCrypto JDK = HandshakeCrypto.JDK;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final byte[] CONTENT = {1, 2, 3};

  private static HandshakeCrypto ours;

  @BeforeAll
  static void load() {
    ours = Libcrypto.load("").handshakes();
  }

  private static KeyPair pair(String curve) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(curve));
    return generator.generateKeyPair();
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }

  // Often enough that some coordinate begins with a zero byte.
  @Test
  void agreesWithTheJdk() throws Exception {
    for (Curve curve : Curve.values()) {
      Set<String> shares = new HashSet<>();
      for (int i = 0; i < 300; i++) {
        try (AgreementKey one = ours.generate(curve, RANDOM);
            AgreementKey other = (i % 2 == 0 ? JDK : ours).generate(curve, RANDOM)) {
          assertEquals(curve.shareBytes(), one.share().length);
          byte[] secret = one.agree(other.share());
          assertEquals(32, secret.length);
          assertArrayEquals(secret, other.agree(one.share()));
          shares.add(HexFormat.of().formatHex(one.share()));
        }
      }
      assertEquals(300, shares.size());
    }
  }

  // RFC 7748 §6.1: whoever sends such a point would know the secret.
  @Test
  void refusesPointsOfLowOrder() {
    for (String point :
        List.of(
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")) {
      try (AgreementKey key = ours.generate(Curve.X25519, RANDOM)) {
        assertThrows(InvalidKeyException.class, () -> key.agree(hex(point)), point);
      }
    }
  }

  // RFC 7748 §5: the unused bit of a u coordinate is ignored.
  @Test
  void ignoresTheUnusedBit() throws Exception {
    try (AgreementKey key = ours.generate(Curve.X25519, RANDOM);
        AgreementKey peer = JDK.generate(Curve.X25519, RANDOM)) {
      byte[] share = peer.share();
      byte[] secret = key.agree(share);
      share[31] |= (byte) 0x80;
      assertArrayEquals(secret, key.agree(share));
    }
  }

  // RFC 8446 §4.2.8.2: a point off the curve is how private keys are guessed bit by bit.
  @Test
  void refusesPointsOffTheCurve() throws Exception {
    try (AgreementKey key = ours.generate(Curve.P256, RANDOM);
        AgreementKey peer = JDK.generate(Curve.P256, RANDOM)) {
      for (int i = 1; i < 65; i++) {
        byte[] share = peer.share();
        share[i] ^= 1;
        assertThrows(InvalidKeyException.class, () -> key.agree(share));
      }
      byte[] beyondTheField = new byte[65];
      Arrays.fill(beyondTheField, (byte) 0xff);
      beyondTheField[0] = 4;
      assertThrows(InvalidKeyException.class, () -> key.agree(beyondTheField));
      byte[] origin = new byte[65];
      origin[0] = 4;
      assertThrows(InvalidKeyException.class, () -> key.agree(origin));
    }
  }

  @Test
  void refusesToBeUsedAfterItsEnd() {
    for (Curve curve : Curve.values()) {
      AgreementKey key = ours.generate(curve, RANDOM);
      byte[] share = key.share();
      key.close();
      key.close();
      assertThrows(IllegalStateException.class, () -> key.agree(share));
    }
  }

  @Test
  void signsAndVerifiesAsTheJdkDoes() throws Exception {
    for (var one :
        List.of(
            new Signing("secp256r1", SignatureScheme.ECDSA_SECP256R1_SHA256),
            new Signing("secp384r1", SignatureScheme.ECDSA_SECP384R1_SHA384))) {
      SignatureScheme scheme = one.scheme;
      for (int i = 0; i < 100; i++) {
        KeyPair pair = pair(one.curve);
        byte[] signature = ours.signingKey(scheme, pair.getPrivate()).sign(CONTENT, RANDOM);
        byte[] jdks = JDK.signingKey(scheme, pair.getPrivate()).sign(CONTENT, RANDOM);
        assertTrue(JDK.verify(scheme, pair.getPublic(), CONTENT, signature));
        assertTrue(ours.verify(scheme, pair.getPublic(), CONTENT, signature));
        assertTrue(ours.verify(scheme, pair.getPublic(), CONTENT, jdks));
        assertFalse(ours.verify(scheme, pair.getPublic(), new byte[] {1, 2, 4}, jdks));
        assertFalse(ours.verify(scheme, pair(one.curve).getPublic(), CONTENT, jdks));
      }
    }
  }

  private record Signing(String curve, SignatureScheme scheme) {}

  // RFC 6979 §A.2.5: the key and, by the fixed k there, the signature of "sample" with SHA-256.
  @Test
  void verifiesAPublishedSignature() throws Exception {
    ECPublicKey like = (ECPublicKey) pair("secp256r1").getPublic();
    ECPublicKey key =
        publicKey(
            like.getParams(),
            "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
            "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    byte[] signature =
        hex(
            "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                + "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    byte[] sample = {'s', 'a', 'm', 'p', 'l', 'e'};
    SignatureScheme scheme = SignatureScheme.ECDSA_SECP256R1_SHA256;
    assertTrue(ours.verify(scheme, key, sample, signature));
    assertTrue(JDK.verify(scheme, key, sample, signature));
  }

  private static ECPublicKey publicKey(ECParameterSpec curve, String x, String y) throws Exception {
    var point = new java.security.spec.ECPoint(new BigInteger(x, 16), new BigInteger(y, 16));
    return (ECPublicKey)
        java.security.KeyFactory.getInstance("EC")
            .generatePublic(new java.security.spec.ECPublicKeySpec(point, curve));
  }

  /** RFC 8446 §4.4.3: decrypt_error for whatever is no signature, however it is malformed. */
  @Test
  void refusesWhatIsNoSignature() throws Exception {
    SignatureScheme scheme = SignatureScheme.ECDSA_SECP256R1_SHA256;
    KeyPair pair = pair("secp256r1");
    byte[] good = ours.signingKey(scheme, pair.getPrivate()).sign(CONTENT, RANDOM);
    for (int i = 0; i < good.length; i++) {
      byte[] changed = good.clone();
      changed[i] ^= 1;
      assertFalse(ours.verify(scheme, pair.getPublic(), CONTENT, changed), "byte " + i);
      assertFalse(
          ours.verify(scheme, pair.getPublic(), CONTENT, Arrays.copyOf(good, i)), i + " bytes");
    }
    byte[] longer = Arrays.copyOf(good, good.length + 1);
    assertFalse(ours.verify(scheme, pair.getPublic(), CONTENT, longer));
    byte[] zeros = hex("3006020100020100");
    assertFalse(ours.verify(scheme, pair.getPublic(), CONTENT, zeros));
    assertFalse(ours.verify(scheme, pair.getPublic(), CONTENT, new byte[100_000]));
  }

  @Test
  void leavesOtherKindsToTheJdk() throws Exception {
    KeyPair ed25519 = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    byte[] signature =
        ours.signingKey(SignatureScheme.ED25519, ed25519.getPrivate()).sign(CONTENT, RANDOM);
    assertTrue(ours.verify(SignatureScheme.ED25519, ed25519.getPublic(), CONTENT, signature));
    signature[0] ^= 1;
    assertFalse(ours.verify(SignatureScheme.ED25519, ed25519.getPublic(), CONTENT, signature));
  }

  /** Such as those of a PKCS #11 token. */
  @Test
  void leavesKeysThatTheirProviderKeepsToItself() throws Exception {
    PrivateKey kept = new KeptKey((ECPrivateKey) pair("secp256r1").getPrivate());
    var signing = ours.signingKey(SignatureScheme.ECDSA_SECP256R1_SHA256, kept);
    assertFalse(signing instanceof EcSigningKey);
    var given = pair("secp256r1").getPrivate();
    assertTrue(
        ours.signingKey(SignatureScheme.ECDSA_SECP256R1_SHA256, given) instanceof EcSigningKey);
    assertNotSame(given, kept);
  }

  private record KeptKey(ECPrivateKey key) implements ECPrivateKey {
    @Override
    public BigInteger getS() {
      throw new UnsupportedOperationException();
    }

    @Override
    public ECParameterSpec getParams() {
      return key.getParams();
    }

    @Override
    public String getAlgorithm() {
      return key.getAlgorithm();
    }

    @Override
    public String getFormat() {
      return null;
    }

    @Override
    public byte[] getEncoded() {
      return null;
    }
  }

  // What is neither closed nor reachable goes, too.
  @Test
  void freesWhatNobodyHasAnyMore() throws Exception {
    long before = CipherLibrary.openKeys();
    SignatureScheme scheme = SignatureScheme.ECDSA_SECP256R1_SHA256;
    PrivateKey privateKey = pair("secp256r1").getPrivate();
    for (int i = 0; i < 1000; i++) {
      ours.generate(Curve.X25519, RANDOM);
      ours.generate(Curve.P256, RANDOM);
      ours.signingKey(scheme, privateKey);
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (CipherLibrary.openKeys() > before && System.nanoTime() < deadline) {
      System.gc();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
    assertTrue(CipherLibrary.openKeys() <= before);
  }
}
