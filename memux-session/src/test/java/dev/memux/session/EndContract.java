package dev.memux.session;

import static dev.memux.session.Loopback.PATIENCE_SECONDS;
import static dev.memux.session.Loopback.await;
import static dev.memux.session.Loopback.awaitParked;
import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.netty.MuxException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How a connection ends, and what it has done by then. */
interface EndContract extends Contract {
  @Test
  default void eitherEndClosesWithACodeAndAReason() throws Exception {
    for (boolean nearCloses : new boolean[] {true, false}) {
      try (SessionPair pair = connect()) {
        Session closer = nearCloses ? pair.near() : pair.far();
        Session other = nearCloses ? pair.far() : pair.near();
        assertNull(closer.closeReason());
        closer.close(123_456, "good bye");
        MuxException.Peer failure = assertThrows(MuxException.Peer.class, other::accept);
        assertEquals(123_456, failure.code());
        assertEquals("good bye", failure.reason());
        CloseReason reason = closer.closeReason();
        assertNotNull(reason);
        assertEquals(CloseReason.Origin.LOCAL, reason.origin());
        assertThrows(MuxException.Local.class, closer::open);
        assertThrows(MuxException.Peer.class, other::open);
        closer.close(1, "again"); // has no effect
        closer.close();
      }
    }
  }

  @Test
  default void whatWasWrittenArrivesThoughTheSessionIsClosedAtOnce() throws Exception {
    byte[] content = new byte[3_000_000];
    new Random(2).nextBytes(content);
    try (SessionPair pair = connect()) {
      CompletableFuture<Void> written =
          start(
              () -> {
                try (Session near = pair.near();
                    Stream stream = near.open()) {
                  stream.write(ByteBuffer.wrap(content));
                }
                return null;
              });
      Stream far = pair.far().accept();
      assertArrayEquals(content, far.inputStream().readAllBytes());
      get(written);
      await(() -> !pair.far().isOpen());
    }
  }

  @Test
  default void streamDataThatArrivedBeforeTheEndCanStillBeAcceptedAndRead() throws Exception {
    byte[] content = new byte[300_000];
    new Random(3).nextBytes(content);
    try (SessionPair pair = connect()) {
      try (Session near = pair.near();
          Stream stream = near.open()) {
        stream.write(ByteBuffer.wrap(content));
      }
      await(() -> !pair.far().isOpen());
      assertArrayEquals(content, pair.far().accept().inputStream().readAllBytes());
    }
  }

  @Test
  default void drainingLetsStreamsFinishAndRefusesNewOnes() throws Exception {
    try (SessionPair pair = connect()) {
      StreamPair stream = pair.stream();
      CompletableFuture<Boolean> drained = new CompletableFuture<>();
      awaitParked(
          Thread.startVirtualThread(
              () -> drained.complete(pair.far().drain(Duration.ofSeconds(PATIENCE_SECONDS)))));
      assertThrows(MuxException.Local.class, pair.far()::open);
      pair.far().statistics(); // by then the loop has heard of it, too
      Stream refused = pair.near().open();
      refused.write(ByteBuffer.wrap(new byte[] {1}));
      assertThrows(MuxException.Peer.class, () -> refused.inputStream().read());
      stream.near().write(ByteBuffer.wrap(new byte[] {6}));
      stream.near().shutdownOutput();
      assertArrayEquals(new byte[] {6}, stream.far().inputStream().readAllBytes());
      stream.far().close();
      stream.near().close();
      assertTrue(get(drained));
      assertThrows(MuxException.Peer.class, () -> pair.near().accept());
    }
  }

  @Test
  default void aPeerThatVanishesIsNoticed() throws Exception {
    Settings settings = Settings.DEFAULT.withIdleTimeout(Duration.ofSeconds(2));
    try (SessionPair pair = connect(settings.withWindows(20_000, 20_000))) {
      StreamPair stream = pair.stream();
      Blocked reader = Blocked.in(() -> stream.near().read(ByteBuffer.allocate(10)));
      Blocked accepting = Blocked.in(() -> pair.near().accept());
      byte[] known = new byte[10_000];
      stream.near().write(ByteBuffer.wrap(known));
      await(() -> acknowledged(stream.near()) == known.length + 1);
      pair.vanish();
      MuxException.CarrierLost failure =
          assertThrows(
              MuxException.CarrierLost.class,
              () -> stream.near().write(ByteBuffer.wrap(new byte[5_000_000])));
      assertTrue(failure.bytesAcknowledged() > known.length, failure::toString);
      assertTrue(failure.bytesAcknowledged() <= 20_001, failure::toString);
      reader.failure(MuxException.CarrierLost.class);
      accepting.failure(MuxException.CarrierLost.class);
      assertThrows(MuxException.CarrierLost.class, () -> pair.near().open());
    }
  }

  private static long acknowledged(Stream stream) {
    try {
      return stream.statistics().bytesAcknowledged();
    } catch (InterruptedIOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  default void countsWhatItDoes() throws Exception {
    byte[] content = new byte[1_000_000];
    try (SessionPair pair = connect()) {
      StreamPair stream = pair.stream();
      CompletableFuture<byte[]> read =
          start(() -> stream.far().inputStream().readNBytes(content.length));
      stream.near().write(ByteBuffer.wrap(content));
      get(read);
      long bytes = content.length + 1L;
      await(() -> acknowledged(stream.near()) == bytes);
      StreamStatistics near = stream.near().statistics();
      assertEquals(bytes, near.bytesWritten());
      assertEquals(bytes, near.bytesSent());
      assertEquals(0, near.bytesRead());
      StreamStatistics far = stream.far().statistics();
      assertEquals(bytes, far.bytesReceived());
      assertEquals(bytes, far.bytesRead());
      assertEquals(0, far.bytesWritten());
      for (Session session : List.of(pair.near(), pair.far())) {
        SessionStatistics statistics = session.statistics();
        assertEquals(1, statistics.openStreams());
        assertTrue(statistics.smoothedRttNanos() > 0, statistics.toString());
        assertTrue(statistics.sendCreditBytes() > 0, statistics.toString());
      }
      assertTrue(pair.near().statistics().bytesSent() > bytes);
      assertTrue(pair.far().statistics().bytesReceived() > bytes);
    }
  }

  @Test
  default void tellsWhatItIsLike() throws Exception {
    try (SessionPair pair = connect()) {
      assertTrue(pair.near().isOpen());
      assertEquals(Loopback.ALPN, pair.near().tls().applicationProtocol());
      assertEquals(pair.near().remoteAddress(), pair.far().localAddress());
    }
  }
}
