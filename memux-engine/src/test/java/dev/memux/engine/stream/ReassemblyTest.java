package dev.memux.engine.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReassemblyTest {
  private final CountedPool counted = new CountedPool(64);
  private final Reassembly reassembly = new Reassembly(counted.pool);

  @Test
  void readsOnlyWhatHasNoHoleBeforeIt() {
    insert(10, 10);
    assertEquals(0, reassembly.readableBytes());
    insert(0, 5);
    assertEquals(5, reassembly.readableBytes());
    insert(5, 5);
    assertEquals(20, reassembly.readableBytes());
    Bytes.assertAt(0, reassembly.read(), 0, 20);
    assertEquals(20, reassembly.readTo());
    assertEquals(0, reassembly.readableBytes());
  }

  @Test
  void whatWasReadAndComesAgainIsIgnored() {
    insert(0, 100);
    reassembly.read();
    insert(0, 100);
    insert(50, 50);
    insert(100, 0);
    assertEquals(0, reassembly.readableBytes());
    insert(50, 60);
    assertEquals(10, reassembly.readableBytes());
    Bytes.assertAt(100, reassembly.read(), 0, 10);
  }

  @Test
  void nothingIsHeldWhenEverythingIsRead() {
    // An idle stream must not keep a chunk: there may be tens of thousands.
    insert(0, 100);
    assertEquals(1, counted.taken());
    reassembly.read();
    assertEquals(0, counted.taken());
    insert(100, 10);
    Bytes.assertAt(100, reassembly.read(), 0, 10);
    assertEquals(0, counted.taken());
  }

  @Test
  void whatWaitsBehindAHoleIsHeldWhileTheRestIsRead() {
    insert(0, 100);
    insert(200, 100);
    reassembly.read();
    assertEquals(1, counted.taken());
    insert(100, 100);
    Bytes.assertAt(100, reassembly.read(), 0, 200);
    assertEquals(0, counted.taken());
  }

  @Test
  void aBufferTooSmallReadsInParts() {
    insert(0, 10_000);
    ByteBuffer target = ByteBuffer.allocate(3_000);
    for (int at = 0; at < 10_000; at += 3_000) {
      target.clear();
      assertEquals(Math.min(3_000, 10_000 - at), reassembly.read(target));
      Bytes.assertAt(at, target.flip());
    }
    assertEquals(0, reassembly.read(target.clear()));
  }

  @Test
  void holesAreBoundedWhenTheyComeInAscendingOrder() {
    for (int i = 0; i < Reassembly.MAX_GAPS; i++) {
      assertTrue(insert(1 + 2L * i, 1));
    }
    assertTrue(insert(1 + 2L * Reassembly.MAX_GAPS, 1));
    assertFalse(insert(3 + 2L * Reassembly.MAX_GAPS, 1));
  }

  @Test
  void holesAreBoundedWhenTheyComeInDescendingOrder() {
    // Each one lies before everything that is there: none of them closes a hole.
    int taken = 0;
    for (int i = 3 * Reassembly.MAX_GAPS; i > 0; i--) {
      if (!insert(2L * i, 1)) {
        break;
      }
      taken++;
    }
    assertEquals(Reassembly.MAX_GAPS + 1, taken);
  }

  @Test
  void atTheBoundOnlyFurtherHolesAreRefused() {
    for (int i = 0; i <= Reassembly.MAX_GAPS; i++) {
      assertTrue(insert(4 + 4L * i, 1));
    }
    assertFalse(insert(4L * Reassembly.MAX_GAPS + 10, 1));
    assertFalse(insert(6, 1), "in the middle of a hole");
    assertTrue(insert(5, 1), "after a range");
    assertTrue(insert(11, 1), "before a range");
    assertTrue(insert(16, 1), "what is there");
    assertTrue(insert(17, 3), "a hole closed");
    assertTrue(insert(4L * Reassembly.MAX_GAPS + 10, 1), "room for another");
    assertTrue(insert(0, 4));
    assertEquals(6, reassembly.readableBytes());
  }

  /** What loses every second packet of a wide window is a path, not an attacker. */
  @Test
  void wideHolesMayBeMore() {
    long stride = 2L * Reassembly.WIDE_GAP_BYTES;
    for (int i = 0; i <= Reassembly.MAX_WIDE_GAPS; i++) {
      assertTrue(insert(stride * i + 1, 1), "hole " + i);
    }
    assertFalse(insert(stride * Reassembly.MAX_WIDE_GAPS + 3, 1), "they are bounded as well");
  }

  @Test
  void everyByteIsReadOnceInOrder() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      Reassembly receiver = new Reassembly(counted.pool);
      int total = 1 + random.nextInt(40_000);
      int read = 0;
      while (read < total) {
        int ahead = random.nextInt(4) == 0 ? random.nextInt(8_000) : 0;
        int from = Math.clamp(read - random.nextInt(500) + ahead, 0, total - 1);
        int length = Math.min(total - from, random.nextInt(3_000));
        byte[] data = Bytes.of(from - 2, length + 4);
        assertEquals(Reassembly.Insertion.TAKEN, receiver.insert(from, data, 2, length));
        if (random.nextBoolean()) {
          ByteBuffer target = ByteBuffer.allocate(random.nextInt(5_000));
          int n = receiver.read(target);
          Bytes.assertAt(read, target.flip());
          read += n;
        }
        assertEquals(read, receiver.readTo());
      }
      receiver.release();
    }
    assertEquals(0, counted.taken());
  }

  private boolean insert(long offset, int length) {
    byte[] data = Bytes.of(offset, length);
    return reassembly.insert(offset, data, 0, length) == Reassembly.Insertion.TAKEN;
  }
}
