package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DeadlineHeapTest {
  private final DeadlineHeap heap = new DeadlineHeap();

  @Test
  void isEmptyAtFirst() {
    assertEquals(Long.MAX_VALUE, heap.earliestNanos());
    assertNull(heap.pollDue(Long.MAX_VALUE - 1));
  }

  @Test
  void yieldsWhatIsDueAndNoMore() {
    DrivenConnection early = entry(10);
    DrivenConnection late = entry(20);
    assertNull(heap.pollDue(9));
    assertSame(early, heap.pollDue(10));
    assertNull(heap.pollDue(19));
    assertSame(late, heap.pollDue(1000));
    assertEquals(0, heap.size());
  }

  @Test
  void noDeadlineTakesAConnectionOut() {
    DrivenConnection c = entry(5);
    heap.update(c, Long.MAX_VALUE);
    assertEquals(0, heap.size());
    assertEquals(Long.MAX_VALUE, heap.earliestNanos());
    heap.remove(c); // no effect
  }

  @Test
  void comparesTimesAcrossTheWrapOfTheClock() {
    DrivenConnection after = entry(Long.MIN_VALUE + 5);
    DrivenConnection before = entry(Long.MAX_VALUE - 5);
    assertEquals(Long.MAX_VALUE - 5, heap.earliestNanos());
    assertSame(before, heap.pollDue(Long.MIN_VALUE));
    assertNull(heap.pollDue(Long.MIN_VALUE));
    assertSame(after, heap.pollDue(Long.MIN_VALUE + 5));
  }

  @Test
  void agreesWithSortingUnderRandomChanges() {
    Random random = new Random(42);
    List<DrivenConnection> all = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      all.add(entry(random.nextInt(1000)));
    }
    for (int i = 0; i < 5000; i++) {
      DrivenConnection c = all.get(random.nextInt(all.size()));
      if (random.nextInt(4) == 0) {
        heap.remove(c);
      } else {
        heap.update(c, random.nextInt(1000));
      }
      long earliest =
          all.stream().mapToLong(each -> each.deadlineNanos).min().orElse(Long.MAX_VALUE);
      assertEquals(earliest, heap.earliestNanos());
    }
    int left = heap.size();
    for (DrivenConnection c; (c = heap.pollDue(1000)) != null; left--) {
      assertEquals(-1, c.heapIndex);
    }
    assertEquals(0, left);
  }

  @SuppressWarnings("NullAway") // the heap looks at neither driver nor connection
  private DrivenConnection entry(long deadline) {
    DrivenConnection c = new DrivenConnection(null, null);
    heap.update(c, deadline);
    return c;
  }
}
