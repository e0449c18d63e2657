package dev.memux.session;

import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ByteQueueTest {
  @Test
  void givesBackWhatWasPutInInTheSameOrder() {
    ByteQueue queue = new ByteQueue();
    assertTrue(queue.isEmpty());
    assertFalse(queue.peek().hasRemaining());
    assertEquals(300, queue.put(bytes(0, 300)));
    assertEquals(50, queue.put(bytes(300, 50)));
    assertEquals(350, queue.size());
    ByteBuffer target = ByteBuffer.allocate(400);
    assertEquals(350, queue.take(target));
    assertArrayEquals(bytes(0, 350).array(), copy(target));
    assertEquals(350, queue.put());
    assertEquals(350, queue.taken());
  }

  @Test
  void takesNoMoreThanItsCapacity() {
    ByteQueue queue = new ByteQueue();
    ByteBuffer source = bytes(0, ByteQueue.CAPACITY_BYTES + 1000);
    assertEquals(ByteQueue.CAPACITY_BYTES, queue.put(source));
    assertEquals(1000, source.remaining());
    assertEquals(0, queue.room());
    assertEquals(0, queue.put(source));
    assertFalse(queue.reserve(1).hasRemaining());
    queue.remove(10);
    assertEquals(10, queue.put(source));
  }

  @Test
  void growsWhileSomethingWaits() {
    ByteQueue queue = new ByteQueue();
    int put = 0;
    int taken = 0;
    for (int n = 1; put < 1_000_000; n = n * 5 / 4 + 1) {
      put += queue.put(bytes(put, Math.min(n, 40_000)));
      ByteBuffer target = ByteBuffer.allocate(queue.size() * 2 / 3);
      int length = queue.take(target);
      assertArrayEquals(bytes(taken, length).array(), copy(target));
      taken += length;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 3_000, 200_000})
  void twoThreadsDoNotDisturbEachOther(int pieceBytes) throws Exception {
    ByteQueue queue = new ByteQueue();
    long total = pieceBytes * 500L;
    CompletableFuture<Long> producer =
        start(
            () -> {
              Random random = new Random(1);
              long at = 0;
              while (at < total) {
                ByteBuffer piece =
                    bytes(at, (int) Math.min(total - at, 1 + random.nextInt(pieceBytes)));
                while (piece.hasRemaining()) {
                  at += queue.put(piece);
                  Thread.onSpinWait();
                }
              }
              return at;
            });
    Random random = new Random(2);
    long at = 0;
    while (at < total) {
      ByteBuffer target = ByteBuffer.allocate(1 + random.nextInt(pieceBytes));
      int length = queue.take(target);
      assertArrayEquals(bytes(at, length).array(), copy(target), "after " + at);
      at += length;
      if (length == 0) {
        Thread.onSpinWait();
      }
    }
    assertEquals(total, get(producer));
    assertTrue(queue.isEmpty());
  }

  private static byte[] copy(ByteBuffer target) {
    byte[] bytes = new byte[target.position()];
    target.flip().get(bytes);
    return bytes;
  }

  /** Bytes that tell where they belong, with a period that no power of two knows. */
  private static ByteBuffer bytes(long at, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) ((at + i) % 251);
    }
    return ByteBuffer.wrap(bytes);
  }
}
