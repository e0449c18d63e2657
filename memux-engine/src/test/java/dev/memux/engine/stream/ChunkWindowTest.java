package dev.memux.engine.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChunkWindowTest {
  private static final int CHUNK = ChunkPool.CHUNK_BYTES;

  private final CountedPool counted = new CountedPool(64);
  private final ChunkWindow window = new ChunkWindow(counted.pool);

  @Test
  void bytesReadBackAcrossChunks() {
    window.put(CHUNK - 3, Bytes.of(CHUNK - 3, 2 * CHUNK), 0, 2 * CHUNK);
    byte[] read = new byte[2 * CHUNK];
    window.copyTo(CHUNK - 3, read, 0, read.length);
    Bytes.assertAt(CHUNK - 3, read, 0, read.length);
    assertEquals(4 - 1, counted.taken());
  }

  @Test
  void aChunkGoesBackWhenEverythingInItIsReleased() {
    window.put(0, Bytes.of(0, 3 * CHUNK), 0, 3 * CHUNK);
    assertEquals(3, counted.taken());
    window.releaseBelow(CHUNK - 1);
    assertEquals(3, counted.taken());
    window.releaseBelow(CHUNK);
    assertEquals(2, counted.taken());
    window.releaseBelow(3 * CHUNK + 5);
    assertEquals(0, counted.taken());
  }

  @Test
  void theSequenceGoesOnAfterEverythingWasReleased() {
    window.put(0, Bytes.of(0, CHUNK + 10), 0, CHUNK + 10);
    window.releaseBelow(CHUNK + 10);
    window.releaseAll();
    assertEquals(0, counted.taken());
    window.put(CHUNK + 10, Bytes.of(CHUNK + 10, 50), 0, 50);
    byte[] read = new byte[50];
    window.copyTo(CHUNK + 10, read, 0, 50);
    Bytes.assertAt(CHUNK + 10, read, 0, 50);
  }

  @Test
  void releasingFarBeyondWhatIsHeldCostsNoTime() {
    window.put(0, Bytes.of(0, 10), 0, 10);
    window.releaseBelow(1L << 61);
    assertEquals(0, counted.taken());
    window.put(1L << 61, Bytes.of(1L << 61, 10), 0, 10);
    byte[] read = new byte[10];
    window.copyTo(1L << 61, read, 0, 10);
    Bytes.assertAt(1L << 61, read, 0, 10);
  }

  @Test
  void aHoleTakesNoMemory() {
    window.put(0, new byte[1], 0, 1);
    window.put(40L * CHUNK, new byte[1], 0, 1);
    assertEquals(2, counted.taken());
    window.releaseAll();
    assertEquals(0, counted.taken());
  }

  @Test
  void misuseIsRefused() {
    window.put(0, new byte[CHUNK], 0, CHUNK);
    window.releaseBelow(CHUNK);
    assertThrows(IllegalStateException.class, () -> window.put(0, new byte[1], 0, 1));
    assertThrows(IllegalStateException.class, () -> window.copyTo(0, new byte[1], 0, 1));
    assertThrows(IllegalStateException.class, () -> window.copyTo(CHUNK, new byte[1], 0, 1));
    assertThrows(IllegalStateException.class, () -> window.copyTo(99L * CHUNK, new byte[1], 0, 1));
  }

  @Test
  void behavesAsOneLongArray() {
    for (int seed = 0; seed < 100; seed++) {
      compareWithArray(new Random(seed), seed);
    }
    assertEquals(0, counted.taken());
  }

  private void compareWithArray(Random random, int seed) {
    ChunkWindow chunks = new ChunkWindow(counted.pool);
    int space = 30 * CHUNK;
    BitSet held = new BitSet();
    int floor = 0;
    for (int step = 0; step < 60; step++) {
      int from = floor + random.nextInt(Math.min(8 * CHUNK, space - floor - 1));
      int length = 1 + random.nextInt(Math.min(3 * CHUNK, space - from));
      if (random.nextBoolean()) {
        chunks.put(from, Bytes.of(from, length), 0, length);
      } else {
        chunks.put(from, Bytes.buffer(from, length), length);
      }
      held.set(from, from + length);
      int start = held.nextSetBit(floor);
      int end = held.nextClearBit(start);
      byte[] read = new byte[end - start];
      chunks.copyTo(start, read, 0, read.length);
      Bytes.assertAt(start, read, 0, read.length);
      ByteBuffer buffer = ByteBuffer.allocate(end - start);
      chunks.copyTo(start, buffer, end - start);
      Bytes.assertAt(start, buffer.flip());
      if (random.nextInt(3) == 0) {
        floor = Math.min(space - 2, floor + random.nextInt(4 * CHUNK));
        chunks.releaseBelow(floor);
        held.clear(0, floor);
      }
      int span = Math.max(0, held.length() - floor);
      assertTrue(counted.taken() <= span / CHUNK + 2, "seed " + seed);
    }
    chunks.releaseAll();
  }
}
