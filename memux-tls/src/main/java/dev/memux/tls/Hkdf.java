package dev.memux.tls;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * HKDF (RFC 5869) as TLS 1.3 uses it (RFC 8446 §7.1), over the hash of a cipher suite.
 *
 * <p>Stateless; any thread may call.
 */
public final class Hkdf {
  private static final int MAX_LABEL_BYTES = 255;
  private static final int MAX_CONTEXT_BYTES = 255;
  private static final int MAX_BLOCKS = 255;
  private static final String LABEL_PREFIX = "tls13 ";

  private Hkdf() {}

  /**
   * HKDF-Extract.
   *
   * @param salt empty means a hash's length of zeros (RFC 5869 §2.2)
   * @return a pseudorandom key of the hash's length
   */
  public static byte[] extract(CipherSuite suite, byte[] salt, byte[] inputKeyMaterial) {
    // The JDK refuses an empty HMAC key; padding makes zeros of any length up to a block the same
    // key.
    byte[] key = salt.length == 0 ? new byte[suite.hashBytes()] : salt;
    return hmac(suite, key).doFinal(inputKeyMaterial);
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
    byte[] fullLabel = (LABEL_PREFIX + label).getBytes(StandardCharsets.US_ASCII);
    if (fullLabel.length > MAX_LABEL_BYTES || context.length > MAX_CONTEXT_BYTES) {
      throw new IllegalArgumentException("label or context longer than 255 bytes");
    }
    byte[] info = new byte[2 + 1 + fullLabel.length + 1 + context.length];
    info[0] = (byte) (length >> 8);
    info[1] = (byte) length;
    info[2] = (byte) fullLabel.length;
    System.arraycopy(fullLabel, 0, info, 3, fullLabel.length);
    info[3 + fullLabel.length] = (byte) context.length;
    System.arraycopy(context, 0, info, 4 + fullLabel.length, context.length);
    return expand(suite, secret, info, length);
  }

  /** HMAC with the suite's hash, keyed. */
  static Mac hmac(CipherSuite suite, byte[] key) {
    try {
      Mac mac = Mac.getInstance(suite.hmacAlgorithm());
      mac.init(new SecretKeySpec(key, suite.hmacAlgorithm()));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks " + suite.hmacAlgorithm(), e);
    }
  }

  private static byte[] expand(CipherSuite suite, byte[] secret, byte[] info, int length) {
    int hashBytes = suite.hashBytes();
    int blocks = Math.ceilDiv(length, hashBytes);
    if (length < 0 || blocks > MAX_BLOCKS) {
      throw new IllegalArgumentException("HKDF output of " + length + " bytes");
    }
    Mac mac = hmac(suite, secret);
    byte[] out = new byte[length];
    for (int block = 1, done = 0; block <= blocks; block++) {
      mac.update(info);
      mac.update((byte) block);
      byte[] t = mac.doFinal();
      int take = Math.min(hashBytes, length - done);
      System.arraycopy(t, 0, out, done, take);
      done += take;
      if (block < blocks) {
        mac.update(t); // T(n) is fed into T(n + 1), RFC 5869 §2.3
      }
      Arrays.fill(t, (byte) 0);
    }
    return out;
  }
}
