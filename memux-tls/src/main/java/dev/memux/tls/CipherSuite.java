package dev.memux.tls;

import org.jspecify.annotations.Nullable;

/** The cipher suites of TLS 1.3 that QUIC uses (RFC 8446 §B.4, RFC 9001 §5.3). */
public enum CipherSuite {
  TLS_AES_128_GCM_SHA256(0x1301, Hash.SHA256, "SHA-256", 32, 16),
  TLS_AES_256_GCM_SHA384(0x1302, Hash.SHA384, "SHA-384", 48, 32),
  TLS_CHACHA20_POLY1305_SHA256(0x1303, Hash.SHA256, "SHA-256", 32, 32);

  private final int code;

  @SuppressWarnings("ImmutableEnumChecker") // nobody changes what it clones
  private final Hash hash;

  private final String hashAlgorithm;
  private final int hashBytes;
  private final int keyBytes;

  CipherSuite(int code, Hash hash, String hashAlgorithm, int hashBytes, int keyBytes) {
    this.code = code;
    this.hash = hash;
    this.hashAlgorithm = hashAlgorithm;
    this.hashBytes = hashBytes;
    this.keyBytes = keyBytes;
  }

  /** The number on the wire. */
  public int code() {
    return code;
  }

  /** The hash of transcript and key derivation, by its JDK name, such as {@code SHA-256}. */
  public String hashAlgorithm() {
    return hashAlgorithm;
  }

  /** Length of the hash, and so of every secret of this suite, in bytes. */
  public int hashBytes() {
    return hashBytes;
  }

  /** Length of the AEAD key, and of the header protection key, in bytes. */
  public int keyBytes() {
    return keyBytes;
  }

  Hash hash() {
    return hash;
  }

  static @Nullable CipherSuite of(int code) {
    for (CipherSuite suite : values()) {
      if (suite.code == code) {
        return suite;
      }
    }
    return null;
  }
}
