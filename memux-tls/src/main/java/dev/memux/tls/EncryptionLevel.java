package dev.memux.tls;

/** Which keys protect packets (RFC 9001 §2.1). */
public enum EncryptionLevel {
  /** Keys that anyone who sees the first packet can derive. */
  INITIAL,
  /** 0-RTT keys, of a client's early data. They protect no handshake bytes (RFC 9001 §8.3). */
  EARLY,
  /** Keys from the key exchange, before the peer is authenticated. */
  HANDSHAKE,
  /** 1-RTT keys. */
  APPLICATION
}
