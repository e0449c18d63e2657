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
import dev.memux.netty.MuxException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Streams carry bytes, and end in the ways in which they can. */
interface StreamContract extends Contract {
  int EXCHANGES = 10_000;
  int TALKERS = 200;
  long CODE = 77;

  private static byte[] random(int length, int seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @Test
  default void aStreamIsOverWhenAnEndIsTheLastThatIsHeardOfIt() throws Exception {
    try (SessionPair pair = connect()) {
      StreamPair stream = pair.stream();
      stream.near().shutdownOutput();
      assertEquals(-1, stream.far().inputStream().read());
      roundTrip(pair); // by then the near end knows that the far end has its end
      stream.far().shutdownOutput();
      assertEquals(-1, stream.near().inputStream().read());
      Loopback.await(
          () -> SessionPair.openStreams(pair.near()) + SessionPair.openStreams(pair.far()) == 0);
    }
  }

  private static void roundTrip(SessionPair pair) throws Exception {
    StreamPair stream = pair.stream();
    stream.far().write(ByteBuffer.wrap(new byte[] {1}));
    assertEquals(1, stream.near().inputStream().read());
    stream.near().close();
    stream.far().close();
  }

  @Test
  default void carriesRequestAndResponse() throws Exception {
    try (SessionPair pair = connect()) {
      for (Session opener : List.of(pair.near(), pair.far())) {
        Session acceptor = opener == pair.near() ? pair.far() : pair.near();
        CompletableFuture<String> request =
            start(
                () -> {
                  try (Stream stream = acceptor.accept()) {
                    byte[] bytes = stream.inputStream().readAllBytes();
                    stream.outputStream().write("pong".getBytes(StandardCharsets.US_ASCII));
                    return new String(bytes, StandardCharsets.US_ASCII);
                  }
                });
        try (Stream stream = opener.open()) {
          stream.outputStream().write("ping".getBytes(StandardCharsets.US_ASCII));
          stream.shutdownOutput();
          assertEquals(
              "pong", new String(stream.inputStream().readAllBytes(), StandardCharsets.US_ASCII));
          assertTrue(stream.isLocal());
        }
        assertEquals("ping", get(request));
      }
    }
  }

  @Test
  default void carriesMuchInBothDirectionsAtOnce() throws Exception {
    byte[] content = random(10_000_000, 1);
    try (SessionPair pair = connect()) {
      Stream near = pair.near().open();
      CompletableFuture<byte[]> back = start(() -> near.inputStream().readAllBytes());
      CompletableFuture<Long> echo =
          start(
              () -> {
                Stream far = pair.far().accept();
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
  default void keepsTheOrderOfWhatIsWrittenInPiecesOfAnySize() throws Exception {
    byte[] content = random(1_000_000, 2);
    try (SessionPair pair = connect()) {
      StreamPair stream = pair.stream();
      CompletableFuture<byte[]> read = start(() -> stream.far().inputStream().readAllBytes());
      OutputStream out = stream.near().outputStream();
      Random random = new Random(3);
      for (int at = 0; at < content.length; ) {
        int length = Math.min(content.length - at, random.nextInt(1 << random.nextInt(16)));
        out.write(content, at, length);
        at += length;
      }
      out.close();
      assertArrayEquals(content, get(read));
    }
  }

  @Test
  default void aUnidirectionalStreamHasOneDirection() throws Exception {
    try (SessionPair pair = connect()) {
      for (Session opener : List.of(pair.near(), pair.far())) {
        Session acceptor = opener == pair.near() ? pair.far() : pair.near();
        Stream ours = opener.open(StreamType.UNIDIRECTIONAL, Stream.DEFAULT_PRIORITY);
        ours.write(ByteBuffer.wrap(new byte[] {7}));
        ours.close();
        Stream theirs = acceptor.accept();
        assertEquals(StreamType.UNIDIRECTIONAL, theirs.type());
        assertFalse(theirs.isLocal());
        assertFalse(ours.canRead());
        assertFalse(theirs.canWrite());
        assertThrows(NonReadableChannelException.class, ours::inputStream);
        assertThrows(NonWritableChannelException.class, () -> theirs.reset(0));
        InputStream in = theirs.inputStream();
        assertEquals(7, in.read());
        assertEquals(-1, in.read());
        assertEquals(-1, in.read());
      }
    }
  }

  @Test
  default void eitherDirectionEndsWithoutTheOther() throws Exception {
    try (SessionPair pair = connect()) {
      StreamPair stream = pair.stream();
      stream.near().shutdownOutput();
      assertEquals(-1, stream.far().inputStream().read());
      for (int i = 0; i < 3; i++) {
        stream.far().write(ByteBuffer.wrap(new byte[] {(byte) i}));
        assertEquals(i, stream.near().inputStream().read());
      }
      stream.far().shutdownOutput();
      assertEquals(-1, stream.near().inputStream().read());
    }
  }

  @Test
  default void anEmptyStreamHasAnEnd() throws Exception {
    try (SessionPair pair = connect()) {
      pair.near().open().shutdownOutput();
      assertEquals(0, pair.far().accept().inputStream().readAllBytes().length);
    }
  }

  @Test
  default void manyThreadsMakeManySmallExchanges() throws Exception {
    try (SessionPair pair = connect()) {
      CompletableFuture<?> server =
          start(
              () -> {
                for (int i = 0; i < EXCHANGES; i++) {
                  Stream stream = pair.far().accept();
                  Thread.startVirtualThread(() -> answer(stream));
                }
                return null;
              });
      AtomicInteger next = new AtomicInteger();
      List<CompletableFuture<?>> talkers = new ArrayList<>();
      for (int i = 0; i < TALKERS; i++) {
        talkers.add(
            start(
                () -> {
                  for (int n = next.getAndIncrement(); n < EXCHANGES; n = next.getAndIncrement()) {
                    assertEquals(n + 1, ask(pair.near(), n));
                  }
                  return null;
                }));
      }
      for (CompletableFuture<?> talker : talkers) {
        get(talker);
      }
      get(server);
    }
  }

  private static int ask(Session session, int number) throws Exception {
    try (Stream stream = session.open()) {
      DataOutputStream out = new DataOutputStream(stream.outputStream());
      out.writeInt(number);
      out.close();
      DataInputStream in = new DataInputStream(stream.inputStream());
      int answer = in.readInt();
      assertEquals(-1, in.read());
      return answer;
    }
  }

  private static void answer(Stream stream) {
    try (stream) {
      int number = new DataInputStream(stream.inputStream()).readInt();
      new DataOutputStream(stream.outputStream()).writeInt(number + 1);
    } catch (Exception e) {
      stream.reset(CODE); // the asking side fails with it
    }
  }

  @Test
  default void aResetTellsItsCode() throws Exception {
    try (SessionPair pair = connect()) {
      StreamPair stream = pair.stream();
      stream.near().reset(CODE);
      MuxException.Peer failure =
          assertThrows(MuxException.Peer.class, () -> stream.far().inputStream().readAllBytes());
      assertEquals(CODE, failure.code());
      stream.far().write(ByteBuffer.wrap(new byte[] {3})); // the other direction lives
      assertEquals(3, stream.near().inputStream().read());
    }
  }

  @Test
  default void stopSendingTellsItsCode() throws Exception {
    try (SessionPair pair = connect()) {
      StreamPair stream = pair.stream();
      stream.near().stopSending(CODE);
      MuxException.Peer failure =
          assertThrows(
              MuxException.Peer.class,
              () -> {
                while (true) {
                  stream.far().write(ByteBuffer.allocate(100_000));
                }
              });
      assertEquals(CODE, failure.code());
      stream.near().write(ByteBuffer.wrap(new byte[] {3}));
      assertEquals(3, stream.far().inputStream().read());
    }
  }

  @Test
  default void aStreamThatIsOverRefusesToBeUsed() throws Exception {
    try (SessionPair pair = connect()) {
      StreamPair stream = pair.stream();
      Stream near = stream.near();
      near.shutdownOutput();
      near.shutdownOutput();
      assertThrows(ClosedChannelException.class, () -> near.write(ByteBuffer.allocate(1)));
      near.close();
      near.close();
      assertFalse(near.isOpen());
      assertThrows(ClosedChannelException.class, () -> near.read(ByteBuffer.allocate(1)));
      near.stopSending(CODE);
      near.priority(Stream.DEFAULT_PRIORITY);
      assertEquals(-1, stream.far().inputStream().read());
    }
  }

  @Test
  default void codesThatDoNotExistAreRefused() throws Exception {
    try (SessionPair pair = connect()) {
      Stream near = pair.stream().near();
      assertThrows(IllegalArgumentException.class, () -> near.reset(-1));
      assertThrows(IllegalArgumentException.class, () -> near.stopSending(1L << 62));
      assertThrows(IllegalArgumentException.class, () -> pair.near().close(-1, ""));
    }
  }

  @Test
  default void aSmallRequestIsThereWhenItsStreamIsAccepted() throws Exception {
    try (SessionPair pair = connect()) {
      Stream near = pair.near().open();
      near.write(ByteBuffer.wrap(random(100, 2)));
      Stream far = pair.far().accept();
      assertEquals(100, far.inputStream().available());
      assertArrayEquals(random(100, 2), far.inputStream().readNBytes(100));
    }
  }

  @Test
  default void whatNobodyReadsYetIsNotTakenAheadButForASmallMessage() throws Exception {
    byte[] content = random(5 * ReceiveHalf.AHEAD_BYTES, 3);
    try (SessionPair pair = connect()) {
      Stream near = pair.near().open();
      near.write(ByteBuffer.wrap(content));
      near.shutdownOutput();
      Stream far = pair.far().accept();
      await(() -> received(far) == content.length);
      assertEquals(ReceiveHalf.AHEAD_BYTES, far.inputStream().available());
      assertArrayEquals(content, far.inputStream().readAllBytes());
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
  default void whatWasSentAndLeftIsThereForWhoAcceptsLater() throws Exception {
    try (SessionPair pair = connect()) {
      for (StreamType type : StreamType.values()) {
        Stream near = pair.near().open(type, Stream.DEFAULT_PRIORITY);
        near.write(ByteBuffer.wrap(random(100, 4)));
        near.close();
        await(() -> openStreams(pair.near()) == 0); // that end knows of it no more
        try (Stream far = pair.far().accept()) {
          assertArrayEquals(random(100, 4), far.inputStream().readAllBytes());
        }
        await(() -> openStreams(pair.far()) == 0);
      }
    }
  }

  private static int openStreams(Session session) {
    try {
      return session.statistics().openStreams();
    } catch (InterruptedIOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  default void readsNothingIntoNoRoom() throws Exception {
    try (SessionPair pair = connect()) {
      Stream near = pair.stream().near();
      assertEquals(0, near.read(ByteBuffer.allocate(0)));
      assertEquals(0, near.write(ByteBuffer.allocate(0)));
    }
  }
}
