package dev.memux.tls;

import org.jspecify.annotations.Nullable;

/** The handshake messages of RFC 8446 §4 and how long each may be. */
enum HandshakeType {
  // RFC 8446 §4 allows 16 MB for any of them; without limits a peer could make us buffer as much.
  /** A hybrid key share, its padding and a few tickets fit. */
  CLIENT_HELLO(1, 16 * 1024),
  /** Also a HelloRetryRequest; its cookie comes back in our ClientHello. */
  SERVER_HELLO(2, 8 * 1024),
  NEW_SESSION_TICKET(4, 16 * 1024),
  END_OF_EARLY_DATA(5, 0),
  ENCRYPTED_EXTENSIONS(8, 16 * 1024),
  CERTIFICATE(11, 64 * 1024),
  /** May name many authorities. */
  CERTIFICATE_REQUEST(13, 64 * 1024),
  /** A signature by an RSA key of 16384 bits has 2048 bytes. */
  CERTIFICATE_VERIFY(15, 4 * 1024),
  /** The longest hash. */
  FINISHED(20, 64),
  KEY_UPDATE(24, 1);

  private final int code;
  private final int maxBodyBytes;

  HandshakeType(int code, int maxBodyBytes) {
    this.code = code;
    this.maxBodyBytes = maxBodyBytes;
  }

  int code() {
    return code;
  }

  int maxBodyBytes() {
    return maxBodyBytes;
  }

  static @Nullable HandshakeType of(int code) {
    for (HandshakeType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    return null;
  }
}
