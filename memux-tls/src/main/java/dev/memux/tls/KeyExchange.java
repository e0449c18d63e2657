package dev.memux.tls;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.XECPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;

/** An ephemeral key of one group and the agreement with the peer's (RFC 8446 §4.2.8, §7.4). */
final class KeyExchange {
  private static final int P256_COORDINATE_BYTES = 32;
  private static final int UNCOMPRESSED_POINT = 4; // RFC 8446 §4.2.8.2

  private final NamedGroup group;
  private final KeyPair keyPair;

  KeyExchange(NamedGroup group, KeyPair keyPair) {
    this.group = group;
    this.keyPair = keyPair;
  }

  static KeyExchange generate(NamedGroup group, SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(keyAlgorithm(group));
      generator.initialize(parameters(group), random);
      return new KeyExchange(group, generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks " + group, e);
    }
  }

  NamedGroup group() {
    return group;
  }

  /** The public half as it stands in a key share. */
  byte[] share() {
    return switch (group) {
      case X25519 -> littleEndian(((XECPublicKey) keyPair.getPublic()).getU());
      case SECP256R1 -> encodePoint(((ECPublicKey) keyPair.getPublic()).getW());
    };
  }

  /**
   * The shared secret.
   *
   * @throws TlsAlertException illegal_parameter for a share that is no point of the group, or one
   *     of low order
   */
  byte[] agree(byte[] peerShare) throws TlsAlertException {
    if (peerShare.length != group.shareBytes()) {
      throw illegalShare("of " + peerShare.length + " bytes");
    }
    try {
      KeySpec spec =
          switch (group) {
            case X25519 -> decodeX25519(peerShare);
            case SECP256R1 -> decodePoint(peerShare);
          };
      PublicKey peer = KeyFactory.getInstance(keyAlgorithm(group)).generatePublic(spec);
      KeyAgreement agreement = KeyAgreement.getInstance(agreementAlgorithm(group));
      agreement.init(keyPair.getPrivate());
      // RFC 8446 §4.2.8.2, §7.4.2: the JDK refuses points off the curve, and X25519's low-order
      // points, which would make the secret known to anyone.
      agreement.doPhase(peer, true);
      byte[] secret = agreement.generateSecret();
      requireNonZero(secret);
      return secret;
    } catch (InvalidKeyException | InvalidKeySpecException e) {
      throw illegalShare("is not a point of the group");
    } catch (GeneralSecurityException | ProviderException e) {
      throw new TlsAlertException(AlertDescription.INTERNAL_ERROR, "key agreement failed", e);
    }
  }

  private static String keyAlgorithm(NamedGroup group) {
    return switch (group) {
      case X25519 -> "X25519";
      case SECP256R1 -> "EC";
    };
  }

  private static String agreementAlgorithm(NamedGroup group) {
    return switch (group) {
      case X25519 -> "X25519";
      case SECP256R1 -> "ECDH";
    };
  }

  private static AlgorithmParameterSpec parameters(NamedGroup group) {
    return switch (group) {
      case X25519 -> NamedParameterSpec.X25519;
      case SECP256R1 -> Curves.P256;
    };
  }

  private static KeySpec decodeX25519(byte[] share) {
    byte[] bigEndian = reversed(share);
    bigEndian[0] &= 0x7f; // RFC 7748 §5: the unused bit is ignored
    return new XECPublicKeySpec(NamedParameterSpec.X25519, new BigInteger(1, bigEndian));
  }

  private KeySpec decodePoint(byte[] share) throws TlsAlertException {
    if (share[0] != UNCOMPRESSED_POINT) {
      throw illegalShare("is not an uncompressed point");
    }
    BigInteger x = new BigInteger(1, share, 1, P256_COORDINATE_BYTES);
    BigInteger y = new BigInteger(1, share, 1 + P256_COORDINATE_BYTES, P256_COORDINATE_BYTES);
    return new ECPublicKeySpec(new ECPoint(x, y), Curves.P256);
  }

  private static byte[] encodePoint(ECPoint point) {
    byte[] share = new byte[1 + 2 * P256_COORDINATE_BYTES];
    share[0] = UNCOMPRESSED_POINT;
    putBigEndian(point.getAffineX(), share, 1);
    putBigEndian(point.getAffineY(), share, 1 + P256_COORDINATE_BYTES);
    return share;
  }

  private static byte[] littleEndian(BigInteger u) {
    byte[] bigEndian = new byte[NamedGroup.X25519.shareBytes()];
    putBigEndian(u, bigEndian, 0);
    return reversed(bigEndian);
  }

  /** {@code value} in the 32 bytes from {@code offset} on. */
  private static void putBigEndian(BigInteger value, byte[] out, int offset) {
    byte[] minimal = value.toByteArray(); // perhaps shorter, perhaps with a sign byte
    int count = Math.min(minimal.length, 32);
    System.arraycopy(minimal, minimal.length - count, out, offset + 32 - count, count);
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] out = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      out[i] = bytes[bytes.length - 1 - i];
    }
    return out;
  }

  /** RFC 8446 §7.4.2 wants this check in any case; other providers may not make it. */
  private void requireNonZero(byte[] secret) throws TlsAlertException {
    int any = 0;
    for (byte b : secret) {
      any |= b;
    }
    if (any == 0) {
      Arrays.fill(secret, (byte) 0);
      throw illegalShare("gives an all-zero secret");
    }
  }

  private TlsAlertException illegalShare(String problem) {
    return new TlsAlertException(
        AlertDescription.ILLEGAL_PARAMETER, "key share for " + group + " " + problem);
  }
}
