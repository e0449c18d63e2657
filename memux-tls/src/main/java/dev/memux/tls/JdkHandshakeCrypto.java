package dev.memux.tls;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
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
import javax.crypto.KeyAgreement;

/** By the JDK's providers. */
final class JdkHandshakeCrypto implements HandshakeCrypto {
  private static final int COORDINATE_BYTES = 32; // on both curves
  private static final int UNCOMPRESSED_POINT = 4; // RFC 8446 §4.2.8.2

  @Override
  public AgreementKey generate(Curve curve, SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(keyAlgorithm(curve));
      generator.initialize(parameters(curve), random);
      return new JdkAgreementKey(curve, generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks " + curve, e);
    }
  }

  @Override
  public SigningKey signingKey(SignatureScheme scheme, PrivateKey key) {
    return (content, random) -> scheme.sign(key, content, random);
  }

  @Override
  public boolean verify(SignatureScheme scheme, PublicKey key, byte[] content, byte[] signed)
      throws GeneralSecurityException {
    return scheme.verify(key, content, signed);
  }

  private static String keyAlgorithm(Curve curve) {
    return switch (curve) {
      case X25519 -> "X25519";
      case P256 -> "EC";
    };
  }

  private static String agreementAlgorithm(Curve curve) {
    return switch (curve) {
      case X25519 -> "X25519";
      case P256 -> "ECDH";
    };
  }

  private static AlgorithmParameterSpec parameters(Curve curve) {
    return switch (curve) {
      case X25519 -> NamedParameterSpec.X25519;
      case P256 -> Curves.P256;
    };
  }

  /** A key pair of the JDK. */
  record JdkAgreementKey(Curve curve, KeyPair keyPair) implements AgreementKey {
    @Override
    public byte[] share() {
      return switch (curve) {
        case X25519 -> littleEndian(((XECPublicKey) keyPair.getPublic()).getU());
        case P256 -> encodePoint(((ECPublicKey) keyPair.getPublic()).getW());
      };
    }

    @Override
    public byte[] agree(byte[] peerShare) throws GeneralSecurityException {
      KeySpec spec =
          switch (curve) {
            case X25519 -> decodeX25519(peerShare);
            case P256 -> decodePoint(peerShare);
          };
      try {
        PublicKey peer = KeyFactory.getInstance(keyAlgorithm(curve)).generatePublic(spec);
        KeyAgreement agreement = KeyAgreement.getInstance(agreementAlgorithm(curve));
        agreement.init(keyPair.getPrivate());
        // RFC 8446 §4.2.8.2, §7.4.2: the JDK refuses points off the curve, and X25519's low-order
        // points, which would make the secret known to anyone.
        agreement.doPhase(peer, true);
        return agreement.generateSecret();
      } catch (InvalidKeySpecException e) {
        throw new InvalidKeyException(e);
      }
    }

    /** The garbage collector does. */
    @Override
    public void close() {}

    private static KeySpec decodeX25519(byte[] share) {
      byte[] bigEndian = reversed(share);
      bigEndian[0] &= 0x7f; // RFC 7748 §5: the unused bit is ignored
      return new XECPublicKeySpec(NamedParameterSpec.X25519, new BigInteger(1, bigEndian));
    }

    private static KeySpec decodePoint(byte[] share) {
      BigInteger x = new BigInteger(1, share, 1, COORDINATE_BYTES);
      BigInteger y = new BigInteger(1, share, 1 + COORDINATE_BYTES, COORDINATE_BYTES);
      return new ECPublicKeySpec(new ECPoint(x, y), Curves.P256);
    }

    private static byte[] encodePoint(ECPoint point) {
      byte[] share = new byte[Curve.P256.shareBytes()];
      share[0] = UNCOMPRESSED_POINT;
      putBigEndian(point.getAffineX(), share, 1);
      putBigEndian(point.getAffineY(), share, 1 + COORDINATE_BYTES);
      return share;
    }

    private static byte[] littleEndian(BigInteger u) {
      byte[] bigEndian = new byte[COORDINATE_BYTES];
      putBigEndian(u, bigEndian, 0);
      return reversed(bigEndian);
    }

    /** {@code value} in the 32 bytes from {@code offset} on. */
    private static void putBigEndian(BigInteger value, byte[] out, int offset) {
      byte[] minimal = value.toByteArray(); // perhaps shorter, perhaps with a sign byte
      int count = Math.min(minimal.length, COORDINATE_BYTES);
      int to = offset + COORDINATE_BYTES - count;
      System.arraycopy(minimal, minimal.length - count, out, to, count);
    }

    private static byte[] reversed(byte[] bytes) {
      byte[] out = new byte[bytes.length];
      for (int i = 0; i < bytes.length; i++) {
        out[i] = bytes[bytes.length - 1 - i];
      }
      return out;
    }
  }
}
