package dev.memux.session;

import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How much memory data in transit take; {@code memux.bulk.bytes} says how much is sent. */
final class BulkMemoryTest {
  private static final long BYTES = Long.getLong("memux.bulk.bytes", 200_000_000);

  /** Of heap in all, whatever is under way: both ends, the test, and the JDK. */
  private static final long HEAP_BYTES = 64_000_000;

  private static final int PIECE_BYTES = 64 << 10;
  private static final int LOOKS = 5;

  /** A reader that stops now and then has the sender fill whatever there is to fill. */
  @Test
  void heapStaysSmallDuringBulk() throws Exception {
    try (Loopback loopback = new Loopback();
        Stream stream = loopback.near.open()) {
      CompletableFuture<Boolean> sending = start(() -> send(loopback.far.accept()));
      stream.write(ByteBuffer.wrap(new byte[] {1}));
      ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
      long received = 0;
      long looked = 0;
      long most = 0;
      while (stream.read(piece.clear()) >= 0) {
        received += piece.position();
        if (received * (LOOKS + 1) / BYTES > looked && looked < LOOKS) {
          looked++;
          most = Math.max(most, LiveHeap.bytes());
        }
      }
      get(sending);
      System.out.printf("bulk: at most %.1f MB of heap in use, at both ends%n", most / 1e6);
      assertEquals(BYTES, received);
      assertEquals(LOOKS, looked);
      assertTrue(most <= HEAP_BYTES, most + " bytes");
    }
  }

  private static boolean send(Stream stream) throws Exception {
    try (stream) {
      assertEquals(1, stream.read(ByteBuffer.allocate(1)));
      byte[] piece = new byte[PIECE_BYTES];
      for (long left = BYTES; left > 0; left -= piece.length) {
        stream.write(ByteBuffer.wrap(piece, 0, (int) Math.min(left, piece.length)));
      }
      stream.shutdownOutput();
    }
    return true;
  }
}
