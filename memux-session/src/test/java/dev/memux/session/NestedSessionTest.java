package dev.memux.session;

import static dev.memux.session.Loopback.await;
import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.StreamType;
import dev.memux.engine.qmux.QmuxConfig;
import dev.memux.engine.schedule.Priority;
import dev.memux.netty.IoTransport;
import dev.memux.netty.MuxException;
import dev.memux.netty.NestedCarrier;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a stream becomes a session, and what becomes of both. */
@Timeout(120)
final class NestedSessionTest {
  private static final QmuxConfig IMPATIENT =
      QmuxConfig.DEFAULT.withHandshakeTimeoutNanos(TimeUnit.MILLISECONDS.toNanos(200));

  /** Two sessions in a stream of two others. */
  private record Nested(StreamPair below, Session near, Session far) {
    static Nested in(SessionPair pair) throws Exception {
      return in(pair.near(), pair.far());
    }

    static Nested in(Session nearBelow, Session farBelow) throws Exception {
      StreamPair below = StreamPair.open(nearBelow, farBelow);
      CompletableFuture<Session> nesting = start(() -> below.near().nest());
      Session far = below.far().nest();
      return new Nested(below, get(nesting), far);
    }

    byte[] roundTrip(byte[] content) throws Exception {
      CompletableFuture<Long> echo =
          start(
              () -> {
                Stream stream = far.accept();
                long bytes = stream.inputStream().transferTo(stream.outputStream());
                stream.shutdownOutput();
                return bytes;
              });
      Stream stream = near.open();
      CompletableFuture<byte[]> answer = start(() -> stream.inputStream().readAllBytes());
      stream.write(ByteBuffer.wrap(content));
      stream.shutdownOutput();
      assertEquals(content.length, get(echo));
      return get(answer);
    }
  }

  @Test
  void whatWasWrittenAndReadBeforeStandsBeforeTheSession() throws Exception {
    byte[] before = new byte[300_000]; // more than the stream's queue takes at once
    new Random(1).nextBytes(before);
    try (Loopback pair = new Loopback()) {
      CompletableFuture<Session> nesting =
          start(
              () -> {
                Stream near = pair.near().open();
                near.write(ByteBuffer.wrap(before));
                assertEquals(7, near.inputStream().read());
                return near.nest();
              });
      Stream far = pair.far().accept();
      far.write(ByteBuffer.wrap(new byte[] {7}));
      // What the loop has read ahead of us belongs to the session.
      assertArrayEquals(before, far.inputStream().readNBytes(before.length));
      Session inner = far.nest();
      Stream hello = inner.open();
      hello.write(ByteBuffer.wrap(new byte[] {8}));
      assertEquals(8, get(nesting).accept().inputStream().read());
    }
  }

  @Test
  void theStreamIsTheSessionsFromNowOn() throws Exception {
    try (Loopback pair = new Loopback()) {
      Nested nested = Nested.in(pair);
      Stream stream = nested.below.near();
      assertThrows(MuxException.Local.class, () -> stream.write(ByteBuffer.allocate(1)));
      assertThrows(MuxException.Local.class, () -> stream.read(ByteBuffer.allocate(1)));
      assertThrows(MuxException.Local.class, stream::nest);
      stream.priority(new Priority(1, true));
      stream.shutdownOutput();
      stream.reset(1);
      stream.stopSending(1);
      stream.close();
      byte[] content = new byte[500_000];
      new Random(2).nextBytes(content);
      assertArrayEquals(content, nested.roundTrip(content));
      assertEquals(new Priority(1, true), stream.priority());
    }
  }

  @Test
  void bothEndsOfTheStreamEndWithTheSession() throws Exception {
    try (Loopback pair = new Loopback()) {
      for (boolean nearCloses : new boolean[] {true, false}) {
        Nested nested = Nested.in(pair);
        Session closer = nearCloses ? nested.near : nested.far;
        Session other = nearCloses ? nested.far : nested.near;
        closer.close(7, "over");
        assertEquals(7, assertThrows(MuxException.Peer.class, other::accept).code());
        await(
            () ->
                SessionPair.openStreams(pair.near()) == 0
                    && SessionPair.openStreams(pair.far()) == 0);
      }
      assertTrue(pair.near().isOpen());
    }
  }

