package dev.memux.engine.congestion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class WindowedMaxTest {
  private final WindowedMax max = new WindowedMax();

  @Test
  void aLargerValueCountsAtOnce() {
    max.update(5, 1, 10);
    max.update(7, 2, 10);
    assertEquals(7, max.value());
  }

  @Test
  void aValueCountsUntilItIsTooOld() {
    max.update(7, 1, 10);
    for (int time = 2; time <= 11; time++) {
      max.update(3, time, 10);
      assertEquals(7, max.value());
    }
    max.update(3, 12, 10);
    assertEquals(3, max.value());
  }

  /** Three values stand for all: never more than the largest, never less than of the last part. */
  @Test
  void isBetweenTheLargestOfAllAndOfTheLastHalf() {
    Random random = new Random(1);
    double[] values = new double[1000];
    for (int time = 0; time < values.length; time++) {
      values[time] = random.nextDouble();
      max.update(values[time], time, 20);
      double largest = 0;
      double recent = 0;
      for (int t = Math.max(0, time - 20); t <= time; t++) {
        largest = Math.max(largest, values[t]);
        recent = t >= time - 10 ? Math.max(recent, values[t]) : recent;
      }
      assertTrue(max.value() <= largest && max.value() >= recent, "at " + time);
    }
  }
}
