package dev.memux.tls;

/** What became of a client's offer to send data before the handshake is complete (0-RTT). */
public enum EarlyData {
  /** There was no offer. */
  NONE,
  /** The server has thrown it away; the client has to send it again (RFC 9001 §4.6.2). */
  REFUSED,
  /** The server has taken it (RFC 9001 §4.6.1). */
  ACCEPTED
}
