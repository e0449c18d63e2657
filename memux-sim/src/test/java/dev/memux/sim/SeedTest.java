package dev.memux.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SeedTest {
  @Test
  void aPartDoesNotDependOnWhatOthersDrew() {
    Seed root = new Seed(9);
    long before = root.split("loss").random().nextLong();
    root.split("jitter").random().nextLong();
    root.random().nextLong();
    assertEquals(before, root.split("loss").random().nextLong());
  }

  @Test
  void partsDiffer() {
    Set<Long> values = new HashSet<>();
    for (long i = 0; i < 1000; i++) {
      values.add(new Seed(i).split("a").value());
      values.add(new Seed(i).split("b").value());
      values.add(new Seed(7).split(i).value());
    }
    assertEquals(3000, values.size());
  }

  @Test
  void drawsStayInTheirBounds() {
    Randomness random = new Seed(1).random();
    for (int i = 0; i < 10_000; i++) {
      long n = random.between(-3L, 3L);
      assertTrue(n >= -3 && n <= 3);
      long l = random.logarithmic(10, 1_000_000);
      assertTrue(l >= 10 && l <= 1_000_000);
    }
    assertEquals(5, random.between(5, 5));
  }

  @Test
  void aSeededSecureRandomRepeats() {
    byte[] first = new byte[33];
    byte[] second = new byte[33];
    new SeededSecureRandom(new Seed(1)).nextBytes(first);
    new SeededSecureRandom(new Seed(1)).nextBytes(second);
    assertArrayEquals(first, second);
    SeededSecureRandom reseeded = new SeededSecureRandom(new Seed(1));
    reseeded.setSeed(99);
    reseeded.nextBytes(second);
    assertArrayEquals(first, second);
    assertNotEquals(
        new SeededSecureRandom(new Seed(2)).nextLong(),
        new SeededSecureRandom(new Seed(1)).nextLong());
  }
}
