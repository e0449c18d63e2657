package dev.memux.session;

import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.StreamType;
import dev.memux.netty.MuxException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Whatever happens, whoever blocks is released, and told why. */
interface ReleaseContract extends Contract {
  long REASON_CODE = 77;

  /** Little is sent before the peer reads, so that writers block soon; and streams are few. */
  Settings TIGHT = Settings.DEFAULT.withWindows(20_000, 20_000).withStreams(2, 1);

  private static Blocked reader(Stream stream) {
    return Blocked.in(() -> stream.read(ByteBuffer.allocate(10)));
  }

  private static Blocked writer(Stream stream) {
    return Blocked.in(() -> stream.write(ByteBuffer.wrap(new byte[5_000_000])));
  }

  /** One that waits for the lock that the first has. */
  private static Blocked secondWriter(Stream stream) {
    return Blocked.in(() -> stream.write(ByteBuffer.wrap(new byte[10])));
  }

  @Test
  default void interruption() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      StreamPair stream = pair.stream();
      Blocked reader = reader(stream.near());
      Blocked accepting = Blocked.in(() -> pair.near().accept());
      Blocked writer = writer(stream.near());
      Blocked second = secondWriter(stream.near()); // first, as its turn comes with the other's end
      for (Blocked blocked : new Blocked[] {reader, accepting, second, writer}) {
        blocked.thread().interrupt();
        blocked.failure(InterruptedIOException.class);
      }
      // The stream is as it was.
      stream.far().write(ByteBuffer.wrap(new byte[] {5}));
      ByteBuffer target = ByteBuffer.allocate(1);
      assertEquals(1, stream.near().read(target));
      assertEquals(5, target.get(0));
    }
  }

  @Test
  default void anInterruptedWriteTellsHowMuchWasTaken() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      StreamPair stream = pair.stream();
      Blocked writer = writer(stream.near());
      writer.thread().interrupt();
      int taken = writer.failure(InterruptedIOException.class).bytesTransferred;
      stream.near().shutdownOutput();
      assertEquals(taken, stream.far().inputStream().readAllBytes().length);
    }
  }

  @Test
  default void anInterruptedThreadDoesNotBeginToWaitAndStaysInterrupted() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      Stream near = pair.stream().near();
      assertTrue(
          get(
              start(
                  () -> {
                    Thread.currentThread().interrupt();
                    assertThrows(
                        InterruptedIOException.class, () -> near.read(ByteBuffer.allocate(1)));
                    return Thread.currentThread().isInterrupted();
                  })));
    }
  }

  @Test
  default void deadline() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      StreamPair stream = pair.stream();
      Blocked reader = reader(stream.near());
      Blocked writer = writer(stream.near());
      stream.near().deadline(Duration.ofMillis(1));
      reader.failure(MuxException.Timeout.class);
      writer.failure(MuxException.Timeout.class);
      assertThrows(MuxException.Timeout.class, () -> stream.near().read(ByteBuffer.allocate(1)));
      stream.near().deadline(null);
      stream.far().write(ByteBuffer.wrap(new byte[] {5}));
      assertEquals(1, stream.near().read(ByteBuffer.allocate(1)));
    }
  }

  @Test
  default void aDeadlineCanBeMovedWhileSomebodyWaits() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      StreamPair stream = pair.stream();
      stream.near().deadline(Duration.ofHours(1));
      Blocked reader = reader(stream.near());
      stream.near().deadline(Duration.ofMillis(1));
      reader.failure(MuxException.Timeout.class);
    }
  }

  @Test
  default void resetByThePeer() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      StreamPair stream = pair.stream();
      Blocked reader = reader(stream.near());
      stream.far().reset(REASON_CODE);
      assertEquals(REASON_CODE, reader.failure(MuxException.Peer.class).code());
      assertThrows(MuxException.Peer.class, () -> stream.near().read(ByteBuffer.allocate(1)));
    }
  }

  @Test
  default void stopSendingByThePeer() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      StreamPair stream = pair.stream();
      Blocked writer = writer(stream.near());
      Blocked second = secondWriter(stream.near());
      stream.far().stopSending(REASON_CODE);
      assertEquals(REASON_CODE, writer.failure(MuxException.Peer.class).code());
      assertEquals(REASON_CODE, second.failure(MuxException.Peer.class).code());
    }
  }

  @Test
  default void resetByThisEnd() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      StreamPair stream = pair.stream();
      Blocked writer = writer(stream.near());
      stream.near().reset(REASON_CODE);
      assertEquals(REASON_CODE, writer.failure(MuxException.Local.class).code());
      MuxException.Peer failure =
          assertThrows(MuxException.Peer.class, () -> stream.far().inputStream().readAllBytes());
      assertEquals(REASON_CODE, failure.code());
    }
  }

  @Test
  default void stopSendingByThisEnd() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      StreamPair stream = pair.stream();
      Blocked reader = reader(stream.near());
      stream.near().stopSending(REASON_CODE);
      assertEquals(REASON_CODE, reader.failure(MuxException.Local.class).code());
      MuxException.Peer failure =
          assertThrows(
              MuxException.Peer.class, () -> stream.far().write(ByteBuffer.allocate(1_000_000)));
      assertEquals(REASON_CODE, failure.code());
    }
  }

  @Test
  default void closingTheStream() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      StreamPair stream = pair.stream();
      Blocked reader = reader(stream.near());
      Blocked writer = writer(stream.near());
      stream.near().close();
      reader.failure(ClosedChannelException.class);
      writer.failure(MuxException.Local.class); // half of a write must not look like all of it
      assertThrows(ClosedChannelException.class, () -> stream.near().read(ByteBuffer.allocate(1)));
      assertThrows(MuxException.Peer.class, () -> stream.far().inputStream().readAllBytes());
    }
  }

  @Test
  default void endOfOutput() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      StreamPair stream = pair.stream();
      Blocked writer = writer(stream.near());
      stream.near().shutdownOutput();
      writer.failure(MuxException.Local.class);
      assertThrows(MuxException.Peer.class, () -> stream.far().inputStream().readAllBytes());
    }
  }

  @Test
  default void theSessionClosedByThisEnd() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      Stream near = pair.stream().near();
      Blocked[] all = {
        reader(near), writer(near), secondWriter(near), Blocked.in(() -> pair.near().accept())
      };
      pair.near().close(REASON_CODE, "enough");
      for (Blocked blocked : all) {
        MuxException.Local failure = blocked.failure(MuxException.Local.class);
        assertEquals(REASON_CODE, failure.code());
        assertEquals("enough", failure.reason());
      }
      assertThrows(MuxException.Local.class, () -> pair.near().open());
      assertThrows(MuxException.Local.class, () -> pair.near().accept());
    }
  }

  @Test
  default void theSessionClosedByThePeer() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      Stream near = pair.stream().near();
      Blocked[] all = {
        reader(near), writer(near), secondWriter(near), Blocked.in(() -> pair.near().accept())
      };
      pair.far().close(REASON_CODE, "enough");
      for (Blocked blocked : all) {
        MuxException.Peer failure = blocked.failure(MuxException.Peer.class);
        assertEquals(REASON_CODE, failure.code());
        assertEquals("enough", failure.reason());
      }
    }
  }

  @Test
  default void openingMoreStreamsThanThePeerAllows() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      pair.stream();
      Stream second = pair.near().open();
      CompletableFuture<Stream> third = start(() -> pair.near().open());
      Blocked fourth = Blocked.in(() -> pair.near().open());
      fourth.thread().interrupt();
      fourth.failure(InterruptedIOException.class);
      second.write(ByteBuffer.wrap(new byte[] {1}));
      second.close();
      try (Stream accepted = pair.far().accept()) {
        assertEquals(1, accepted.inputStream().read());
      }
      assertTrue(get(third).isLocal());
      Blocked fifth = Blocked.in(() -> pair.near().open());
      pair.far().close(REASON_CODE, "");
      fifth.failure(MuxException.Peer.class);
    }
  }

  @Test
  default void aUniStreamHasALimitOfItsOwn() throws Exception {
    try (SessionPair pair = connect(TIGHT)) {
      Stream first = pair.near().open(StreamType.UNIDIRECTIONAL, Stream.DEFAULT_PRIORITY);
      Blocked second =
          Blocked.in(() -> pair.near().open(StreamType.UNIDIRECTIONAL, Stream.DEFAULT_PRIORITY));
      pair.near().open().close();
      second.thread().interrupt();
      second.failure(InterruptedIOException.class);
      first.close();
    }
  }
}
