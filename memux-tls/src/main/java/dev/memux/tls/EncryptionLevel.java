package dev.memux.tls;

/** Which keys protect the packets that carry handshake bytes (RFC 9001 §2.1). */
public enum EncryptionLevel {
  /** Keys that anyone who sees the first packet can derive. */
  INITIAL,
  /** Keys from the key exchange, before the peer is authenticated. */
  HANDSHAKE,
  /** 1-RTT keys. */
  APPLICATION
}
