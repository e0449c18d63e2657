package dev.memux.engine.quic;

import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketSealer;
import org.jspecify.annotations.Nullable;

/**
 * Updates of the 1-RTT keys, begun by either end (RFC 9001 §6). Both directions change together;
 * the old key for reading is kept a while for packets that come late.
 */
final class KeyPhases {
  /** RFC 9001 §6.5: how long the old key is kept, in probe timeouts. */
  private static final int KEEP_PTOS = 3;

  private static final long NONE = -1;

  private final PacketNumberSpace space;
  private @Nullable PacketOpener previous;

  /**
   * Made ahead of its use: RFC 9001 §6.3, or the time that it takes would tell an observer of an
   * update. Null until the handshake is complete.
   */
  private @Nullable PacketOpener next;

  /** RFC 9001 §6.1: before that we begin no update. The peer may have come further. */
  private boolean confirmed;

  private boolean phase;

  /** The number of the first packet sent in this phase. */
  private long firstSent;

  /** The lowest number received in this phase, -1 for none. */
  private long firstReceived = NONE;

  private long previousEndsNanos = Long.MAX_VALUE;
  private long updates;

  KeyPhases(PacketNumberSpace space) {
    this.space = space;
  }

  /** The key phase bit of what is sent. */
  boolean phase() {
    return phase;
  }

  /** Updates so far, of both ends. */
  long updates() {
    return updates;
  }

  /** The first 1-RTT key for sending is there; 0-RTT packets have used up numbers before. */
  void onFirstSealer() {
    firstSent = space.nextPacketNumber;
  }

  void onHandshakeConfirmed() {
    confirmed = true;
  }

  void onHandshakeComplete() {
    PacketOpener opener = space.opener;
    if (opener != null && next == null) {
      next = opener.next();
    }
  }

  /**
   * Opens a packet with the key of its phase.
   *
   * @param current the opener of this phase
   * @param ptoNanos the probe timeout, for how long an old key is kept
   * @return bytes of the payload, -1 if the packet is too short or not authentic
   */
  int open(
      PacketOpener current,
      byte[] datagram,
      int from,
      int packetNumberOffset,
      int end,
      byte[] plaintext,
      long ptoNanos,
      long nowNanos) {
    if (!current.unprotect(datagram, from, packetNumberOffset, end, space.received.largest())) {
      return -1;
    }
    long number = current.packetNumber();
    if (current.keyPhase() == phase) {
      int length = current.decrypt(datagram, plaintext, 0);
      if (length >= 0 && (firstReceived == NONE || number < firstReceived)) {
        onFirstReceived(number, ptoNanos, nowNanos);
      }
      return length;
    }
    if (nowNanos > previousEndsNanos) {
      dropPrevious();
    }
    if (previous != null && (firstReceived == NONE || number < firstReceived)) {
      return previous.decrypt(datagram, plaintext, 0);
    }
    if (next == null) {
      return current.decrypt(datagram, plaintext, 0); // counts as a failure
    }
    int length = next.decrypt(datagram, plaintext, 0);
    if (length >= 0) {
      rotate(); // RFC 9001 §6.2: the peer has updated, and we answer in the new phase
      onFirstReceived(number, ptoNanos, nowNanos);
    }
    return length;
  }

  private void onFirstReceived(long number, long ptoNanos, long nowNanos) {
    if (firstReceived == NONE && updates > 0) {
      previousEndsNanos = nowNanos + KEEP_PTOS * ptoNanos;
    }
    firstReceived = number;
  }

  /**
   * Updates, if that is allowed: RFC 9001 §6.1, only once the peer has acknowledged a packet of
   * this phase; §6.5, not while packets of the phase before may still come, whose key would go.
   */
  boolean update(long largestAcked, long nowNanos) {
    boolean waitsForLatePackets = updates > 0 && nowNanos <= previousEndsNanos;
    if (!confirmed || next == null || largestAcked < firstSent || waitsForLatePackets) {
      return false;
    }
    rotate();
    return true;
  }

  private void rotate() {
    PacketSealer sealer = space.sealer;
    PacketOpener opener = next;
    if (sealer == null || opener == null) {
      throw new IllegalStateException("no keys to update");
    }
    dropPrevious();
    previous = space.opener;
    previousEndsNanos = Long.MAX_VALUE;
    space.opener = opener;
    space.sealer = sealer.next();
    next = opener.next();
    phase = !phase;
    firstSent = space.nextPacketNumber;
    firstReceived = NONE;
    updates++;
  }

  private void dropPrevious() {
    if (previous != null) {
      previous.discardKey();
      previous = null;
    }
  }

  /** The connection has ended: drops the keys of the phases before and after this one. */
  void discard() {
    dropPrevious();
    if (next != null) {
      next.discardKey();
      next = null;
    }
  }
}
