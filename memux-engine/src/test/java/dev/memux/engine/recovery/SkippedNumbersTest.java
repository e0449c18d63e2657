package dev.memux.engine.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.engine.wire.AckFrame;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SkippedNumbersTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void agreesWithASet(long seed) {
    Random random = new Random(seed);
    SkippedNumbers skipped = new SkippedNumbers();
    TreeSet<Long> model = new TreeSet<>();
    long next = 0;
    for (int step = 0; step < 5000; step++) {
      next += 1 + random.nextInt(6);
      skipped.add(next);
      model.add(next);
      if (model.size() > SkippedNumbers.MAX_REMEMBERED) {
        model.pollFirst();
      }
      long largest = Math.max(0, next + 3 - random.nextInt(12));
      assertEquals(below(model, largest, 3), skipped.below(largest, 3), "seed " + seed);
      checkAck(random, skipped, model, largest);
    }
  }

  private static void checkAck(
      Random random, SkippedNumbers skipped, NavigableSet<Long> model, long largest) {
    AckFrame ack = new AckFrame();
    ack.reset(0);
    long expected = -1;
    long high = largest;
    do {
      long low = Math.max(0, high - random.nextInt(3));
      ack.addRange(low, high);
      Long hit = model.floor(high);
      if (expected == -1 && hit != null && hit >= low) {
        expected = hit;
      }
      high = low - 2 - random.nextInt(6);
    } while (high >= 0 && random.nextInt(10) > 0);
    assertEquals(expected, skipped.acknowledgedBy(ack));
  }

  /** Counts down from the largest, leaving out what was never sent. */
  private static long below(NavigableSet<Long> model, long largest, int packets) {
    long number = largest;
    for (int counted = 0; counted < packets; number--) {
      counted += model.contains(number) ? 0 : 1;
    }
    return number;
  }
}
