package dev.memux.engine.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChunkPoolTest {
  private final List<byte[]> taken = new ArrayList<>();

  @ParameterizedTest
  @CsvSource({"1, 256", "64, 512", "65536, 4096"})
  void keepsAsMuchFreeAsTheMemoryAllows(long budgetMegabytes, int kept) {
    ChunkPool pool = new ChunkPool(new CountedBudget(budgetMegabytes << 20));
    take(pool, 2 * ChunkPool.MAX_FREE_CHUNKS);
    taken.forEach(pool::give);
    assertEquals(kept, pool.freeChunks());
  }

  @Test
  void keepsAsManyFreeAsAreInUse() {
    ChunkPool pool = new ChunkPool(new CountedBudget(1 << 20));
    take(pool, 1000);
    taken.subList(0, 400).forEach(pool::give);
    assertEquals(400, pool.freeChunks());
    taken.subList(400, 600).forEach(pool::give);
    assertEquals(400, pool.freeChunks());
  }

  private void take(ChunkPool pool, int count) {
    for (int i = 0; i < count; i++) {
      taken.add(pool.take());
    }
  }
}
