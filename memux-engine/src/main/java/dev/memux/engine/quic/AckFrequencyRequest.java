package dev.memux.engine.quic;

import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportParameters;

/**
 * Asks a peer that can be asked to acknowledge less often where much is in flight
 * (draft-ietf-quic-ack-frequency): some acknowledgements a round trip are all that congestion
 * control and loss recovery need.
 */
final class AckFrequencyRequest {
  private long minAckDelayMicros = TransportParameters.NO_ACK_FREQUENCY;
  private long maxAckDelayMicros;
  private long threshold = UNASKED;
  private long wantedThreshold = UNASKED;
  private long rttMicros;
  private long nextSequence;
  private boolean pending;

  void onPeerParameters(TransportParameters parameters) {
    minAckDelayMicros = parameters.minAckDelayMicros();
    maxAckDelayMicros = parameters.maxAckDelayMillis() * 1000;
  }

  /** Whether the peer can be asked, and told to acknowledge at once. */
  boolean isTaken() {
    return minAckDelayMicros != TransportParameters.NO_ACK_FREQUENCY;
  }

  /** What the path is like. */
  void onPath(long smoothedRttNanos, long windowBytes, int datagramBytes) {
    if (!isTaken()) {
      return;
    }
    rttMicros = smoothedRttNanos / 1000;
    long packets = windowBytes / datagramBytes;
    long wanted = Math.clamp(packets / ACKS_PER_WINDOW - 1, UNASKED, MAX_THRESHOLD);
    // A frame for each twofold change is enough.
    if (wanted >= 2 * wantedThreshold || 2 * wanted <= wantedThreshold) {
      wantedThreshold = wanted;
      pending = wanted != threshold;
    }
  }

  boolean hasPending() {
    return pending;
  }

  void write(FrameWriter writer, SentFrames sent) {
    if (!pending) {
      return;
    }
    if (writer.ackFrequency(
        nextSequence, wantedThreshold, requestedMicros(), REORDERING_THRESHOLD)) {
      sent.add(SentFrames.Kind.ACK_FREQUENCY, nextSequence);
      nextSequence++;
      threshold = wantedThreshold;
      pending = false;
    }
  }

  /** What is asked for now is asked for again, unless a newer frame has done so. */
  void onLost(long sequence) {
    pending |= sequence == nextSequence - 1;
  }

  /**
   * Never more than the peer has announced, which the probe timeout counts on (RFC 9002 §6.2.1),
   * and less where that would be the larger part of a round trip.
   */
  private long requestedMicros() {
    return Math.clamp(rttMicros / 4, minAckDelayMicros, maxAckDelayMicros);
  }

  /**
   * Draft §8.1: enough for each window that its growth does not come in bursts, and that HyStart++
   * has its eight samples a round trip (RFC 9406 §4.3) while the window doubles.
   */
  static final int ACKS_PER_WINDOW = 16;

  /** Who lacks more of them cannot tell losses from reordering in time. */
  static final long MAX_THRESHOLD = 63;

  /** RFC 9002 §6.1.1: what our loss detection waits for. */
  private static final long REORDERING_THRESHOLD = 3;

  /** RFC 9000 §13.2.2: what the peer does without being asked. */
  private static final long UNASKED = 1;
}
