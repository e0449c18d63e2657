package dev.memux.engine.recovery;

/** The packet number spaces (RFC 9000 §12.3), in the order in which a handshake uses them. */
public enum PacketSpace {
  INITIAL,
  HANDSHAKE,
  /** 0-RTT and 1-RTT packets. */
  APPLICATION
}
