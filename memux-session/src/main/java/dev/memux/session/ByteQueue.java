package dev.memux.session;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue of bytes between two threads: one puts in, the other takes out, neither waits for
 * the other. (Who they are may change, if one hands over to the next through a lock.)
 *
 * <p>The bytes stand in a ring that begins small and grows with use; a grown ring follows the one
 * before it, which is drained first.
 */
final class ByteQueue {
  /**
   * The most that waits: enough to keep an event loop busy while the other thread is woken, and
   * seldom.
   */
  static final int CAPACITY_BYTES = 512 << 10;

  private static final int MIN_RING_BYTES = 128;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private static final class Ring {
    final byte[] bytes;

    /** Position in the queue of the first byte. */
    final long from;

    /** Position after the last byte, when a larger ring has followed. */
    long to = Long.MAX_VALUE;

    @Nullable Ring next;

    Ring(int size, long from) {
      this.bytes = new byte[size];
      this.from = from;
    }

    int index(long position) {
      return (int) (position - from) & (bytes.length - 1);
    }
  }

  /** The producer's; the consumer may look at it when it has seen that there is something in it. */
  private @Nullable Ring tail;

  /** The consumer's; the first is set by the producer. */
  private @Nullable Ring head;

  private volatile long put;
  private volatile long taken;

  /** How much has ever been put in. Any thread. */
  long put() {
    return put;
  }

  /** How much has ever been taken out. Any thread. */
  long taken() {
    return taken;
  }

  /** How much waits. Any thread. */
  int size() {
    long before = taken; // first, so that the difference cannot be negative
    return (int) (put - before);
  }

  boolean isEmpty() {
    return size() == 0;
  }

  /** How much more may be put in. Any thread. */
  int room() {
    return CAPACITY_BYTES - size();
  }

  // The producer's.

  /**
   * A place for the next bytes, of at most {@code wanted} and at least one if there is room; empty:
   * the queue is full.
   */
  ByteBuffer reserve(int wanted) {
    int length = Math.min(wanted, room());
    Ring ring = writable(length);
    int index = ring.index(put);
    int free = ring.bytes.length - (int) (put - Math.max(taken, ring.from));
    length = Math.min(length, Math.min(free, ring.bytes.length - index));
    return ByteBuffer.wrap(ring.bytes, index, length);
  }

  /** {@code length} bytes have been written where {@link #reserve} said; returns that. */
  int commit(int length) {
    long before = put;
    put = before + length;
    return length;
  }

  /** Takes from {@code source} what there is room for; returns how much that was. */
  int put(ByteBuffer source) {
    int length = Math.min(source.remaining(), room());
    int left = length;
    while (left > 0) {
      ByteBuffer place = reserve(left);
      int n = place.remaining();
      place.put(place.position(), source, source.position(), n);
      source.position(source.position() + n);
      commit(n);
      left -= n;
    }
    return length;
  }

  private Ring writable(int length) {
    Ring ring = tail;
    if (ring == null) {
      ring = new Ring(size(length), put);
      tail = ring;
      head = ring;
    } else if (ring.bytes.length < CAPACITY_BYTES
        && ring.bytes.length - (put - Math.max(taken, ring.from)) < length) {
      Ring larger = new Ring(size(Math.max(length, 2 * ring.bytes.length)), put);
      ring.to = put;
      ring.next = larger;
      tail = larger;
      ring = larger;
    }
    return ring;
  }

  /** A power of two. */
  private static int size(int length) {
    int enough = Math.clamp(length, MIN_RING_BYTES, CAPACITY_BYTES);
    return Integer.highestOneBit(enough - 1) << 1;
  }

  // The consumer's.

  /** The next bytes, as many as stand in one piece; empty: there are none. */
  ByteBuffer peek() {
    int length = size();
    if (length == 0) {
      return NOTHING;
    }
    Ring ring = readable();
    int index = ring.index(taken);
    long inRing = Math.min(length, ring.to - taken);
    return ByteBuffer.wrap(ring.bytes, index, (int) Math.min(inRing, ring.bytes.length - index));
  }

  /** The first {@code length} bytes are not needed any more. */
  void remove(int length) {
    long before = taken;
    taken = before + length;
  }

  /** Moves what is there and fits to {@code target}; returns how much that was. */
  int take(ByteBuffer target) {
    int length = Math.min(target.remaining(), size());
    int left = length;
    while (left > 0) {
      ByteBuffer piece = peek();
      int n = Math.min(left, piece.remaining());
      target.put(target.position(), piece, piece.position(), n);
      target.position(target.position() + n);
      remove(n);
      left -= n;
    }
    return length;
  }

  private Ring readable() {
    Ring ring = head;
    while (ring != null && taken == ring.to) {
      ring = ring.next;
      head = ring;
    }
    if (ring == null) {
      throw new IllegalStateException("nothing has been put in");
    }
    return ring;
  }
}
