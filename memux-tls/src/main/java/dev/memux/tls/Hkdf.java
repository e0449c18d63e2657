package dev.memux.tls;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * HKDF (RFC 5869) as TLS 1.3 uses it (RFC 8446 §7.1), over the hash of a cipher suite.
 *
 * <p>Stateless; any thread may call.
 */
public final class Hkdf {
  private static final int MAX_LABEL_BYTES = 255;
  private static final int MAX_CONTEXT_BYTES = 255;
  private static final int MAX_BLOCKS = 255;
  private static final byte[] LABEL_PREFIX = "tls13 ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NOTHING = {};

  private Hkdf() {}

  /**
   * HKDF-Extract.
   *
   * @param salt a hash's length at most; empty means a hash's length of zeros (RFC 5869 §2.2)
   * @return a pseudorandom key of the hash's length
   */
  public static byte[] extract(CipherSuite suite, byte[] salt, byte[] inputKeyMaterial) {
    return suite.hash().hmac(salt, inputKeyMaterial, NOTHING);
  }

  /**
   * HKDF-Expand-Label.
   *
   * @param label without the prefix "tls13 "
   * @param length of the result in bytes
   * @throws IllegalArgumentException if label, context or length cannot be encoded
   */
  public static byte[] expandLabel(
      CipherSuite suite, byte[] secret, String label, byte[] context, int length) {
    byte[] name = label.getBytes(StandardCharsets.US_ASCII);
    int labelBytes = LABEL_PREFIX.length + name.length;
    if (labelBytes > MAX_LABEL_BYTES || context.length > MAX_CONTEXT_BYTES) {
      throw new IllegalArgumentException("label or context longer than 255 bytes");
    }
    byte[] info = new byte[2 + 1 + labelBytes + 1 + context.length];
    info[0] = (byte) (length >> 8);
    info[1] = (byte) length;
    info[2] = (byte) labelBytes;
    System.arraycopy(LABEL_PREFIX, 0, info, 3, LABEL_PREFIX.length);
    System.arraycopy(name, 0, info, 3 + LABEL_PREFIX.length, name.length);
    info[3 + labelBytes] = (byte) context.length;
    System.arraycopy(context, 0, info, 4 + labelBytes, context.length);
    return expand(suite, secret, info, length);
  }

  private static byte[] expand(CipherSuite suite, byte[] secret, byte[] info, int length) {
    int hashBytes = suite.hashBytes();
    int blocks = Math.ceilDiv(length, hashBytes);
    if (length < 0 || blocks > MAX_BLOCKS) {
      throw new IllegalArgumentException("HKDF output of " + length + " bytes");
    }
    byte[] out = new byte[length];
    byte[] previous = NOTHING;
    byte[] infoAndCount = Arrays.copyOf(info, info.length + 1);
    for (int block = 1, done = 0; block <= blocks; block++) {
      infoAndCount[info.length] = (byte) block;
      byte[] t = suite.hash().hmac(secret, previous, infoAndCount); // RFC 5869 §2.3
      int take = Math.min(hashBytes, length - done);
      System.arraycopy(t, 0, out, done, take);
      done += take;
      Arrays.fill(previous, (byte) 0);
      previous = t;
    }
    Arrays.fill(previous, (byte) 0);
    return out;
  }
}
