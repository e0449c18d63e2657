package dev.memux.session;

import static dev.memux.session.Loopback.await;
import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import java.nio.ByteBuffer;
import java.nio.channels.NonReadableChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Whoever receives says what goes first, alone and in groups (docs/stream-priority.md). */
interface RequestedPriorityContract extends Contract {
  int BULK_BYTES = PriorityContract.BULK_BYTES;
  Priority LOW = PriorityContract.LOW;
  Priority HIGH = PriorityContract.HIGH;
  ByteBuffer HELLO = ByteBuffer.wrap(new byte[] {1}).asReadOnlyBuffer();

  /** What the far end's direction is sent with, as its engine knows it. */
  private static Priority farPriority(StreamPair stream) {
    return engine(stream.far()).priority();
  }

  private static MuxStream engine(Stream stream) {
    return Objects.requireNonNull(stream.engine());
  }

  private static StreamPair accept(SessionPair pair, Stream near) throws Exception {
    near.write(HELLO.duplicate());
    Stream far = pair.far().accept();
    assertEquals(1, far.inputStream().read());
    return new StreamPair(near, far);
  }

  private static StreamPair open(SessionPair pair, Priority priority) throws Exception {
    return accept(pair, pair.near().open(StreamType.BIDIRECTIONAL, priority));
  }

  private static CompletableFuture<Integer> fill(Stream stream) {
    return start(() -> stream.write(ByteBuffer.wrap(new byte[BULK_BYTES])));
  }

  private static CompletableFuture<byte[]> drain(Stream stream) {
    return start(() -> stream.inputStream().readNBytes(BULK_BYTES));
  }

  private static long received(Stream stream) throws Exception {
    return stream.statistics().bytesReceived();
  }

  @Test
  default void theAnswerIsAsImportantAsTheStreamWasOpened() throws Exception {
    try (SessionPair pair = connect()) {
      StreamPair urgent = open(pair, HIGH);
      assertEquals(HIGH, urgent.far().priority());
      StreamPair ordinary = open(pair, Stream.DEFAULT_PRIORITY);
      assertEquals(Stream.DEFAULT_PRIORITY, ordinary.far().priority());
    }
  }

  @Test
  default void whatIsAskedForHoldsForAllThatThePeerHasNotSent() throws Exception {
    try (SessionPair pair = connect(PriorityContract.NARROW)) {
      StreamPair first = open(pair, LOW);
      StreamPair second = open(pair, LOW);
      CompletableFuture<Integer> filling = fill(first.far());
      CompletableFuture<Integer> fillingSecond = fill(second.far());
      second.near().requestPriority(HIGH);
      await(() -> farPriority(second).equals(HIGH));
      CompletableFuture<byte[]> draining = drain(first.near());
      get(drain(second.near()));
      long before = received(first.near());
      assertTrue(before < BULK_BYTES / 2, before + " bytes of the other came first");
      assertEquals(LOW, second.near().priority(), "this end's direction is another matter");
      assertEquals(BULK_BYTES, get(draining).length);
      get(filling);
      get(fillingSecond);
    }
  }

  @Test
  default void eitherEndAsksTheOther() throws Exception {
    try (SessionPair pair = connect()) {
      StreamPair stream = open(pair, LOW);
      stream.far().requestPriority(HIGH);
      await(() -> engine(stream.near()).priority().equals(HIGH));
      assertEquals(LOW, farPriority(stream));
    }
  }

  @Test
  default void onlyWhatComesCanBeAskedFor() throws Exception {
    try (SessionPair pair = connect()) {
      Stream sendOnly = pair.near().open(StreamType.UNIDIRECTIONAL, HIGH);
      assertThrows(NonReadableChannelException.class, () -> sendOnly.requestPriority(LOW));
      Stream stream = pair.near().open();
      assertThrows(IllegalArgumentException.class, () -> stream.requestPriority(Priority.CRITICAL));
    }
  }

  // Groups.

  @Test
  default void groupsShareWhateverIsInThem() throws Exception {
    try (SessionPair pair = connect(PriorityContract.NARROW)) {
      SessionGroup one = pair.near().group(1);
      SessionGroup many = pair.near().group(1);
      List<StreamPair> streams = new ArrayList<>();
      streams.add(accept(pair, one.open(StreamType.BIDIRECTIONAL, LOW)));
      for (int i = 0; i < 3; i++) {
        streams.add(accept(pair, many.open(StreamType.BIDIRECTIONAL, HIGH)));
      }
      List<CompletableFuture<Integer>> filling = new ArrayList<>();
      for (StreamPair stream : streams) {
        filling.add(fill(stream.far()));
      }
      await(() -> filling.stream().noneMatch(each -> each.isCompletedExceptionally()));
      List<CompletableFuture<byte[]>> draining = new ArrayList<>();
      for (StreamPair stream : streams) {
        draining.add(drain(stream.near()));
      }
      get(draining.getFirst());
      long others = 0;
      for (StreamPair stream : streams.subList(1, 4)) {
        others += received(stream.near());
      }
      assertTrue(others > BULK_BYTES / 2, "three urgent ones had only " + others);
      assertTrue(others < BULK_BYTES * 2, "three urgent ones had " + others);
      for (int i = 0; i < 4; i++) {
        get(draining.get(i));
        get(filling.get(i));
      }
    }
  }

