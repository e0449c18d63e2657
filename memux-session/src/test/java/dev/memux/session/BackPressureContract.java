package dev.memux.session;

import static dev.memux.session.Loopback.await;
import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a peer could make grow does not, and nothing is lost for it. */
interface BackPressureContract extends Contract {
  int WINDOW_BYTES = 20_000;
  int STREAMS = 10;

  /** More than the queues of both ends hold. */
  int MUCH_BYTES = 3_000_000;

  Settings BOUNDED =
      Settings.DEFAULT.withWindows(WINDOW_BYTES, 2 * WINDOW_BYTES).withStreams(STREAMS, 0);

  /** A round trip beside whatever else goes on. */
  private static void exchange(SessionPair pair) throws Exception {
    try (Stream near = pair.near().open()) {
      near.write(ByteBuffer.wrap(new byte[] {1}));
      near.shutdownOutput();
      try (Stream far = pair.far().accept()) {
        far.inputStream().readAllBytes();
      }
      assertEquals(-1, near.inputStream().read());
    }
  }

  @Test
  default void creditIsGivenBackForWhatHasBeenReadAlone() throws Exception {
    // RFC 9000 §4.1: what the loop has taken from the engine, nobody has read yet.
    byte[] content = new byte[MUCH_BYTES];
    new Random(4).nextBytes(content);
    try (SessionPair pair = connect(BOUNDED)) {
      Stream near = pair.near().open();
      CompletableFuture<Integer> writer = start(() -> near.write(ByteBuffer.wrap(content)));
      Stream far = pair.far().accept();
      byte[] read = new byte[content.length];
      int little = far.inputStream().readNBytes(read, 0, 100);
      assertEquals(100, little);
      for (int i = 0; i < 20; i++) {
        exchange(pair);
      }
      long received = far.statistics().bytesReceived();
      assertTrue(received <= WINDOW_BYTES + little, received + " bytes");
      assertFalse(writer.isDone());
      far.inputStream().readNBytes(read, little, content.length - little);
      assertArrayEquals(content, read);
      assertEquals(content.length, get(writer));
    }
  }

  @Test
  default void aReaderThatStallsHoldsUpNoOtherStream() throws Exception {
    try (SessionPair pair = connect(BOUNDED)) {
      StreamPair stalled = pair.stream();
      CompletableFuture<Integer> writer =
          start(() -> stalled.near().write(ByteBuffer.wrap(new byte[MUCH_BYTES])));
      StreamPair lively = pair.stream();
      CompletableFuture<byte[]> read =
          start(() -> lively.far().inputStream().readNBytes(10 * WINDOW_BYTES));
      lively.near().write(ByteBuffer.wrap(new byte[10 * WINDOW_BYTES]));
      assertEquals(10 * WINDOW_BYTES, get(read).length);
      assertFalse(writer.isDone());
      stalled.far().inputStream().readNBytes(MUCH_BYTES);
      get(writer);
    }
  }

  @Test
  default void whatNobodyReadsGivesItsCreditBackWhenItsStreamIsClosed() throws Exception {
    try (SessionPair pair = connect(BOUNDED)) {
      for (int i = 0; i < 5 * STREAMS; i++) {
        StreamPair stream = pair.stream();
        CompletableFuture<?> writer =
            start(
                () -> {
                  stream.near().write(ByteBuffer.wrap(new byte[WINDOW_BYTES - 1]));
                  return null;
                });
        get(writer); // it all fits the stream's window
        stream.near().close();
        stream.far().close();
      }
      exchange(pair);
    }
  }

  // RFC 9000 §4.6: a peer that sends and leaves, again and again, could have us keep without bound
  // what nobody has accepted yet.
  @Test
  default void streamsThatNobodyHasAcceptedCountForTheLimit() throws Exception {
    try (SessionPair pair = connect(BOUNDED)) {
      for (int i = 0; i < STREAMS; i++) {
        Stream stream = pair.near().open();
        stream.write(ByteBuffer.wrap(new byte[] {1}));
        stream.close();
      }
      await(() -> SessionPair.openStreams(pair.near()) == 0); // all have arrived, and been given up
      Blocked next = Blocked.in(() -> pair.near().open());
      next.thread().interrupt();
      next.failure(InterruptedIOException.class);
      for (int i = 0; i < STREAMS; i++) {
        try (Stream stream = pair.far().accept()) {
          assertArrayEquals(new byte[] {1}, stream.inputStream().readAllBytes());
        }
      }
      pair.near().open().close();
    }
  }

  @Test
  default void streamsThatThePeerGivesUpDoNotPileUp() throws Exception {
    try (SessionPair pair = connect(BOUNDED)) {
      for (int i = 0; i < 30 * STREAMS; i++) {
        Stream stream = pair.near().open(); // waits until one of those before is gone
        stream.reset(1);
        stream.stopSending(1);
      }
      Stream last = pair.near().open();
      last.write(ByteBuffer.wrap(new byte[] {1}));
      // Who accepts all the time would get some that are given up a moment later.
      await(() -> SessionPair.openStreams(pair.far()) == 1);
      int accepted = 1;
      while (pair.far().accept().id() != last.id()) {
        accepted++;
      }
      // Those that live, and as many that are over already, which the session is about to learn.
      assertTrue(accepted <= 2 * STREAMS, accepted + " streams waited");
    }
  }
}
