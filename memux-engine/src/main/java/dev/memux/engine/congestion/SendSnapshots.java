package dev.memux.engine.congestion;

import java.util.Arrays;

/**
 * What {@link DeliverySampler} knew when packets left: a ring of parallel arrays, with a record for
 * all packets that left at the same time. A record is named by its position and goes when all
 * before it, and its own packets, are acknowledged, lost or forgotten; so the window bounds the
 * ring.
 */
final class SendSnapshots {
  private static final int INITIAL_RECORDS = 16;
  static final int NONE = -1;

  private long[] sentNanos = new long[INITIAL_RECORDS];
  private long[] firstSentNanos = new long[INITIAL_RECORDS];
  private long[] delivered = new long[INITIAL_RECORDS];
  private long[] deliveredNanos = new long[INITIAL_RECORDS];
  private long[] lost = new long[INITIAL_RECORDS];
  private long[] inFlight = new long[INITIAL_RECORDS];
  private long[] outstanding = new long[INITIAL_RECORDS];
  private boolean[] applicationLimited = new boolean[INITIAL_RECORDS];
  private int first;
  private int size;

  int size() {
    return size;
  }

  /** Nothing is in flight. */
  void clear() {
    first = 0;
    size = 0;
  }

  /** Whether the last record is of that time: further packets join it. */
  boolean isLast(long nanos) {
    return size > 0 && sentNanos[slot(size - 1)] == nanos;
  }

  /** Another packet left at the time of the last record. */
  void join(int bytes, long inFlightBytes) {
    int slot = slot(size - 1);
    outstanding[slot] += bytes;
    inFlight[slot] = inFlightBytes;
  }

  /** Times must not go backwards. */
  void add(
      long nanos,
      long firstNanos,
      long deliveredBytes,
      long deliveredAtNanos,
      long lostBytes,
      boolean limited) {
    if (size == sentNanos.length) {
      grow();
    }
    int slot = slot(size++);
    sentNanos[slot] = nanos;
    firstSentNanos[slot] = firstNanos;
    delivered[slot] = deliveredBytes;
    deliveredNanos[slot] = deliveredAtNanos;
    lost[slot] = lostBytes;
    applicationLimited[slot] = limited;
    inFlight[slot] = 0;
    outstanding[slot] = 0;
  }

  /** The slot of the record of that time, {@link #NONE} if there is none. */
  int find(long nanos) {
    int low = 0;
    int high = size - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int slot = slot(middle);
      if (sentNanos[slot] == nanos) {
        return slot;
      }
      if (sentNanos[slot] < nanos) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return NONE;
  }

  /** Packets of a record have left the network, or nobody will know. */
  void settle(int slot, long bytes) {
    outstanding[slot] -= bytes;
    while (size > 0 && outstanding[first] <= 0) {
      first = first + 1 & sentNanos.length - 1;
      size--;
    }
  }

  long sentNanos(int slot) {
    return sentNanos[slot];
  }

  /** When the newest packet had been sent of those that had been delivered by then. */
  long firstSentNanos(int slot) {
    return firstSentNanos[slot];
  }

  /** Bytes delivered by then. */
  long delivered(int slot) {
    return delivered[slot];
  }

  /** When the last of them were. */
  long deliveredNanos(int slot) {
    return deliveredNanos[slot];
  }

  /** Bytes lost by then. */
  long lost(int slot) {
    return lost[slot];
  }

  /** Bytes in flight afterwards. */
  long inFlight(int slot) {
    return inFlight[slot];
  }

  /** Whether there was less to send than could have been sent. */
  boolean isApplicationLimited(int slot) {
    return applicationLimited[slot];
  }

  private int slot(int index) {
    return first + index & sentNanos.length - 1;
  }

  private void grow() {
    sentNanos = unrolled(sentNanos);
    firstSentNanos = unrolled(firstSentNanos);
    delivered = unrolled(delivered);
    deliveredNanos = unrolled(deliveredNanos);
    lost = unrolled(lost);
    inFlight = unrolled(inFlight);
    outstanding = unrolled(outstanding);
    boolean[] limited = Arrays.copyOfRange(applicationLimited, first, first + 2 * size);
    System.arraycopy(applicationLimited, 0, limited, size - first, first);
    applicationLimited = limited;
    first = 0;
  }

  /** Twice as long, the oldest first; the ring is full. */
  private long[] unrolled(long[] ring) {
    long[] longer = Arrays.copyOfRange(ring, first, first + 2 * size);
    System.arraycopy(ring, 0, longer, size - first, first);
    return longer;
  }
}
