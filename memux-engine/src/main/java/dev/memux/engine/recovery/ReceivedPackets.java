package dev.memux.engine.recovery;

import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.EcnCounts;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
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
  private final AckFrequency frequency;
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

  /** The packet received last was marked by a congested router. */
  private boolean congestedLast;

  /** The largest number in an ACK frame that was sent. */
  private long largestSent = -1;

  /** The least number that came after the last ACK frame was written. */
  private long leastUnacknowledged = NONE_UNACKNOWLEDGED;

  private long ackDeadlineNanos = SentSpace.NEVER;

  /**
   * @param maxAckDelayNanos how long an acknowledgement may wait in the {@link
   *     PacketSpace#APPLICATION} space, as promised to the peer in max_ack_delay
   */
  public ReceivedPackets(PacketSpace space, long maxAckDelayNanos) {
    this.space = space;
    this.frequency = new AckFrequency(maxAckDelayNanos);
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
      // draft-ietf-quic-ack-frequency §6.3: who asked for few acknowledgements hears of its
      // beginning.
      boolean congested =
          codepoint == EcnCounts.CE && (frequency.threshold() <= 1 || !congestedLast);
      boolean urgent = congested || isUrgent(packetNumber);
      long dueNanos = urgent ? nowNanos : nowNanos + frequency.maxAckDelayNanos();
      ackDeadlineNanos = Math.min(ackDeadlineNanos, dueNanos);
      largestAckEliciting = Math.max(largestAckEliciting, packetNumber);
    }
    congestedLast = codepoint == EcnCounts.CE;
  }

  /**
   * The peer says how often it wants to hear of packets (draft-ietf-quic-ack-frequency §4).
   *
   * @param minAckDelayNanos the least delay that it was told it may ask for
   */
  public void onAckFrequency(ControlFrame.AckFrequency frame, long minAckDelayNanos)
      throws ProtocolException {
    frequency.onFrame(frame, minAckDelayNanos);
  }

  /** The peer wants to hear of its packets now (draft-ietf-quic-ack-frequency §5). */
  public void onImmediateAck(long nowNanos) {
    ackDeadlineNanos = nowNanos;
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
    largestSent = toAcknowledge.max() - 1;
    sent.add(SentFrames.Kind.ACK, largestSent);
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
          unacknowledgedAckEliciting > frequency.threshold() || isReordered(packetNumber);
    };
  }

  /** RFC 9000 §13.2.1: tells the sender of a loss as early as possible. */
  private boolean isReordered(long packetNumber) {
    long window = frequency.reorderingThreshold();
    if (window == 0) {
      return false;
    }
    if (window == 1) {
      return packetNumber < largestAckEliciting || isAfterGap(packetNumber);
    }
    // draft-ietf-quic-ack-frequency §6.2: when the sender would take a packet for lost, or would
    // have done so already.
    long newest = Math.max(largestAckEliciting, packetNumber);
    return packetNumber <= largestSent - window
        || (newest - window >= floor && isMissingSince(largestSent - window, newest - window));
  }

  /** Whether a packet above {@code reported}, up to {@code last}, has not been received. */
  private boolean isMissingSince(long reported, long last) {
    long from = Math.max(reported + 1, floor);
    return from <= last && !toAcknowledge.containsAll(from, last + 1);
  }

  private boolean isAfterGap(long packetNumber) {
    return largestAckEliciting >= 0
        && !toAcknowledge.containsAll(Math.max(largestAckEliciting, floor), packetNumber);
  }

  private static final long NONE_UNACKNOWLEDGED = Long.MAX_VALUE;

  /** Of received packet numbers, in one space. */
  static final int MAX_RANGES = 64;
}
