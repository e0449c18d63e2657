package dev.memux.engine.wire;

import java.util.Arrays;

/**
 * Longs kept as sorted, disjoint, half-open ranges {@code [start, end)} in two arrays. Touching
 * ranges are merged. Who lets a peer grow it bounds {@link #size()}.
 */
public final class RangeSet {
  private static final int INITIAL_RANGES = 2;
  private static final long[] NONE = {};

  private long[] starts = NONE; // most sets of an idle connection never hold anything
  private long[] ends = NONE;
  private int size;

  /** Number of ranges. */
  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /** First value of range {@code i}, counted from the lowest. */
  public long start(int i) {
    return starts[i];
  }

  /** First value after range {@code i}. */
  public long end(int i) {
    return ends[i];
  }

  /** The lowest value; the set must not be empty. */
  public long min() {
    return starts[0];
  }

  /** The first value after the highest one; the set must not be empty. */
  public long max() {
    return ends[size - 1];
  }

  public boolean contains(long value) {
    int i = firstEndingAfter(value);
    return i < size && starts[i] <= value;
  }

  /** Whether all of {@code [start, end)} is in the set. */
  public boolean containsAll(long start, long end) {
    int i = firstEndingAfter(start);
    return start >= end || (i < size && starts[i] <= start && ends[i] >= end);
  }

  /** Whether adding {@code [start, end)}, which is not empty, would make no further range. */
  public boolean touches(long start, long end) {
    int i = firstEndingAfter(start - 1);
    return i < size && starts[i] <= end;
  }

  /**
   * Adds {@code [start, end)}.
   *
   * @return whether the set changed
   */
  public boolean add(long start, long end) {
    if (start >= end) {
      return false;
    }
    if (size > 0 && start == ends[size - 1]) {
      ends[size - 1] = end;
      return true;
    }
    // Everything from `first` to before `last` touches or overlaps the new range.
    int first = firstEndingAfter(start - 1);
    if (first < size && starts[first] <= start && ends[first] >= end) {
      return false;
    }
    int last = first;
    while (last < size && starts[last] <= end) {
      last++;
    }
    if (first == last) {
      insert(first, start, end);
      return true;
    }
    long mergedEnd = Math.max(end, ends[last - 1]);
    starts[first] = Math.min(start, starts[first]);
    ends[first] = mergedEnd;
    delete(first + 1, last);
    return true;
  }

  /** Adds what of {@code [start, end)} is not in {@code excluded}. */
  public void addExcept(long start, long end, RangeSet excluded) {
    long from = start;
    for (int i = excluded.firstEndingAfter(start); from < end; i++) {
      boolean last = i == excluded.size || excluded.starts[i] >= end;
      add(from, last ? end : excluded.starts[i]);
      if (last) {
        return;
      }
      from = excluded.ends[i];
    }
  }

  /** Removes {@code [start, end)}, splitting a range that surrounds it. */
  public void remove(long start, long end) {
    if (start >= end) {
      return;
    }
    int first = firstEndingAfter(start);
    if (first < size && starts[first] < start) {
      long oldEnd = ends[first];
      ends[first] = start;
      first++;
      if (oldEnd > end) {
        insert(first, end, oldEnd);
        return;
      }
    }
    int last = first;
    while (last < size && ends[last] <= end) {
      last++;
    }
    if (last < size && starts[last] < end) {
      starts[last] = end;
    }
    delete(first, last);
  }

  /** Drops the lowest range. */
  public void removeFirst() {
    delete(0, 1);
  }

  /** Drops everything below {@code floor}. */
  public void removeBelow(long floor) {
    if (size > 0 && starts[0] < floor) {
      remove(starts[0], floor);
    }
  }

  public void clear() {
    size = 0;
  }

  /** Index of the first range whose end lies above {@code value}. */
  private int firstEndingAfter(long value) {
    int low = 0;
    int high = size;
    while (low < high) {
      int mid = (low + high) >>> 1;
      if (ends[mid] > value) {
        high = mid;
      } else {
        low = mid + 1;
      }
    }
    return low;
  }

  private void insert(int at, long start, long end) {
    if (size == starts.length) {
      int ranges = Math.max(INITIAL_RANGES, size * 2);
      starts = Arrays.copyOf(starts, ranges);
      ends = Arrays.copyOf(ends, ranges);
    }
    System.arraycopy(starts, at, starts, at + 1, size - at);
    System.arraycopy(ends, at, ends, at + 1, size - at);
    starts[at] = start;
    ends[at] = end;
    size++;
  }

  private void delete(int from, int to) {
    if (from < to) {
      System.arraycopy(starts, to, starts, from, size - to);
      System.arraycopy(ends, to, ends, from, size - to);
      size -= to - from;
    }
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < size; i++) {
      text.append(i == 0 ? "" : ", ").append(starts[i]).append("..").append(ends[i] - 1);
    }
    return text.append('}').toString();
  }
}