  private static long received(Stream stream) {
    try {
      return stream.statistics().bytesReceived();
    } catch (InterruptedIOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatWasWrittenInsideArrivesThoughBothSessionsAreClosedAtOnce() throws Exception {
    byte[] content = new byte[1_000_000];
    new Random(3).nextBytes(content);
    try (Loopback pair = new Loopback()) {
      Nested nested = Nested.in(pair);
      CompletableFuture<Void> written =
          start(
              () -> {
                try (Session inner = nested.near;
                    Stream stream = inner.open()) {
                  stream.write(ByteBuffer.wrap(content));
                }
                pair.near().close();
                return null;
              });
      assertArrayEquals(content, nested.far.accept().inputStream().readAllBytes());
      get(written);
      assertThrows(MuxException.Peer.class, nested.far::accept);
    }
  }

  @Test
  void aStreamThatIsResetIsACarrierLost() throws Exception {
    try (Loopback pair = new Loopback()) {
      StreamPair below = pair.stream();
      CompletableFuture<Session> nesting = start(() -> below.near().nest());
      await(() -> received(below.far()) > 1); // its transport parameters
      below.far().reset(5);
      ExecutionException failure = assertThrows(ExecutionException.class, () -> get(nesting));
      assertTrue(failure.getCause() instanceof MuxException.CarrierLost, failure::toString);
      assertTrue(failure.getMessage().contains("code 5"), failure::toString);
      assertThrows(MuxException.Peer.class, () -> below.far().inputStream().readAllBytes());
    }
  }

  @Test
  void whoseConnectionEndsHasLostItsCarrier() throws Exception {
    try (Loopback pair = new Loopback()) {
      Nested nested = Nested.in(pair);
      Nested inner = Nested.in(nested.near, nested.far);
      Stream stream = inner.near.open();
      pair.far().close(9, "enough");
      assertThrows(MuxException.CarrierLost.class, () -> stream.read(ByteBuffer.allocate(1)));
      assertThrows(MuxException.CarrierLost.class, inner.near::accept);
      MuxException lost = assertThrows(MuxException.CarrierLost.class, inner.far::accept);
      assertTrue(lost.getMessage().contains("0x9: enough"), lost::getMessage);
    }
  }

  @Test
  void aPeerThatDoesNotNestIsNotWaitedForLong() throws Exception {
    try (Loopback pair = new Loopback()) {
      StreamPair below = pair.stream();
      assertThrows(MuxException.Timeout.class, () -> below.near().nest(IMPATIENT));
      assertTrue(below.far().inputStream().readAllBytes().length > 0); // and then its end
      assertTrue(pair.near().isOpen());
    }
  }

  @Test
  void anInterruptedCallerLeavesNothingBehind() throws Exception {
    try (Loopback pair = new Loopback()) {
      StreamPair below = pair.stream();
      CompletableFuture<IOException> failure = new CompletableFuture<>();
      Thread caller =
          Thread.startVirtualThread(
              () -> failure.complete(assertThrows(IOException.class, below.near()::nest)));
      Loopback.awaitParked(caller);
      caller.interrupt();
      assertTrue(get(failure) instanceof InterruptedIOException);
      below.far().inputStream().readAllBytes();
      below.far().close();
      await(() -> SessionPair.openStreams(pair.near()) == 0);
    }
  }

  @Test
  void onlyAStreamInBothDirectionsWillDo() throws Exception {
    try (Loopback pair = new Loopback()) {
      Stream near = pair.near().open(StreamType.UNIDIRECTIONAL, Stream.DEFAULT_PRIORITY);
      assertThrows(NonReadableChannelException.class, near::nest);
      near.write(ByteBuffer.wrap(new byte[1]));
      Stream far = pair.far().accept();
      assertThrows(NonWritableChannelException.class, far::nest);
    }
  }

  @Test
  void aStreamThatIsBeingReadIsNotTakenAway() throws Exception {
    try (Loopback pair = new Loopback()) {
      StreamPair below = pair.stream();
      Blocked reader = Blocked.in(() -> below.near().read(ByteBuffer.allocate(1)));
      assertThrows(IllegalStateException.class, below.near()::nest);
      below.far().reset(1);
      reader.failure(MuxException.Peer.class);
      assertThrows(MuxException.Peer.class, below.near()::nest);
      below.near().write(ByteBuffer.wrap(new byte[] {4})); // it is what it was
      assertEquals(4, below.far().inputStream().read());
    }
  }

  @Test
  void aStreamThatHasEndedIsWhatItWas() throws Exception {
    try (Loopback pair = new Loopback()) {
      StreamPair below = pair.stream();
      below.near().shutdownOutput();
      assertThrows(ClosedChannelException.class, below.near()::nest);
      below.far().write(ByteBuffer.wrap(new byte[] {5}));
      assertEquals(5, below.near().inputStream().read());
    }
  }

  @Test
  void sessionsNestWhateverCarriesTheOutermost() throws Exception {
    byte[] content = new byte[2_000_000];
    new Random(6).nextBytes(content);
    try (SessionPair pair = new WebSocketPair(Settings.DEFAULT, IoTransport.preferred(), true)) {
      Nested nested = Nested.in(pair);
      Nested inner = Nested.in(nested.near, nested.far);
      assertArrayEquals(content, inner.roundTrip(content));
      assertEquals(Loopback.ALPN, inner.far.tls().applicationProtocol());
    }
  }

  @Test
  void sessionsNestSoDeepAndNoDeeper() throws Exception {
    try (Loopback pair = new Loopback()) {
      Session near = pair.near();
      Session far = pair.far();
      Nested nested = null;
      for (int depth = 1; depth <= NestedCarrier.MAX_DEPTH; depth++) {
        nested = Nested.in(near, far);
        near = nested.near;
        far = nested.far;
      }
      byte[] content = new byte[200_000];
      new Random(4).nextBytes(content);
      assertArrayEquals(content, nested.roundTrip(content));
      assertTrue(near.io().endsWith(" nested".repeat(NestedCarrier.MAX_DEPTH)), near.io());
      Stream deeper = near.open();
      assertThrows(IllegalStateException.class, deeper::nest);
      deeper.write(ByteBuffer.wrap(new byte[] {1})); // it is what it was
      assertEquals(1, far.accept().inputStream().read());
    }
  }

  /** QMux §6: what does not read on holds nobody else up, at no level. */
  @Test
  void whoDoesNotReadAtOneLevelHoldsUpNoOther() throws Exception {
    try (Loopback pair = new Loopback(Settings.DEFAULT.withWindows(50_000, 100_000))) {
      Nested nested = Nested.in(pair);
      Nested inner = Nested.in(nested.near, nested.far);
      for (Session session : new Session[] {pair.near(), nested.near, inner.near}) {
        Stream unread = session.open();
        start(() -> unread.write(ByteBuffer.wrap(new byte[4_000_000])));
      }
      await(() -> inner.far.isOpen() && SessionPair.openStreams(inner.far) == 1);
      byte[] content = new byte[300_000];
      new Random(5).nextBytes(content);
      inner.far.accept();
      assertArrayEquals(content, inner.roundTrip(content));
      nested.far.accept();
      assertArrayEquals(content, nested.roundTrip(content));
    }
  }
}
