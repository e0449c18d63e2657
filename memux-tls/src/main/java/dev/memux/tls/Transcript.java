package dev.memux.tls;

import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The hash of all handshake messages so far (RFC 8446 §4.4.1). */
final class Transcript {
  private static final int MESSAGE_HASH = 254; // RFC 8446 §4.4.1, a message only of the transcript

  /** Messages from before the hash was known: one ClientHello. */
  private byte[] early = {};

  private @Nullable MessageDigest digest;
  private boolean ended;

  /** Adds a message with its header; after the end none is taken down. */
  void add(byte[] message) {
    if (ended) {
      return;
    }
    if (digest == null) {
      early = Arrays.copyOf(early, early.length + message.length);
      System.arraycopy(message, 0, early, early.length - message.length, message.length);
    } else {
      digest.update(message);
    }
  }

  /** The cipher suite, and so the hash, is chosen. */
  void begin(CipherSuite suite) {
    digest = suite.hash().newDigest();
    digest.update(early);
    early = new byte[0];
  }

  /** What follows the handshake is in no transcript (RFC 8446 §4.4.1, §4.6.1): nothing is kept. */
  void end() {
    ended = true;
    early = new byte[0];
    digest = null;
  }

  /** RFC 8446 §4.4.1: after a HelloRetryRequest the first ClientHello is replaced by its hash. */
  void replaceFirstClientHello(CipherSuite suite) {
    begin(suite);
    byte[] hash = started().digest(); // leaves the digest reset
    add(new byte[] {(byte) MESSAGE_HASH, 0, 0, (byte) hash.length});
    add(hash);
  }

  /** The hash of the messages so far with that of {@code suite}, which need not be chosen yet. */
  byte[] hashWith(CipherSuite suite) {
    return hashWith(suite, new byte[0], 0);
  }

  /** The hash of the messages so far; more may follow. */
  byte[] hash() {
    return Hash.clone(started()).digest();
  }

  /**
   * The hash of the messages so far and of the beginning of the next, with the hash of {@code
   * suite}, which need not be chosen yet: for binders (RFC 8446 §4.2.11.2).
   */
  byte[] hashWith(CipherSuite suite, byte[] message, int length) {
    MessageDigest copy;
    if (digest == null) {
      copy = suite.hash().newDigest();
      copy.update(early);
    } else {
      copy = Hash.clone(digest);
    }
    copy.update(message, 0, length);
    return copy.digest();
  }

  /** The hash of nothing, as the key schedule uses it. */
  static byte[] emptyHash(CipherSuite suite) {
    return suite.hash().newDigest().digest();
  }

  private MessageDigest started() {
    if (digest == null) {
      throw new IllegalStateException("no cipher suite yet");
    }
    return digest;
  }
}
