package dev.memux.engine.recovery;

import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;

/**
 * The sent packets of one packet number space and what its timers need to know (RFC 9002 Appendix
 * A.3).
 */
final class SentSpace {
  final PacketSpace space;

  /** In flight: neither acknowledged nor lost. */
  final SentPackets inFlight = new SentPackets();

  final LostPackets lost;

  final EcnSpace ecn = new EcnSpace();

  long largestAcked = NONE;
  int ackElicitingInFlight;

  /** Of the last ack-eliciting packet sent. */
  long lastAckElicitingNanos;

  /** When the next packet is lost by the time threshold, {@link #NEVER} if none waits for that. */
  long lossDeadlineNanos = NEVER;

  /** Ack-eliciting packets to send whatever the congestion window says (RFC 9002 §6.2.4). */
  int probesPending;

  boolean isDiscarded;

  private final SkippedNumbers skipped = new SkippedNumbers();
  private long largestUsed = NONE;

  /** The first packet of the path in use. */
  private long pathFrom;

  SentSpace(PacketSpace space, LostPackets lost) {
    this.space = space;
    this.lost = lost;
  }

  /** Takes the next number, whether for a packet or to leave it out. */
  void use(long packetNumber) {
    if (isDiscarded) {
      throw new IllegalStateException(space + " keys were discarded");
    }
    // RFC 9000 §12.3: a number used twice would use a nonce twice.
    if (packetNumber <= largestUsed) {
      throw new IllegalArgumentException("packet number " + packetNumber + " after " + largestUsed);
    }
    largestUsed = packetNumber;
  }

  void skip(long packetNumber) {
    use(packetNumber);
    skipped.add(packetNumber);
  }

  /**
   * RFC 9000 §13.1, §21.4: who acknowledges what was not sent does not control its sender by what
   * arrives.
   */
  void check(AckFrame ack) throws ProtocolException {
    if (ack.largest() > largestUsed) {
      throw violation(ack.largest());
    }
    long number = skipped.acknowledgedBy(ack);
    if (number != NONE) {
      throw violation(number);
    }
  }

  /** No packet has had that number or a larger one. */
  long nextNumber() {
    return largestUsed + 1;
  }

  /** What is sent from now on goes another way. */
  void onNewPath() {
    pathFrom = largestUsed + 1;
    inFlight.forgetEct();
    ecn.onNewPath();
  }

  /** Whether a packet in flight was sent on the path in use. */
  boolean isOnPath(long position) {
    return inFlight.number(position) >= pathFrom;
  }

  /** A record is about to be removed from {@link #inFlight}. */
  void onOutOfFlight(long position) {
    if (inFlight.isAckEliciting(position)) {
      ackElicitingInFlight--;
    }
  }

  /**
   * Every packet up to this number was sent {@code packets} packets or more before the largest
   * acknowledged one.
   */
  long sentBeforeLargestAcked(int packets) {
    return skipped.below(largestAcked, packets);
  }

  private static ProtocolException violation(long packetNumber) {
    return new ProtocolException(
        TransportError.PROTOCOL_VIOLATION,
        FrameType.ACK.code(),
        "packet " + packetNumber + " acknowledged but never sent");
  }

  static final long NONE = -1;
  static final long NEVER = Long.MAX_VALUE;
}
