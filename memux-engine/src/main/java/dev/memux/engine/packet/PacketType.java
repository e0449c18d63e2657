package dev.memux.engine.packet;

/** What kind of packet a header announces (RFC 9000 §17, RFC 8999 §5 and §6). */
public enum PacketType {
  /**
   * First handshake messages; keys that anyone who sees the packet can derive (RFC 9000 §17.2.2).
   */
  INITIAL,
  /** A client's early data (RFC 9000 §17.2.3). */
  ZERO_RTT,
  /** The rest of the handshake (RFC 9000 §17.2.4). */
  HANDSHAKE,
  /** A server's token, not encrypted, no packet number (RFC 9000 §17.2.5). */
  RETRY,
  /** A server's list of versions, not protected at all (RFC 9000 §17.2.1). */
  VERSION_NEGOTIATION,
  /** Everything after the handshake: the only packet with a short header (RFC 9000 §17.3.1). */
  ONE_RTT,
  /**
   * A long header of a version that we do not speak. Only what RFC 8999 §5.1 promises for all
   * versions is known: the version and the two connection IDs, as long as 255 bytes each.
   */
  UNSUPPORTED_VERSION
}