  @Test
  default void streamsAreOfTheirGroupAtBothEnds() throws Exception {
    try (SessionPair pair = connect()) {
      SessionGroup group = pair.near().group(2);
      StreamPair stream = accept(pair, group.open());
      assertEquals(group, stream.near().group());
      assertEquals(1, engine(stream.far()).peerGroup());
      stream.near().group(null);
      await(() -> engine(stream.far()).peerGroup() == 0);
      assertNull(stream.near().group());
      SessionGroup other = pair.near().group(1);
      stream.near().group(other);
      await(() -> engine(stream.far()).peerGroup() == 2);
    }
  }

  @Test
  default void aGroupCanBeWeighedAndClosed() throws Exception {
    try (SessionPair pair = connect()) {
      SessionGroup group = pair.near().group(2);
      assertEquals(2, group.weight());
      StreamPair stream = accept(pair, group.open());
      group.weight(7);
      group.urgency(1);
      await(() -> Objects.requireNonNull(engine(stream.near()).group()).weight() == 7);
      assertThrows(IllegalArgumentException.class, () -> group.weight(0));
      assertThrows(IllegalArgumentException.class, () -> group.urgency(8));
      group.close();
      assertFalse(group.isOpen());
      assertThrows(IllegalStateException.class, group::open);
      await(() -> Objects.requireNonNull(engine(stream.near()).group()).isClosed());
      stream.near().write(HELLO.duplicate());
      assertEquals(1, stream.far().inputStream().read(), "what is in it goes on");
    }
  }

  @Test
  default void aGroupOfAnotherSessionIsRefused() throws Exception {
    try (SessionPair pair = connect()) {
      Stream stream = pair.near().open();
      SessionGroup other = pair.far().group(1);
      assertThrows(IllegalArgumentException.class, () -> stream.group(other));
    }
  }

  // Scopes.

  private static void within(Priority priority, ScopedValue.CallableOp<?, Exception> work)
      throws Exception {
    ScopedValue.where(MuxPriority.CURRENT, priority).call(work);
  }

  @Test
  default void aWriteHasThePriorityOfItsScope() throws Exception {
    try (SessionPair pair = connect()) {
      StreamPair stream = open(pair, LOW);
      within(HIGH, () -> stream.near().write(HELLO.duplicate()));
      assertEquals(HIGH, stream.near().priority());
      await(() -> farPriority(stream).equals(HIGH));
      await(() -> engine(stream.near()).priority().equals(HIGH));
      within(
          new Priority(2, false),
          () -> {
            stream.near().outputStream().write(1);
            return stream.near().inputStream().available();
          });
      await(() -> farPriority(stream).equals(new Priority(2, false)));
      stream.near().write(HELLO.duplicate());
      assertEquals(LOW, stream.near().priority(), "its own, outside of any scope");
      await(() -> farPriority(stream).equals(LOW));
    }
  }

  @Test
  default void aStreamOpenedInAScopeBeginsWithIt() throws Exception {
    try (SessionPair pair = connect()) {
      within(
          HIGH,
          () -> {
            StreamPair stream = accept(pair, pair.near().open());
            assertEquals(HIGH, stream.near().priority());
            assertEquals(HIGH, stream.far().priority());
            StreamPair explicit = open(pair, LOW);
            assertEquals(HIGH, explicit.near().priority(), "it was written to in the scope");
            return start(
                    () -> {
                      stream.near().write(HELLO.duplicate());
                      return stream.near().priority();
                    })
                .thenAccept(own -> assertEquals(Stream.DEFAULT_PRIORITY, own))
                .get();
          });
    }
  }

  @Test
  default void aScopeAtTheFarEndAsksForNothing() throws Exception {
    try (SessionPair pair = connect()) {
      StreamPair stream = open(pair, LOW);
      within(HIGH, () -> stream.far().write(HELLO.duplicate()));
      assertEquals(1, stream.near().inputStream().read());
      await(() -> farPriority(stream).equals(HIGH));
      assertEquals(LOW, engine(stream.near()).priority(), "the question is over");
    }
  }
}
