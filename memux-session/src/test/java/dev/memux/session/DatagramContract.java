package dev.memux.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.DatagramConfig;
import dev.memux.netty.MuxException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Datagrams (RFC 9221). */
interface DatagramContract extends Contract {
  int QUEUE = 8;

  Settings ENABLED = Settings.DEFAULT.withDatagrams(DatagramConfig.ENABLED);

  @Test
  default void datagramsArriveWholeAndInBothDirections() throws Exception {
    try (SessionPair pair = connect(ENABLED)) {
      for (Session sender : List.of(pair.near(), pair.far())) {
        Session receiver = sender == pair.near() ? pair.far() : pair.near();
        int limit = sender.maxDatagramBytes();
        assertTrue(limit >= 1_000, limit + " bytes");
        for (int length : new int[] {0, 1, 500, limit}) {
          byte[] payload = new byte[length];
          Arrays.fill(payload, (byte) length);
          assertTrue(sender.sendDatagram(ByteBuffer.wrap(payload)));
          assertArrayEquals(payload, receiver.receiveDatagram());
        }
      }
      assertEquals(4, pair.near().statistics().datagrams().sent());
      assertEquals(4, pair.near().statistics().datagrams().received());
    }
  }

  @Test
  default void datagramsThatNobodyReceivesMakeRoomForNewerOnes() throws Exception {
    // RFC 9221 §5.3: no flow control holds the sender back.
    try (SessionPair pair =
        connect(Settings.DEFAULT.withDatagrams(DatagramConfig.ENABLED.withQueue(QUEUE, 1 << 20)))) {
      int sent = 5 * QUEUE;
      for (int i = 0; i < sent; i++) {
        assertTrue(pair.near().sendDatagram(ByteBuffer.wrap(new byte[] {(byte) i})));
        int through = i + 1;
        Loopback.await(() -> received(pair.far()) == through);
      }
      assertEquals(sent - QUEUE, pair.far().statistics().datagrams().notRead());
      for (int i = sent - QUEUE; i < sent; i++) {
        assertArrayEquals(new byte[] {(byte) i}, pair.far().receiveDatagram());
      }
    }
  }

  private static long received(Session session) {
    try {
      return session.statistics().datagrams().received();
    } catch (InterruptedIOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  default void aDatagramThatIsTooLargeIsRefused() throws Exception {
    try (SessionPair pair = connect(ENABLED)) {
      ByteBuffer large = ByteBuffer.allocate(pair.near().maxDatagramBytes() + 1);
      assertThrows(IllegalArgumentException.class, () -> pair.near().sendDatagram(large));
    }
  }

  @Test
  default void withoutDatagramsNobodySendsOrWaits() throws Exception {
    try (SessionPair pair = connect()) {
      assertEquals(0, pair.near().maxDatagramBytes());
      assertThrows(
          UnsupportedOperationException.class,
          () -> pair.near().sendDatagram(ByteBuffer.allocate(1)));
      assertThrows(UnsupportedOperationException.class, () -> pair.near().receiveDatagram());
    }
  }

  @Test
  default void whoWaitsForADatagramIsReleased() throws Exception {
    try (SessionPair pair = connect(ENABLED)) {
      Blocked interrupted = Blocked.in(() -> pair.near().receiveDatagram());
      interrupted.thread().interrupt();
      interrupted.failure(InterruptedIOException.class);
      assertThrows(
          MuxException.Timeout.class, () -> pair.near().receiveDatagram(Duration.ofMillis(1)));
      Blocked closed = Blocked.in(() -> pair.near().receiveDatagram());
      pair.far().close(5, "over");
      assertEquals(5, closed.failure(MuxException.Peer.class).code());
      assertThrows(MuxException.Peer.class, () -> pair.near().sendDatagram(ByteBuffer.allocate(1)));
    }
  }

  @Test
  default void whatArrivedBeforeTheEndCanStillBeReceived() throws Exception {
    try (SessionPair pair = connect(ENABLED)) {
      pair.near().sendDatagram(ByteBuffer.wrap(new byte[] {9}));
      Loopback.await(() -> received(pair.far()) == 1);
      pair.near().close(0, "");
      Loopback.await(() -> !pair.far().isOpen());
      assertArrayEquals(new byte[] {9}, pair.far().receiveDatagram());
      assertThrows(MuxException.Peer.class, () -> pair.far().receiveDatagram());
      assertFalse(pair.far().isOpen());
    }
  }
}
