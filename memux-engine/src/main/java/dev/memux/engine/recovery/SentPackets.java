package dev.memux.engine.recovery;

import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.SentFrames;

/**
 * Records of sent packets in the order of their numbers: a ring of parallel arrays. A record is
 * named by its position, which it keeps until it is removed; positions only grow. Removing one in
 * the middle leaves a hole that goes when all before it are gone.
 *
 * <p>Only packets in flight have records, so numbers may have gaps: skipped numbers and packets
 * with nothing but ACK frames. A peer that never acknowledges our ACKs therefore costs nothing, and
 * the congestion window bounds the ring.
 */
final class SentPackets {
  /** Few, for handshakes; none before the first packet, as some spaces never see one. */
  private static final int INITIAL_RECORDS = 4;

  /** Room that is kept for the next burst when nothing is in flight: 5 MB of full packets. */
  static final int KEPT_RECORDS = 4096;

  private static final long[] NO_LONGS = {};
  private static final int[] NO_INTS = {};
  private static final byte[] NO_BYTES = {};

  private static final byte HOLE = 0;
  private static final byte PRESENT = 1;
  private static final byte ACK_ELICITING = 2;
  private static final byte ACKED = 4;

  /** Sent with an ECN codepoint that matters. */
  private static final byte ECT = 8;

  private static final int ECT_SHIFT = 3; // the highest of the flags

  private long[] numbers = NO_LONGS;
  private long[] nanos = NO_LONGS;
  private int[] bytes = NO_INTS;
  private byte[] flags = NO_BYTES;

  /** Where in {@link #frames} begins what a packet carried; it ends where the next one's begins. */
  private long[] framesFrom = NO_LONGS;

  private final SentFrameRing frames = new SentFrameRing();
  private int mask = -1;
  private long first;
  private long end;

  private long lowestMarked;
  private long highestMarked;
  private boolean markedAckEliciting;
  private int markedEct;

  /** Position of the oldest record; {@link #end()} if there is none. */
  long first() {
    return first;
  }

  /** Position after the newest record. */
  long end() {
    return end;
  }

  boolean isEmpty() {
    return first == end;
  }

  /** Records and holes. */
  int size() {
    return (int) (end - first);
  }

  /**
   * Appends a record, with a copy of its content. Its number must be above all before it.
   *
   * @param ect whether it left as ECN-capable
   */
  void add(
      long number,
      long sentNanos,
      int size,
      boolean ackEliciting,
      boolean ect,
      SentFrames content) {
    if (size() == numbers.length) {
      grow();
    }
    int slot = slot(end++);
    numbers[slot] = number;
    nanos[slot] = sentNanos;
    bytes[slot] = size;
    int eliciting = ackEliciting ? PRESENT | ACK_ELICITING : PRESENT;
    flags[slot] = (byte) (ect ? eliciting | ECT : eliciting);
    framesFrom[slot] = frames.end();
    frames.add(content);
  }

  boolean isPresent(long position) {
    return flags[slot(position)] != HOLE;
  }

  boolean isAckEliciting(long position) {
    return (flags[slot(position)] & ACK_ELICITING) != 0;
  }

  /** Whether it left as ECN-capable, and not before {@link #forgetEct}. */
  boolean isEct(long position) {
    return (flags[slot(position)] & ECT) != 0;
  }

  /** Whether packets so far were ECN-capable does not matter any more. */
  void forgetEct() {
    for (long p = first; p < end; p++) {
      flags[slot(p)] &= ~ECT;
    }
  }

  /** Whether {@link #markAcked} has marked it. */
  boolean isAcked(long position) {
    return (flags[slot(position)] & ACKED) != 0;
  }

  /** Present and not marked as acknowledged. */
  boolean isOutstanding(long position) {
    return (flags[slot(position)] & (PRESENT | ACKED)) == PRESENT;
  }

  long number(long position) {
    return numbers[slot(position)];
  }

  /** The time given to {@link #add}. */
  long nanos(long position) {
    return nanos[slot(position)];
  }

  int bytes(long position) {
    return bytes[slot(position)];
  }

  /** Copies what the packet carried. */
  void readFrames(long position, SentFrames into) {
    frames.read(framesFrom[slot(position)], framesFrom(position + 1), into);
  }

