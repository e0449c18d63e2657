package dev.memux.engine.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RangeSetTest {
  private static final int SPACE = 200;

  private final RangeSet ranges = new RangeSet();

  @Test
  void touchingRangesBecomeOne() {
    ranges.add(10, 20);
    ranges.add(30, 40);
    assertEquals(2, ranges.size());
    assertTrue(ranges.add(20, 30));
    assertEquals(1, ranges.size());
    assertEquals("{10..39}", ranges.toString());
  }

  @Test
  void addingWhatIsThereChangesNothing() {
    ranges.add(10, 20);
    assertFalse(ranges.add(10, 20));
    assertFalse(ranges.add(12, 13));
    assertFalse(ranges.add(15, 15));
    assertFalse(ranges.add(25, 5));
  }

  @Test
  void growsOverItsFirstArrays() {
    for (int i = 1000; i > 0; i--) {
      ranges.add(2L * i, 2L * i + 1);
    }
    assertEquals(1000, ranges.size());
    assertEquals(2, ranges.min());
    assertEquals(2001, ranges.max());
  }

  @Test
  void removingFromTheMiddleOfAFullArraySplits() {
    for (int i = 0; i < 4; i++) {
      ranges.add(10L * i, 10L * i + 5);
    }
    ranges.remove(11, 13);
    assertEquals("{0..4, 10..10, 13..14, 20..24, 30..34}", ranges.toString());
  }

  @Test
  void holdsTheHighestOffsets() {
    ranges.add(VarInt.MAX - 1, VarInt.MAX + 1);
    ranges.add(0, 1);
    assertTrue(ranges.contains(VarInt.MAX));
    assertFalse(ranges.contains(VarInt.MAX + 1));
  }

  @Test
  void behavesAsASetOfLongs() {
    for (int seed = 0; seed < 300; seed++) {
      ranges.clear();
      compareWithBitSet(new Random(seed), "seed " + seed);
    }
  }

  private void compareWithBitSet(Random random, String seed) {
    BitSet model = new BitSet();
    for (int step = 0; step < 100; step++) {
      int start = random.nextInt(SPACE);
      int end = Math.min(SPACE, start + random.nextInt(20));
      switch (random.nextInt(10)) {
        case 0, 1, 2, 3, 4 -> {
          BitSet before = (BitSet) model.clone();
          model.set(start, end);
          assertEquals(!before.equals(model), ranges.add(start, end), seed);
        }
        case 5, 6 -> {
          model.clear(start, end);
          ranges.remove(start, end);
        }
        case 7 -> {
          int floor = random.nextInt(SPACE / 4);
          model.clear(0, floor);
          ranges.removeBelow(floor);
        }
        case 8 -> {
          RangeSet excluded = new RangeSet();
          BitSet added = new BitSet();
          added.set(start, end);
          for (int i = 0; i < 5; i++) {
            int from = random.nextInt(SPACE);
            excluded.add(from, from + random.nextInt(6));
          }
          for (int i = 0; i < SPACE; i++) {
            if (excluded.contains(i)) {
              added.clear(i);
            }
          }
          model.or(added);
          ranges.addExcept(start, end, excluded);
        }
        default -> {
          if (!ranges.isEmpty()) {
            model.clear((int) ranges.start(0), (int) ranges.end(0));
            ranges.removeFirst();
          }
        }
      }
      assertSame(model, random, seed);
    }
  }

  private void assertSame(BitSet model, Random random, String seed) {
    int index = 0;
    for (int from = model.nextSetBit(0); from >= 0; index++) {
      int to = model.nextClearBit(from);
      assertTrue(index < ranges.size(), seed);
      assertEquals(from, ranges.start(index), seed);
      assertEquals(to, ranges.end(index), seed);
      from = model.nextSetBit(to);
    }
    assertEquals(index, ranges.size(), seed);
    assertEquals(model.isEmpty(), ranges.isEmpty(), seed);
    for (int i = 0; i < 5; i++) {
      int start = random.nextInt(SPACE);
      int end = start + random.nextInt(10);
      assertEquals(model.get(start), ranges.contains(start), seed);
      boolean all = model.get(start, end).cardinality() == end - start;
      assertEquals(all, ranges.containsAll(start, end), seed);
      boolean touches = end > start && !model.get(Math.max(0, start - 1), end + 1).isEmpty();
      if (end > start) {
        assertEquals(touches, ranges.touches(start, end), seed);
      }
    }
  }
}
