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

/** Diffie-Hellman over a curve (RFC 8446 §4.2.8.2, §7.4.2); both sides do the same. */
final class DiffieHellman implements KeyExchange {
  static final int X25519_SHARE_BYTES = 32;

  private static final int P256_COORDINATE_BYTES = 32;
  private static final int UNCOMPRESSED_POINT = 4; // RFC 8446 §4.2.8.2

  private final Curve curve;
  private final KeyPair keyPair;

  /** A curve by the JDK's names. */
  enum Curve {
    X25519("X25519", "X25519"),
    P256("EC", "ECDH");

    private final String keyAlgorithm;
    private final String agreementAlgorithm;

    Curve(String keyAlgorithm, String agreementAlgorithm) {
      this.keyAlgorithm = keyAlgorithm;
      this.agreementAlgorithm = agreementAlgorithm;
    }

    private AlgorithmParameterSpec parameters() {
      return switch (this) {
        case X25519 -> NamedParameterSpec.X25519;
        case P256 -> Curves.P256;
      };
    }

    private int shareBytes() {
      return switch (this) {
        case X25519 -> X25519_SHARE_BYTES;
        case P256 -> 1 + 2 * P256_COORDINATE_BYTES;
      };
    }
  }

  DiffieHellman(Curve curve, KeyPair keyPair) {
    this.curve = curve;
    this.keyPair = keyPair;
  }

  static DiffieHellman generate(Curve curve, SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(curve.keyAlgorithm);
      generator.initialize(curve.parameters(), random);
      return new DiffieHellman(curve, generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks " + curve, e);
    }
  }

  @Override
  public byte[] share() {
    return switch (curve) {
      case X25519 -> littleEndian(((XECPublicKey) keyPair.getPublic()).getU());
      case P256 -> encodePoint(((ECPublicKey) keyPair.getPublic()).getW());
    };
  }

  /**
   * The shared secret.
   *
   * @throws TlsAlertException illegal_parameter for a share that is no point of the group, or one
   *     of low order
   */
  @Override
  public byte[] agree(byte[] peerShare) throws TlsAlertException {
    if (peerShare.length != curve.shareBytes()) {
      throw illegalShare("of " + peerShare.length + " bytes");
    }
    try {
      KeySpec spec =
          switch (curve) {
            case X25519 -> decodeX25519(peerShare);
            case P256 -> decodePoint(peerShare);
          };
      PublicKey peer = KeyFactory.getInstance(curve.keyAlgorithm).generatePublic(spec);
      KeyAgreement agreement = KeyAgreement.getInstance(curve.agreementAlgorithm);
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
    byte[] bigEndian = new byte[X25519_SHARE_BYTES];
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
        AlertDescription.ILLEGAL_PARAMETER, "key share on " + curve + " " + problem);
  }
}
