package dev.memux.netty;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one loop by their next deadline: a binary heap in which each connection knows
 * its place, so that moving a deadline is O(log n) and allocates nothing.
 */
final class DeadlineHeap {
  private @Nullable DrivenConnection[] heap = new DrivenConnection[16];
  private int size;

  int size() {
    return size;
  }

  /** The earliest deadline; {@link Long#MAX_VALUE}: none. */
  long earliestNanos() {
    return size == 0 ? Long.MAX_VALUE : at(0).deadlineNanos;
  }

  /** Sets {@code c}'s deadline; {@link Long#MAX_VALUE} takes it out. */
  void update(DrivenConnection c, long deadlineNanos) {
    if (deadlineNanos == Long.MAX_VALUE) {
      remove(c);
      return;
    }
    if (c.heapIndex < 0) {
      if (size == heap.length) {
        heap = Arrays.copyOf(heap, size * 2);
      }
      c.deadlineNanos = deadlineNanos;
      place(c, size++);
      siftUp(c);
      return;
    }
    long before = c.deadlineNanos;
    c.deadlineNanos = deadlineNanos;
    if (earlier(deadlineNanos, before)) {
      siftUp(c);
    } else {
      siftDown(c);
    }
  }

  void remove(DrivenConnection c) {
    int hole = c.heapIndex;
    if (hole < 0) {
      return;
    }
    c.heapIndex = -1;
    c.deadlineNanos = Long.MAX_VALUE;
    DrivenConnection last = at(--size);
    heap[size] = null;
    if (hole != size) {
      place(last, hole);
      siftUp(last);
      siftDown(last);
    }
  }

  /** Takes out a connection whose deadline has come, or returns null. */
  @Nullable DrivenConnection pollDue(long nowNanos) {
    if (size == 0 || earlier(nowNanos, at(0).deadlineNanos)) {
      return null;
    }
    DrivenConnection due = at(0);
    remove(due);
    return due;
  }

  private void siftUp(DrivenConnection c) {
    int i = c.heapIndex;
    while (i > 0) {
      int parent = (i - 1) >>> 1;
      DrivenConnection p = at(parent);
      if (!earlier(c.deadlineNanos, p.deadlineNanos)) {
        break;
      }
      place(p, i);
      i = parent;
    }
    place(c, i);
  }

  private void siftDown(DrivenConnection c) {
    int i = c.heapIndex;
    for (int child; (child = 2 * i + 1) < size; ) {
      if (child + 1 < size && earlier(at(child + 1).deadlineNanos, at(child).deadlineNanos)) {
        child++;
      }
      DrivenConnection smaller = at(child);
      if (!earlier(smaller.deadlineNanos, c.deadlineNanos)) {
        break;
      }
      place(smaller, i);
      i = child;
    }
    place(c, i);
  }

  private void place(DrivenConnection c, int i) {
    heap[i] = c;
    c.heapIndex = i;
  }

  @SuppressWarnings("NullAway") // below size no place is empty
  private DrivenConnection at(int i) {
    return heap[i];
  }

  /** The clock may wrap around, so times are compared by their difference. */
  private static boolean earlier(long a, long b) {
    return a - b < 0;
  }
}
