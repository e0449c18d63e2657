package dev.memux.session;

import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The most important bytes go first. */
interface PriorityContract extends Contract {
  int BULK_BYTES = 2_000_000;
  int CONNECTION_WINDOW_BYTES = 100_000;
  Priority LOW = new Priority(6, true);
  Priority HIGH = new Priority(0, true);

  /** The connection's credit is the bottleneck: no link is slow enough to be one. */
  Settings NARROW = Settings.DEFAULT.withWindows(BULK_BYTES, CONNECTION_WINDOW_BYTES);

  /** A stream that has much to send, and of which one byte has been read. */
  private static StreamPair bulk(SessionPair pair, Priority priority) throws Exception {
    Stream near = pair.near().open(StreamType.BIDIRECTIONAL, priority);
    near.write(ByteBuffer.wrap(new byte[] {1}));
    Stream far = pair.far().accept();
    assertEquals(1, far.inputStream().read());
    return new StreamPair(near, far);
  }

  private static CompletableFuture<Integer> fill(Stream stream) {
    return start(() -> stream.write(ByteBuffer.wrap(new byte[BULK_BYTES])));
  }

  private static CompletableFuture<byte[]> drain(Stream stream) {
    return start(() -> stream.inputStream().readNBytes(BULK_BYTES));
  }

  @Test
  default void aStreamOpenedWithAHigherPriorityOvertakesWhatWaits() throws Exception {
    try (SessionPair pair = connect(NARROW)) {
      StreamPair low = bulk(pair, LOW);
      CompletableFuture<Integer> filling = fill(low.near());
      Loopback.await(() -> received(low.far()) > 0);
      Stream urgent = pair.near().open(StreamType.BIDIRECTIONAL, HIGH);
      urgent.write(ByteBuffer.wrap(new byte[1_000]));
      CompletableFuture<byte[]> draining = drain(low.far());
      Stream arrived = pair.far().accept();
      arrived.inputStream().readNBytes(1_000);
      long before = received(low.far());
      assertTrue(before < BULK_BYTES / 2, before + " bytes of the other came first");
      assertEquals(BULK_BYTES, get(draining).length);
      get(filling);
    }
  }

  @Test
  default void aPriorityThatIsRaisedHoldsForAllThatWaits() throws Exception {
    try (SessionPair pair = connect(NARROW)) {
      StreamPair first = bulk(pair, LOW);
      StreamPair second = bulk(pair, LOW);
      CompletableFuture<Integer> filling = fill(first.near());
      CompletableFuture<Integer> fillingSecond = fill(second.near());
      Loopback.await(() -> received(first.far()) + received(second.far()) > 50_000);
      second.near().priority(HIGH);
      assertEquals(HIGH, second.near().priority());
      CompletableFuture<byte[]> draining = drain(first.far());
      get(drain(second.far()));
      long before = received(first.far());
      assertTrue(before < BULK_BYTES / 2, before + " bytes of the other came first");
      assertEquals(BULK_BYTES, get(draining).length);
      get(filling);
      get(fillingSecond);
    }
  }

  private static long received(Stream stream) {
    try {
      return stream.statistics().bytesReceived();
    } catch (InterruptedIOException e) {
      throw new AssertionError(e);
    }
  }
}
