package dev.memux.interop;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECPoint;
import java.util.Base64;
import java.util.HexFormat;

/**
 * Private keys as OpenSSL writes them (RFC 5915). The JDK's PKCS#8 leaves the public key out, as it
 * may, and GnuTLS does not take them.
 */
final class Sec1 {
  private static final int COORDINATE_BYTES = 32;

  /** SEQUENCE of 119 bytes, version 1, an octet string of 32 bytes. */
  private static final String BEFORE_KEY = "307702010104" + "20";

  /** The curve, P-256, and the public key, an uncompressed point. */
  private static final String BEFORE_POINT = "a00a06082a8648ce3d030107" + "a144034200" + "04";

  private Sec1() {}

  /**
   * A key of P-256 in PEM.
   *
   * @param keys of elliptic curves
   */
  static String pem(KeyPair keys) {
    ByteArrayOutputStream der = new ByteArrayOutputStream();
    der.writeBytes(HexFormat.of().parseHex(BEFORE_KEY));
    der.writeBytes(bytes(((ECPrivateKey) keys.getPrivate()).getS()));
    der.writeBytes(HexFormat.of().parseHex(BEFORE_POINT));
    ECPoint point = ((ECPublicKey) keys.getPublic()).getW();
    der.writeBytes(bytes(point.getAffineX()));
    der.writeBytes(bytes(point.getAffineY()));
    return "-----BEGIN EC PRIVATE KEY-----\n"
        + Base64.getMimeEncoder().encodeToString(der.toByteArray())
        + "\n-----END EC PRIVATE KEY-----\n";
  }

  /** Big-endian, neither shorter nor with a sign. */
  private static byte[] bytes(BigInteger value) {
    byte[] all = value.toByteArray();
    byte[] fixed = new byte[COORDINATE_BYTES];
    int length = Math.min(all.length, COORDINATE_BYTES);
    System.arraycopy(all, all.length - length, fixed, COORDINATE_BYTES - length, length);
    return fixed;
  }
}
