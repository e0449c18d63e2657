package dev.memux.engine.recovery;

/**
 * When to probe because acknowledgements stay away, and in which packet number space (RFC 9002
 * §6.2).
 *
 * <p>{@link #arm} computes both from what is in flight; {@link #expire} then is for that space.
 */
final class PtoTimer {
  private boolean handshakeConfirmed;
  private boolean hasHandshakeKeys;

  /**
   * The server knows that we are where we say: it has proved so to us. A server needs no such
   * proof.
   */
  private boolean peerValidatedAddress;

  private int count;
  private long expiredNanos = Long.MIN_VALUE;

  /** The last event; the client's wait for a server that may be blocked starts there. */
  private long touchedNanos = SentSpace.NEVER;

  private PacketSpace expiringSpace = PacketSpace.INITIAL;

  PtoTimer(boolean server) {
    this.peerValidatedAddress = server;
  }

  /** Expirations since the last acknowledgement that counts. */
  int count() {
    return count;
  }

  boolean isHandshakeConfirmed() {
    return handshakeConfirmed;
  }

  void onHandshakeConfirmed() {
    handshakeConfirmed = true;
    peerValidatedAddress = true;
  }

  void onHandshakeKeys(boolean available) {
    hasHandshakeKeys = available;
  }

  void onPeerValidatedAddress() {
    peerValidatedAddress = true;
  }

  /** Something was sent, acknowledged or discarded. */
  void touch(long nowNanos) {
    touchedNanos = nowNanos;
  }

  /**
   * New packets were acknowledged.
   *
   * @return whether the backoff ended
   */
  boolean onAcknowledged() {
    // RFC 9002 §6.2.1: a server busy with many handshakes acknowledges Initial packets long before
    // it can answer. A client that started again after each would probe it at full speed.
    if (peerValidatedAddress) {
      count = 0;
    }
    return peerValidatedAddress;
  }

  void reset() {
    count = 0;
  }

  /** Doubles the period and tells which space to probe. */
  PacketSpace expire(long nowNanos) {
    count++;
    expiredNanos = nowNanos;
    touchedNanos = nowNanos;
    return expiringSpace;
  }

  /** The time of the next probe, {@link SentSpace#NEVER} for none. */
  long arm(SentSpace[] spaces, RttEstimator rtt) {
    long deadlineNanos = SentSpace.NEVER;
    for (SentSpace s : spaces) {
      if (s.ackElicitingInFlight == 0) {
        continue;
      }
      // RFC 9002 §6.2.1: before that, the peer may lack the keys to read them, or we to read its
      // acknowledgements.
      if (s.space == PacketSpace.APPLICATION && !handshakeConfirmed) {
        continue;
      }
      // Where the last probes have not left yet, a late timer would otherwise expire again and
      // again.
      long sinceNanos =
          s.probesPending > 0
              ? Math.max(s.lastAckElicitingNanos, expiredNanos)
              : s.lastAckElicitingNanos;
      long atNanos = sinceNanos + backedOff(periodNanos(s.space, rtt));
      if (atNanos < deadlineNanos) {
        deadlineNanos = atNanos;
        expiringSpace = s.space;
      }
    }
    if (deadlineNanos == SentSpace.NEVER && !peerValidatedAddress) {
      return armAgainstDeadlock(rtt);
    }
    return deadlineNanos;
  }

  /** RFC 9002 §6.2.1: the wait for an acknowledgement, before any backoff. */
  static long periodNanos(PacketSpace space, RttEstimator rtt) {
    // Initial and Handshake packets are acknowledged at once (RFC 9000 §13.2.1).
    long delayNanos = space == PacketSpace.APPLICATION ? rtt.maxAckDelayNanos() : 0;
    return rtt.probeTimeoutNanos() + delayNanos;
  }

  /**
   * RFC 9002 §6.2.2.1: a server that may not send more before it hears from us cannot repeat what
   * was lost. Until we know that it has validated our address, we probe with nothing in flight, or
   * with only 0-RTT packets, that nothing else would wake.
   */
  private long armAgainstDeadlock(RttEstimator rtt) {
    if (touchedNanos == SentSpace.NEVER) {
      return SentSpace.NEVER;
    }
    expiringSpace = hasHandshakeKeys ? PacketSpace.HANDSHAKE : PacketSpace.INITIAL;
    return touchedNanos + backedOff(rtt.probeTimeoutNanos());
  }

  private long backedOff(long nanos) {
    int doublings = Math.min(count, MAX_DOUBLINGS);
    return Math.min(nanos, MAX_WAIT_NANOS >> doublings) << doublings;
  }

  /** The idle timeout comes long before. */
  static final int MAX_DOUBLINGS = 16;

  /** A peer that answers after days cannot make the deadline overflow. */
  private static final long MAX_WAIT_NANOS = 1L << 60;
}
