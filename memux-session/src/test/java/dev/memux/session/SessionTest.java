package dev.memux.session;

import static dev.memux.session.Loopback.await;
import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.StreamType;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class SessionTest {
  @Test
  void carriesRequestAndResponse() throws Exception {
    try (Loopback loopback = new Loopback()) {
      CompletableFuture<String> request =
          start(
              () -> {
                try (Stream stream = loopback.far.accept()) {
                  byte[] bytes = stream.inputStream().readAllBytes();
                  stream.outputStream().write("pong".getBytes(StandardCharsets.US_ASCII));
                  return new String(bytes, StandardCharsets.US_ASCII);
                }
              });
      try (Stream stream = loopback.near.open()) {
        stream.outputStream().write("ping".getBytes(StandardCharsets.US_ASCII));
        stream.shutdownOutput();
        assertEquals(
            "pong", new String(stream.inputStream().readAllBytes(), StandardCharsets.US_ASCII));
        assertEquals(0, stream.id());
        assertEquals(new StreamStatistics(4, 4), stream.statistics());
      }
      assertEquals("ping", get(request));
    }
  }

  @Test
  void carriesMuchInBothDirectionsAtOnce() throws Exception {
    byte[] content = new byte[20_000_000];
    new Random(1).nextBytes(content);
    try (Loopback loopback = new Loopback()) {
      Stream near = loopback.near.open();
      CompletableFuture<byte[]> back = start(() -> near.inputStream().readAllBytes());
      CompletableFuture<Long> echo =
          start(
              () -> {
                Stream far = loopback.far.accept();
                long bytes = far.inputStream().transferTo(far.outputStream());
                far.shutdownOutput();
                return bytes;
              });
      near.write(ByteBuffer.wrap(content));
      near.shutdownOutput();
      assertArrayEquals(content, get(back));
      assertEquals(content.length, get(echo));
    }
  }

  @Test
  void aUnidirectionalStreamHasOneDirection() throws Exception {
    try (Loopback loopback = new Loopback()) {
      Stream near = loopback.near.open(StreamType.UNIDIRECTIONAL, Stream.DEFAULT_PRIORITY);
      near.write(ByteBuffer.wrap(new byte[] {7}));
      near.close();
      Stream far = loopback.far.accept();
      assertEquals(StreamType.UNIDIRECTIONAL, far.type());
      assertFalse(far.isLocal());
      assertFalse(near.canRead());
      assertFalse(far.canWrite());
      assertThrows(NonReadableChannelException.class, near::inputStream);
      assertThrows(NonWritableChannelException.class, () -> far.reset(0));
      InputStream in = far.inputStream();
      assertEquals(7, in.read());
      assertEquals(-1, in.read());
      assertEquals(-1, in.read());
    }
  }

  @Test
  void whatWasWrittenArrivesThoughTheSessionIsClosedAtOnce() throws Exception {
    byte[] content = new byte[3_000_000];
    new Random(2).nextBytes(content);
    try (Loopback loopback = new Loopback()) {
      CompletableFuture<Void> written =
          start(
              () -> {
                try (Session near = loopback.near;
                    Stream stream = near.open()) {
                  stream.write(ByteBuffer.wrap(content));
                }
                return null;
              });
      Stream far = loopback.far.accept();
      assertArrayEquals(content, far.inputStream().readAllBytes());
      get(written);
      await(() -> !loopback.far.isOpen());
    }
  }

  @Test
  void whatArrivedBeforeTheEndCanStillBeAcceptedAndRead() throws Exception {
    byte[] content = new byte[300_000];
    new Random(3).nextBytes(content);
    try (Loopback loopback = new Loopback()) {
      try (Session near = loopback.near;
          Stream stream = near.open()) {
        stream.write(ByteBuffer.wrap(content));
      }
      await(() -> !loopback.far.isOpen());
      assertArrayEquals(content, loopback.far.accept().inputStream().readAllBytes());
    }
  }

  @Test
  void tellsWhatItIsLike() throws Exception {
    try (Loopback loopback = new Loopback()) {
      assertTrue(loopback.near.isOpen());
      assertEquals("memux-test", loopback.near.tls().applicationProtocol());
      assertEquals(loopback.server.localAddress(), loopback.near.remoteAddress());
      SessionStatistics statistics = loopback.near.statistics();
      assertEquals(0, statistics.openStreams());
      assertEquals(1200, statistics.packetBytes());
      assertTrue(statistics.bytesSent() >= 1200, statistics.toString());
      assertTrue(statistics.smoothedRttNanos() > 0, statistics.toString());
      assertTrue(loopback.near.io().matches("nio|epoll( gro)?( gso)?"), loopback.near.io());
    }
  }
}
