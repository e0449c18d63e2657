package dev.memux.engine.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChunkPoolTest {
  private final List<byte[]> taken = new ArrayList<>();

  @ParameterizedTest
  @CsvSource({"1, 8", "64, 512", "65536, 4096"})
  void keepsAsManyToSpareAsTheMemoryAllows(long budgetMegabytes, int spare) {
    ChunkPool pool = new ChunkPool(new CountedBudget(budgetMegabytes << 20));
    take(pool, 2 * ChunkPool.MAX_SPARE_CHUNKS);
    giveAll(pool);
    assertTrue(pool.freeChunks() <= ChunkPool.FREE_CHUNKS + spare, pool.freeChunks() + " free");
  }

  @Test
  void whatIsToSpareIsUsedAgain() {
    boolean again = false;
    for (int i = 0; i < 20 && !again; i++) { // the collector may run in between
      again = isUsedAgain(new ChunkPool());
    }
    assertTrue(again);
  }

  private boolean isUsedAgain(ChunkPool pool) {
    take(pool, 2_000);
    Set<byte[]> first = Collections.newSetFromMap(new IdentityHashMap<>());
    first.addAll(taken);
    giveAll(pool);
    take(pool, 2_000);
    return first.containsAll(taken);
  }

  @Test
  void whatIsToSpareIsTheCollectors() throws Exception {
    ChunkPool pool = new ChunkPool();
    take(pool, 2_000);
    giveAll(pool);
    long end = System.nanoTime() + 20_000_000_000L;
    while (pool.freeChunks() > ChunkPool.FREE_CHUNKS && System.nanoTime() - end < 0) {
      System.gc();
    }
    assertEquals(ChunkPool.FREE_CHUNKS, pool.freeChunks());
  }

  @Test
  void keepsAsManyFreeAsAreInUse() {
    ChunkPool pool = new ChunkPool(new CountedBudget(1 << 10));
    take(pool, 1000);
    taken.subList(0, 400).forEach(pool::give);
    assertEquals(400, pool.freeChunks());
    taken.subList(400, 600).forEach(pool::give);
    assertEquals(400, pool.freeChunks());
  }

  private void giveAll(ChunkPool pool) {
    taken.forEach(pool::give);
    taken.clear();
  }

  private void take(ChunkPool pool, int count) {
    for (int i = 0; i < count; i++) {
      taken.add(pool.take());
    }
  }
}
