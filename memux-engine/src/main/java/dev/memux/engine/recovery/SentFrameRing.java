package dev.memux.engine.recovery;

import dev.memux.engine.wire.SentFrames;

/**
 * What many packets carried: the entries of their {@link SentFrames} one behind the other, in
 * arrays that are used again and again. A packet in flight so costs no object. Positions only grow;
 * those at the front are released when nobody asks for them any more.
 */
final class SentFrameRing {
  private static final int INITIAL_ENTRIES = 4;
  private static final int FIELDS = 3;
  private static final SentFrames.Kind[] KINDS = SentFrames.Kind.values();
  private static final byte[] NO_KINDS = {};
  private static final long[] NO_FIELDS = {};

  private byte[] kinds = NO_KINDS;
  private long[] fields = NO_FIELDS;
  private long first;
  private long end;

  /** Position after the last entry. */
  long end() {
    return end;
  }

  /** Entries for which there is room without growing. */
  int capacity() {
    return kinds.length;
  }

  /** Appends a copy of all entries. */
  void add(SentFrames frames) {
    int count = frames.size();
    while (end + count - first > kinds.length) {
      grow();
    }
    for (int i = 0; i < count; i++) {
      int slot = slot(end++);
      kinds[slot] = (byte) frames.kind(i).ordinal();
      fields[slot * FIELDS] = frames.a(i);
      fields[slot * FIELDS + 1] = frames.b(i);
      fields[slot * FIELDS + 2] = frames.c(i);
    }
  }

  /** Copies the entries from one position to before another. */
  void read(long from, long to, SentFrames into) {
    into.clear();
    for (long position = from; position < to; position++) {
      int slot = slot(position);
      into.add(
          KINDS[kinds[slot]],
          fields[slot * FIELDS],
          fields[slot * FIELDS + 1],
          fields[slot * FIELDS + 2]);
    }
  }

  /** Nobody asks for what lies before {@code position} any more. */
  void releaseBefore(long position) {
    first = position;
  }

  /** Forgets everything and gives the memory back. */
  void clear() {
    first = end;
    kinds = NO_KINDS;
    fields = NO_FIELDS;
  }

  private int slot(long position) {
    return (int) position & kinds.length - 1;
  }

  /** Doubles the arrays; every entry gets the slot that belongs to its position now. */
  private void grow() {
    int capacity = Math.max(INITIAL_ENTRIES, kinds.length * 2);
    byte[] moreKinds = new byte[capacity];
    long[] moreFields = new long[capacity * FIELDS];
    for (long position = first; position < end; position++) {
      int from = slot(position);
      int to = (int) position & capacity - 1;
      moreKinds[to] = kinds[from];
      System.arraycopy(fields, from * FIELDS, moreFields, to * FIELDS, FIELDS);
    }
    kinds = moreKinds;
    fields = moreFields;
  }
}
