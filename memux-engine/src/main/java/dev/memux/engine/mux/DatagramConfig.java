package dev.memux.engine.mux;

import dev.memux.engine.schedule.Priority;

/**
 * How a connection treats unreliable datagrams (RFC 9221). Whether it may send any is the peer's to
 * say.
 *
 * @param maxFrameBytes the largest DATAGRAM frame that the peer may send, type and length included;
 *     0: none at all
 * @param maxQueued how many wait at most to be sent, and as many to be read
 * @param maxQueuedBytes bytes that wait at most in either queue; one datagram always fits. They do
 *     not count in the memory that connections share.
 * @param overflow what happens to a datagram that finds no room in the queue of those to be sent.
 *     Among those to be read the oldest always makes room: a reader that is behind wants the
 *     newest.
 * @param urgency when datagrams are sent, among streams (RFC 9218 §4.1); they take turns with the
 *     streams of the same urgency
 */
public record DatagramConfig(
    long maxFrameBytes, int maxQueued, int maxQueuedBytes, Overflow overflow, int urgency) {
  /** Which datagram a full queue of those to be sent does without. */
  public enum Overflow {
    /** The one that has waited longest: what is sent is fresh. */
    DROP_OLDEST,
    /** The new one: its sender is told and may keep it. */
    DROP_NEWEST
  }

  /** What RFC 9221 §3 recommends: any frame that fits into a packet. */
  public static final long ANY_FRAME_BYTES = 65_535;

  /** Datagrams are accepted; 256 of them, and 256 KiB, may wait each way. */
  public static final DatagramConfig ENABLED =
      new DatagramConfig(
          ANY_FRAME_BYTES, 256, 256 << 10, Overflow.DROP_OLDEST, Priority.DEFAULT.urgency());

  /** The peer must not send any. */
  public static final DatagramConfig DISABLED = ENABLED.withMaxFrameBytes(0);

  /**
   * @throws IllegalArgumentException if a bound is negative, or a queue would hold nothing
   */
  public DatagramConfig {
    if (maxFrameBytes < 0 || maxQueued < 1 || maxQueuedBytes < 1) {
      throw new IllegalArgumentException("datagrams without room");
    }
    priority(urgency);
  }

  /** The same with another bound of what the peer may send; 0: nothing. */
  public DatagramConfig withMaxFrameBytes(long bytes) {
    return new DatagramConfig(bytes, maxQueued, maxQueuedBytes, overflow, urgency);
  }

  /** The same with queues of other sizes. */
  public DatagramConfig withQueue(int datagrams, int bytes) {
    return new DatagramConfig(maxFrameBytes, datagrams, bytes, overflow, urgency);
  }

  /** The same with another choice of what is dropped. */
  public DatagramConfig withOverflow(Overflow choice) {
    return new DatagramConfig(maxFrameBytes, maxQueued, maxQueuedBytes, choice, urgency);
  }

  /** The same with another urgency. */
  public DatagramConfig withUrgency(int other) {
    return new DatagramConfig(maxFrameBytes, maxQueued, maxQueuedBytes, overflow, other);
  }

  static Priority priority(int urgency) {
    return new Priority(urgency, true);
  }
}
