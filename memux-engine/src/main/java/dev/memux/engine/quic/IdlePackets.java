package dev.memux.engine.quic;

import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;

/**
 * Keeps a peer from making us work for nothing (RFC 9000 §21.9): counts packets that bring nothing
 * but PADDING, PING, path challenges, requests for acknowledgements and acknowledgements of what
 * was acknowledged before. Each has its good reasons: keeping a path alive, probing it, an
 * acknowledgement that was overtaken. So many of them that reading and acknowledging them is all
 * that we do are not.
 *
 * <p>What streams carry for nothing is the business of the streams.
 */
final class IdlePackets {
  /** Allowed at once. */
  static final int ALLOWED = 512;

  /** Allowed a second; each packet that brings something allows one more. */
  static final int ALLOWED_PER_SECOND = 64;

  private static final long NANOS_PER_PACKET = 1_000_000_000L / ALLOWED_PER_SECOND;

  private int allowance = ALLOWED;
  private long countedNanos;
  private int staleAcks;
  private boolean useful;

  IdlePackets(long nowNanos) {
    countedNanos = nowNanos;
  }

  /** The frames that follow come from a packet of their own. */
  void beginPacket() {
    staleAcks = 0;
    useful = false;
  }

  /** A frame of the packet has brought something. */
  void onUse() {
    useful = true;
  }

  /** The packet acknowledges what was acknowledged before. */
  void onStaleAck() {
    staleAcks++;
  }

  /** The packet has been read. */
  void endPacket(long nowNanos) throws ProtocolException {
    // A packet has room for hundreds of ACK frames, each of which is looked up.
    int idle = useful ? Math.max(0, staleAcks - 1) - 1 : Math.max(1, staleAcks);
    allowance = Math.min(ALLOWED, allowance - idle);
    if (allowance >= 0) {
      return;
    }
    long regained = (nowNanos - countedNanos) / NANOS_PER_PACKET;
    countedNanos += regained * NANOS_PER_PACKET;
    allowance = (int) Math.min(ALLOWED, allowance + regained);
    if (allowance < 0) {
      // RFC 9000 §21.9: nothing else limits how many of them a peer sends.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION, 0, "too many packets that bring nothing");
    }
  }
}
