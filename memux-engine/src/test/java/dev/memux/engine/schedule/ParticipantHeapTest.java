package dev.memux.engine.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParticipantHeapTest {
  private static final Group GROUP = new Scheduler<Integer>(SchedulerConfig.DEFAULT).defaultGroup();

  @ParameterizedTest
  @EnumSource
  void firstIsTheLeastOfThoseThatAreThere(ParticipantHeap.Order order) {
    Comparator<Entry<Integer>> byId = Comparator.comparingLong(e -> e.id);
    Comparator<Entry<Integer>> least =
        order == ParticipantHeap.Order.ID
            ? byId
            : Comparator.<Entry<Integer>>comparingLong(e -> e.key).thenComparing(byId);
    for (long seed = 0; seed < 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      ParticipantHeap<Entry<Integer>> heap =
          new ParticipantHeap<>(order, ParticipantHeap.Index.READY);
      List<Entry<Integer>> present = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        if (present.isEmpty() || random.nextInt(5) < 2) {
          Entry<Integer> entry = entry(i ^ 0x55, random.nextInt(100));
          present.add(entry);
          heap.add(entry);
        } else if (random.nextBoolean()) {
          Entry<Integer> entry = present.get(random.nextInt(present.size()));
          entry.key += random.nextInt(50);
          heap.onKeyGrown(entry);
        } else {
          Entry<Integer> entry = present.remove(random.nextInt(present.size()));
          heap.remove(entry);
          assertFalse(entry.isReady(), "seed " + seed);
        }
        assertEquals(present.isEmpty(), heap.isEmpty(), "seed " + seed);
        if (!present.isEmpty()) {
          assertSame(present.stream().min(least).orElseThrow(), heap.first(), "seed " + seed);
        }
      }
    }
  }

  @Test
  void bothIndexesKeepTheirOwnPlaces() {
    ParticipantHeap<Entry<Integer>> ready =
        new ParticipantHeap<>(ParticipantHeap.Order.KEY, ParticipantHeap.Index.READY);
    ParticipantHeap<Entry<Integer>> lost =
        new ParticipantHeap<>(ParticipantHeap.Order.KEY, ParticipantHeap.Index.LOST);
    Entry<Integer> a = entry(0, 1);
    Entry<Integer> b = entry(4, 2);
    ready.add(a);
    ready.add(b);
    lost.add(b);
    assertFalse(a.hasLost());
    ready.remove(b);
    assertSame(b, lost.first());
    lost.remove(b);
    assertSame(a, ready.first());
    assertTrue(lost.isEmpty());
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 1_000, 100_000})
  void comparisonsGrowWithTheLogarithm(int size) {
    CountingHeap heap = new CountingHeap();
    SplittableRandom random = new SplittableRandom(size);
    List<Entry<Integer>> all = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      Entry<Integer> entry = entry(i, random.nextInt(1_000_000));
      all.add(entry);
      heap.add(entry);
    }
    int depth = 0;
    for (long nodes = 1; nodes < size; nodes = 4 * nodes + 1) {
      depth++;
    }
    // Four on each level on the way down, one on the way up.
    int limit = 5 * depth + 1;
    int most = 0;
    for (int i = 0; i < 10_000; i++) {
      heap.comparisons = 0;
      Entry<Integer> first = heap.first();
      first.key += 1_000_000;
      heap.onKeyGrown(first);
      most = Math.max(most, heap.comparisons);

      heap.comparisons = 0;
      Entry<Integer> any = all.get(random.nextInt(size));
      heap.remove(any);
      most = Math.max(most, heap.comparisons);

      heap.comparisons = 0;
      any.key = first.key - 2_000_000;
      heap.add(any);
      most = Math.max(most, heap.comparisons);
    }
    System.out.printf("%,d entries: at most %d comparisons an operation%n", size, most);
    assertTrue(most <= limit, most + " > " + limit);
  }

  private static Entry<Integer> entry(long id, long key) {
    Entry<Integer> entry = new Entry<>(id, 0, Priority.DEFAULT, GROUP);
    entry.key = key;
    return entry;
  }

  private static final class CountingHeap extends ParticipantHeap<Entry<Integer>> {
    int comparisons;

    CountingHeap() {
      super(Order.KEY, Index.READY);
    }

    @Override
    boolean precedes(long rankA, Participant a, long rankB, Participant b) {
      comparisons++;
      return super.precedes(rankA, a, rankB, b);
    }
  }
}
