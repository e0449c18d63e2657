package dev.memux.engine.quic;

import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import java.util.random.RandomGenerator;

/**
 * Asks the peer whether it receives at an address: PATH_CHALLENGE, sent again at growing intervals
 * until it is answered or the time is over (RFC 9000 §8.2).
 */
final class PathValidation {
  /** Challenges of one validation; the answer to any of them counts. */
  static final int MAX_CHALLENGES = 8;

  /** What an answer shows. */
  enum Answer {
    /** It answers none of these challenges. */
    NONE,
    /** The peer receives there; of packets of full size nothing is known. */
    ADDRESS,
    /** Packets of full size arrive there as well. */
    ADDRESS_AND_SIZE
  }

  private static final long NEVER = Long.MAX_VALUE;

  private final RandomGenerator random;
  private final long[] challenges = new long[MAX_CHALLENGES];
  private final boolean[] fullSize = new boolean[MAX_CHALLENGES];
  private final long[] sentNanos = new long[MAX_CHALLENGES];
  private int sent;
  private long roundTripNanos;
  private long intervalNanos;
  private long dueNanos = NEVER;
  private long endNanos = NEVER;

  /**
   * @param random RFC 9000 §8.2.1: who could guess the data could answer from elsewhere
   */
  PathValidation(RandomGenerator random) {
    this.random = random;
  }

  /**
   * The first challenge is due at once.
   *
   * @param intervalNanos the second one comes after this; each next interval is twice as long
   * @param timeoutNanos without an answer it has failed after this
   */
  void start(long intervalNanos, long timeoutNanos, long nowNanos) {
    this.intervalNanos = intervalNanos;
    sent = 0;
    dueNanos = nowNanos;
    endNanos = nowNanos + timeoutNanos;
  }

  void stop() {
    sent = 0;
    dueNanos = NEVER;
    endNanos = NEVER;
  }

  boolean isRunning() {
    return endNanos != NEVER;
  }

  /** When the next challenge should leave. */
  long dueNanos() {
    return dueNanos;
  }

  boolean isDue(long nowNanos) {
    return dueNanos <= nowNanos;
  }

  /** When it fails. */
  long endNanos() {
    return endNanos;
  }

  /**
   * Writes the challenge that is due.
   *
   * @param expanded whether its datagram will have full size
   */
  void write(FrameWriter writer, SentFrames frames, boolean expanded, long nowNanos) {
    long data = random.nextLong();
    if (!writer.pathChallenge(data)) {
      return;
    }
    // Its loss is the timer's business, but it is worth an acknowledgement.
    frames.add(SentFrames.Kind.PING);
    challenges[sent] = data;
    fullSize[sent] = expanded;
    sentNanos[sent] = nowNanos;
    sent++;
    dueNanos = sent < MAX_CHALLENGES ? nowNanos + intervalNanos : NEVER;
    intervalNanos *= 2;
  }

  /**
   * How long the last answer took; 0: none has come. RFC 9002 §6.2.2: what the round trip of a new
   * path may be taken to be at first.
   */
  long roundTripNanos() {
    return roundTripNanos;
  }

  /** PATH_RESPONSE came, on whatever path (RFC 9000 §8.2.3). */
  Answer onResponse(long data, long nowNanos) {
    for (int i = 0; i < sent; i++) {
      if (challenges[i] == data) {
        roundTripNanos = nowNanos - sentNanos[i];
        return fullSize[i] ? Answer.ADDRESS_AND_SIZE : Answer.ADDRESS;
      }
    }
    return Answer.NONE;
  }
}
