package dev.memux.engine.recovery;

import dev.memux.engine.wire.EcnCounts;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.RangeSet;
import dev.memux.engine.wire.SentFrames;

/**
 * The packets received in one packet number space: which of them to acknowledge, and when (RFC 9000
 * §13.2).
 *
 * <p>For each packet: {@link #isDuplicate} once it is authenticated, {@link #onReceived} once its
 * frames are processed. When {@link #ackDue} an ACK frame must leave even if nothing else does;
 * when {@link #hasUnacknowledged} it should travel with whatever leaves.
 */
public final class ReceivedPackets {
  private final PacketSpace space;
  private final long maxAckDelayNanos;
  private final RangeSet toAcknowledge = new RangeSet();
  private final EcnCounts ecn = new EcnCounts();

  /**
   * Whatever lies below is taken for a duplicate: it has been acknowledged for good, or forgotten.
   */
  private long floor;

  private long largest = -1;
  private long largestNanos;
  private long largestAckEliciting = -1;
  private int unacknowledgedAckEliciting;

  /** The least number that came after the last ACK frame was written. */
  private long leastUnacknowledged = NONE_UNACKNOWLEDGED;

  private long ackDeadlineNanos = SentSpace.NEVER;

  /**
   * @param maxAckDelayNanos how long an acknowledgement may wait in the {@link
   *     PacketSpace#APPLICATION} space, as promised to the peer in max_ack_delay
   */
  public ReceivedPackets(PacketSpace space, long maxAckDelayNanos) {
    this.space = space;
    this.maxAckDelayNanos = maxAckDelayNanos;
  }

  /** Whether the packet must be ignored (RFC 9000 §12.3). */
  public boolean isDuplicate(long packetNumber) {
    return packetNumber < floor || toAcknowledge.contains(packetNumber);
  }

  /** A packet that is no duplicate has been processed, and its datagram bore no ECN codepoint. */
  public void onReceived(long packetNumber, boolean ackEliciting, long nowNanos) {
    onReceived(packetNumber, ackEliciting, 0, nowNanos);
  }

  /**
   * A packet that is no duplicate has been processed.
   *
   * @param codepoint ECN, of its datagram
   */
  public void onReceived(long packetNumber, boolean ackEliciting, int codepoint, long nowNanos) {
    ecn.onPacket(codepoint);
    toAcknowledge.add(packetNumber, packetNumber + 1);
    if (toAcknowledge.size() > MAX_RANGES) {
      // RFC 9000 §13.2.3: a peer that leaves gaps everywhere could fill our memory and our ACK
      // frames. Old ranges have been sent many times; packets from the gaps below must not be
      // accepted twice, so they are not accepted at all.
      floor = toAcknowledge.end(0);
      toAcknowledge.removeFirst();
    }
    leastUnacknowledged = Math.min(leastUnacknowledged, packetNumber);
    if (packetNumber > largest) {
      largest = packetNumber;
      largestNanos = nowNanos;
    }
    // RFC 9000 §13.2.1: nothing is sent in response to a packet that asks for nothing, or two idle
    // ends would never stop.
    if (ackEliciting) {
      unacknowledgedAckEliciting++;
      // RFC 9000 §13.2.1: the sender should hear of congestion before it gets worse.
      boolean urgent = codepoint == EcnCounts.CE || isUrgent(packetNumber);
      long dueNanos = urgent ? nowNanos : nowNanos + maxAckDelayNanos;
      ackDeadlineNanos = Math.min(ackDeadlineNanos, dueNanos);
      largestAckEliciting = Math.max(largestAckEliciting, packetNumber);
    }
  }

  /** Whether an ACK frame must leave now. */
  public boolean ackDue(long nowNanos) {
    return ackDeadlineNanos <= nowNanos;
  }

  /** When {@link #ackDue} becomes true, {@link Long#MAX_VALUE} for never. */
  public long ackDeadlineNanos() {
    return ackDeadlineNanos;
  }

  /** Whether an ack-eliciting packet has not been acknowledged yet. */
  public boolean hasUnacknowledged() {
    return unacknowledgedAckEliciting > 0;
  }

  /**
   * Writes an ACK frame with as many ranges as fit, the highest first.
   *
   * @return false if there is no room for one, or nothing to acknowledge
   */
  public boolean writeAck(
      FrameWriter writer, long nowNanos, int ackDelayExponent, SentFrames sent) {
    if (toAcknowledge.isEmpty()) {
      return false;
    }
    long delay = AckDelay.encode(nowNanos - largestNanos, ackDelayExponent);
    if (!writer.ack(toAcknowledge, delay, ecn)) {
      return false;
    }
    sent.add(SentFrames.Kind.ACK, toAcknowledge.max() - 1);
    unacknowledgedAckEliciting = 0;
    leastUnacknowledged = NONE_UNACKNOWLEDGED;
    ackDeadlineNanos = SentSpace.NEVER;
    return true;
  }

  /**
   * The peer has an ACK frame of ours whose largest number was this: no need to repeat it (RFC 9000
   * §13.2.4).
   */
  public void onAckAcknowledged(long largestInAck) {
    // A packet that came late, after that frame had left, still waits for its first one.
    long newFloor = Math.min(largestInAck + 1, leastUnacknowledged);
    if (newFloor > floor) {
      floor = newFloor;
      toAcknowledge.removeBelow(floor);
    }
  }

  /** The largest packet number received, -1 for none. */
  public long largest() {
    return largest;
  }

  private boolean isUrgent(long packetNumber) {
    return switch (space) {
      case INITIAL, HANDSHAKE -> true; // RFC 9000 §13.2.1: the handshake waits for nothing.
      case APPLICATION ->
          unacknowledgedAckEliciting >= ACK_EVERY
              || packetNumber < largestAckEliciting
              || isAfterGap(packetNumber);
    };
  }

  /** RFC 9000 §13.2.1: tells the sender of a loss as early as possible. */
  private boolean isAfterGap(long packetNumber) {
    return largestAckEliciting >= 0
        && !toAcknowledge.containsAll(Math.max(largestAckEliciting, floor), packetNumber);
  }

  private static final long NONE_UNACKNOWLEDGED = Long.MAX_VALUE;

  /** RFC 9000 §13.2.2. */
  static final int ACK_EVERY = 2;

  /** Of received packet numbers, in one space. */
  static final int MAX_RANGES = 64;
}