  private long framesFrom(long position) {
    return position == end ? frames.end() : framesFrom[slot(position)];
  }

  /** Removes a record. Holes at the front go with {@link #trim}. */
  void remove(long position) {
    flags[slot(position)] = HOLE;
  }

  /** Drops the holes at the front. */
  void trim() {
    while (first < end && flags[slot(first)] == HOLE) {
      first++;
    }
    if (first == end && Math.max(numbers.length, frames.capacity()) > KEPT_RECORDS) {
      clear();
    } else {
      frames.releaseBefore(framesFrom(first));
    }
  }

  /** Records for which there is room without growing. */
  int capacity() {
    return numbers.length;
  }

  /**
   * Marks the records that a frame acknowledges. The marks of the last call, if any, must have been
   * removed.
   *
   * @return whether there was one; then the methods below tell of them
   */
  boolean markAcked(AckFrame ack) {
    lowestMarked = end;
    highestMarked = first - 1;
    markedAckEliciting = false;
    markedEct = 0;
    for (int i = 0; i < ack.rangeCount(); i++) {
      long smallest = ack.smallest(i);
      for (long p = floor(ack.largest(i)); p >= first && number(p) >= smallest; p--) {
        mark(p);
      }
      // Ranges descend: what follows lies below all records, however many ranges a peer sends.
      if (first == end || smallest <= number(first)) {
        break;
      }
    }
    return highestMarked >= lowestMarked;
  }

  long lowestMarked() {
    return lowestMarked;
  }

  long highestMarked() {
    return highestMarked;
  }

  boolean hasMarkedAckEliciting() {
    return markedAckEliciting;
  }

  /** How many of those marked {@linkplain #isEct left as ECN-capable}. */
  int markedEct() {
    return markedEct;
  }

  /**
   * Position of the highest number that is at most {@code number}; before {@link #first()} if there
   * is none.
   */
  long floor(long number) {
    if (first == end || number < number(first)) {
      return first - 1;
    }
    // Numbers grow by at least one from record to record, so without gaps this is the record and
    // with gaps it is too high.
    long high = Math.min(first + (number - number(first)), end - 1);
    if (number(high) <= number) {
      return high;
    }
    long low = first;
    while (high - low > 1) {
      long middle = (low + high) >>> 1;
      if (number(middle) <= number) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Forgets everything and gives the memory back. */
  void clear() {
    first = end;
    numbers = NO_LONGS;
    nanos = NO_LONGS;
    bytes = NO_INTS;
    flags = NO_BYTES;
    framesFrom = NO_LONGS;
    frames.clear();
    mask = -1;
  }

  private void mark(long position) {
    int slot = slot(position);
    if (flags[slot] == HOLE) {
      return;
    }
    flags[slot] |= ACKED;
    markedAckEliciting |= (flags[slot] & ACK_ELICITING) != 0;
    markedEct += flags[slot] >> ECT_SHIFT;
    lowestMarked = Math.min(lowestMarked, position);
    highestMarked = Math.max(highestMarked, position);
  }

  private int slot(long position) {
    return (int) position & mask;
  }

  /**
   * Doubles the arrays; every record keeps its position, and gets the slot that belongs to it now.
   */
  private void grow() {
    int capacity = Math.max(INITIAL_RECORDS, numbers.length * 2);
    long[] moreNumbers = new long[capacity];
    long[] moreNanos = new long[capacity];
    int[] moreBytes = new int[capacity];
    byte[] moreFlags = new byte[capacity];
    long[] moreFramesFrom = new long[capacity];
    for (long p = first; p < end; p++) {
      int from = slot(p);
      int to = (int) p & (capacity - 1);
      moreNumbers[to] = numbers[from];
      moreNanos[to] = nanos[from];
      moreBytes[to] = bytes[from];
      moreFlags[to] = flags[from];
      moreFramesFrom[to] = framesFrom[from];
    }
    numbers = moreNumbers;
    nanos = moreNanos;
    bytes = moreBytes;
    flags = moreFlags;
    framesFrom = moreFramesFrom;
    mask = capacity - 1;
  }
}
