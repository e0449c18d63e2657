package dev.memux.tls;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The hash of a cipher suite, and the HMAC (RFC 2104) on it. A handshake takes some fifty of them,
 * mostly of a block or two, so that to look a provider up for each would cost more than to hash.
 */
final class Hash {
  static final Hash SHA256 = new Hash("SHA-256", 64);
  static final Hash SHA384 = new Hash("SHA-384", 128);

  private static final byte INNER = 0x36;
  private static final byte OUTER = 0x5c;

  /** In its first state, in which it stays: others are clones of it. */
  private final MessageDigest first;

  private final int blockBytes;

  private Hash(String algorithm, int blockBytes) {
    this.blockBytes = blockBytes;
    try {
      first = MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks " + algorithm, e);
    }
  }

  /** One that has hashed nothing yet. */
  MessageDigest newDigest() {
    return clone(first);
  }

  /** One that goes on from where the other is. */
  static MessageDigest clone(MessageDigest digest) {
    try {
      return (MessageDigest) digest.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("this JDK's digests cannot be cloned", e);
    }
  }

  /**
   * HMAC of two parts, one behind the other.
   *
   * @param key no longer than a block
   */
  byte[] hmac(byte[] key, byte[] part, byte[] rest) {
    if (key.length > blockBytes) {
      throw new IllegalArgumentException("key of " + key.length + " bytes");
    }
    byte[] padded = Arrays.copyOf(key, blockBytes);
    flip(padded, INNER);
    MessageDigest digest = newDigest();
    digest.update(padded);
    digest.update(part);
    digest.update(rest);
    byte[] inner = digest.digest(); // leaves it as it was at first
    flip(padded, (byte) (INNER ^ OUTER));
    digest.update(padded);
    Arrays.fill(padded, (byte) 0);
    return digest.digest(inner);
  }

  private static void flip(byte[] bytes, byte mask) {
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] ^= mask;
    }
  }
}
