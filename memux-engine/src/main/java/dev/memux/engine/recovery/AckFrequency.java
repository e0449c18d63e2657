package dev.memux.engine.recovery;

import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;

/** How often the peer wants its packets acknowledged (draft-ietf-quic-ack-frequency §4). */
final class AckFrequency {
  private long maxAckDelayNanos;
  private long threshold = DEFAULT_THRESHOLD;
  private long reorderingThreshold = DEFAULT_REORDERING_THRESHOLD;
  private long sequence = -1;

  /**
   * @param maxAckDelayNanos what we have promised, and keep unless the peer asks for something else
   */
  AckFrequency(long maxAckDelayNanos) {
    this.maxAckDelayNanos = maxAckDelayNanos;
  }

  /** How long an acknowledgement may wait. */
  long maxAckDelayNanos() {
    return maxAckDelayNanos;
  }

  /** How many ack-eliciting packets it may wait for; with one more it is due. */
  long threshold() {
    return threshold;
  }

  /** How late a packet must be for that to be told at once; 0: it never is. */
  long reorderingThreshold() {
    return reorderingThreshold;
  }

  void onFrame(ControlFrame.AckFrequency frame, long minAckDelayNanos) throws ProtocolException {
    long requestedMicros = frame.maxAckDelayMicros();
    if (requestedMicros >= TOO_LONG_MICROS || requestedMicros * MICRO_NANOS < minAckDelayNanos) {
      // Draft §4: the first is no max_ack_delay at all, the second what our timers cannot keep.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION,
          frame.type().code(),
          "acknowledgements within " + requestedMicros + " µs");
    }
    if (frame.sequence() <= sequence) {
      return; // overtaken by a newer one
    }
    sequence = frame.sequence();
    maxAckDelayNanos = requestedMicros * MICRO_NANOS;
    threshold = Math.min(frame.threshold(), MAX_THRESHOLD);
    reorderingThreshold = frame.reorderingThreshold();
  }

  /** RFC 9000 §13.2.2: every second packet. */
  static final long DEFAULT_THRESHOLD = 1;

  /** RFC 9000 §13.2.1: at once. */
  static final long DEFAULT_REORDERING_THRESHOLD = 1;

  /**
   * Whatever the peer asks for: what lies between two acknowledgements must not have so many gaps
   * that some are forgotten before they are told ({@link ReceivedPackets#MAX_RANGES}).
   */
  static final long MAX_THRESHOLD = ReceivedPackets.MAX_RANGES;

  /** RFC 9000 §18.2: 2^14 ms. */
  static final long TOO_LONG_MICROS = (1L << 14) * 1000;

  private static final long MICRO_NANOS = 1000;
}
