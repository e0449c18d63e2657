package dev.memux.netty.crypto;

import dev.memux.tls.SignatureScheme;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.spec.ECPoint;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A NIST curve, with the hash that TLS 1.3 signs with on it (RFC 8446 §4.2.3). */
enum EcCurve {
  P256(415, 32, "SHA-256"),
  P384(715, 48, "SHA-384");

  /** As libcrypto calls it. */
  private final int number;

  private final int coordinateBytes;
  private final String hash;

  EcCurve(int number, int coordinateBytes, String hash) {
    this.number = number;
    this.coordinateBytes = coordinateBytes;
    this.hash = hash;
  }

  /** Null: another kind of signature. */
  static @Nullable EcCurve of(SignatureScheme scheme) {
    return switch (scheme) {
      case ECDSA_SECP256R1_SHA256 -> P256;
      case ECDSA_SECP384R1_SHA384 -> P384;
      case ED25519,
          RSA_PSS_RSAE_SHA256,
          RSA_PSS_RSAE_SHA384,
          RSA_PSS_RSAE_SHA512,
          RSA_PSS_PSS_SHA256,
          RSA_PSS_PSS_SHA384,
          RSA_PSS_PSS_SHA512,
          RSA_PKCS1_SHA256,
          RSA_PKCS1_SHA384,
          RSA_PKCS1_SHA512 ->
          null;
    };
  }

  /** A key on it that has no numbers yet. */
  NativeHandle newKey() {
    return new NativeHandle(EcFunctions.newKey(number), EcFunctions::freeKey);
  }

  int coordinateBytes() {
    return coordinateBytes;
  }

  int pointBytes() {
    return 1 + 2 * coordinateBytes;
  }

  /** DER: a sequence of two numbers, each with a header and perhaps a zero before it. */
  int maxSignatureBytes() {
    return 3 + 2 * (3 + coordinateBytes);
  }

  byte[] digest(byte[] content) {
    try {
      return MessageDigest.getInstance(hash).digest(content);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks " + hash, e);
    }
  }

  /** Uncompressed (X9.62). */
  byte[] encode(ECPoint point) {
    byte[] encoded = new byte[pointBytes()];
    encoded[0] = 4;
    put(point.getAffineX(), encoded, 1);
    put(point.getAffineY(), encoded, 1 + coordinateBytes);
    return encoded;
  }

  byte[] encode(BigInteger number) {
    byte[] encoded = new byte[coordinateBytes];
    put(number, encoded, 0);
    return encoded;
  }

  private void put(BigInteger number, byte[] out, int at) {
    byte[] minimal = number.toByteArray(); // perhaps shorter, perhaps with a sign byte
    int count = Math.min(minimal.length, coordinateBytes);
    System.arraycopy(minimal, minimal.length - count, out, at + coordinateBytes - count, count);
    Arrays.fill(minimal, (byte) 0); // it may be secret
  }
}
