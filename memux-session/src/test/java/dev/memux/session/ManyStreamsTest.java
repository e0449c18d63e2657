package dev.memux.session;

import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.CarrierType;
import dev.memux.netty.IoTransport;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Small conversations by the tens of thousands, most of which say nothing most of the time. */
final class ManyStreamsTest {
  private static final int STREAMS = Integer.getInteger("memux.many.streams", 100_000);

  /** Of heap for an open stream, at either end. */
  private static final int STREAM_BYTES = 400;

  /** What is left of them all when they are closed. */
  private static final long LEFT_BYTES = 8_000_000;

  /** Within which streams that are not in use rest. */
  private static final int REST_SECONDS = 20;

  @ParameterizedTest
  @EnumSource
  void openStreamsCostLittleAndClosedOnesNothing(CarrierType carrier) throws Exception {
    QuicConfig config = QuicConfig.DEFAULT.withMux(MuxConfig.DEFAULT.withStreams(STREAMS + 1, 0));
    try (Loopback loopback = new Loopback(config, IoTransport.preferred(), carrier)) {
      exchange(loopback, 1000).forEach(Stream::close); // so that all classes are there
      awaitNone(loopback);
      long before = heapAfterCollection();
      List<Stream> streams = exchange(loopback, STREAMS);
      long open = heapWhenAtRest(before + 2L * STREAMS * STREAM_BYTES);
      if (Boolean.getBoolean("memux.many.histogram")) {
        System.out.println(histogram());
      }
      streams.forEach(Stream::close);
      streams.clear();
      awaitNone(loopback);
      long after = heapAfterCollection();
      if (Boolean.getBoolean("memux.many.histogram")) {
        System.out.println(histogram());
      }
      long each = (open - before) / (2L * STREAMS);
      System.out.printf(
          "%s, %,d streams: %d bytes each at either end; heap %.1f MB before, %.1f with them, %.1f"
              + " when they are closed%n",
          carrier, STREAMS, each, before / 1e6, open / 1e6, after / 1e6);
      assertTrue(each <= STREAM_BYTES, each + " bytes");
      assertTrue(after - before <= LEFT_BYTES, (after - before) + " bytes left");
    }
  }

  @Test
  void streamsThatAreClosedWhenTheyAreOverAreForgotten() throws Exception {
    try (Loopback loopback = new Loopback()) {
      List<WeakReference<Stream>> closed = closeWhenOver(loopback, exchange(loopback, 20));
      Loopback.await(
          () -> {
            System.gc();
            return closed.stream().allMatch(stream -> stream.get() == null);
          });
      assertTrue(loopback.near.isOpen(), "the session's end has released them");
    }
  }

  /**
   * Ends all of them in both directions, and closes them when the connection has forgotten them.
   */
  private static List<WeakReference<Stream>> closeWhenOver(Loopback loopback, List<Stream> streams)
      throws IOException {
    for (Stream stream : streams) {
      stream.shutdownOutput();
    }
    for (Stream stream : streams) {
      assertEquals(-1, stream.read(ByteBuffer.allocate(1)));
    }
    awaitNone(loopback);
    streams.forEach(Stream::close);
    return streams.stream().map(WeakReference::new).toList();
  }

  /** A byte each way on each of so many streams, which stay open; those of both ends. */
  private static List<Stream> exchange(Loopback loopback, int count) throws Exception {
    List<Stream> streams = new ArrayList<>(2 * count);
    CompletableFuture<List<Stream>> answering = start(() -> answer(loopback.far, count));
    for (int i = 0; i < count; i++) {
      Stream stream = loopback.near.open(); // without waiting for anyone
      stream.write(ByteBuffer.wrap(new byte[] {(byte) i}));
      streams.add(stream);
    }
    for (int i = 0; i < count; i++) {
      ByteBuffer answer = ByteBuffer.allocate(2);
      assertEquals(1, streams.get(i).read(answer));
      assertEquals((byte) i, answer.get(0));
    }
    streams.addAll(get(answering));
    return streams;
  }

  private static List<Stream> answer(Session session, int count) throws Exception {
    List<Stream> streams = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Stream stream = session.accept();
      ByteBuffer question = ByteBuffer.allocate(2);
      assertEquals(1, stream.read(question));
      stream.write(question.flip());
      streams.add(stream);
    }
    return streams;
  }

  /** Streams rest some time after they were used last. */
  private static long heapWhenAtRest(long enough) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(REST_SECONDS);
    long heap = heapAfterCollection();
    for (long before = Long.MAX_VALUE;
        (heap > enough || heap < before - STREAMS) && System.nanoTime() < deadline; ) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
      before = heap;
      heap = heapAfterCollection();
    }
    return heap;
  }

  private static void awaitNone(Loopback loopback) {
    Loopback.await(() -> openStreams(loopback.near) + openStreams(loopback.far) == 0);
  }

  private static int openStreams(Session session) {
    try {
      return session.statistics().openStreams();
    } catch (InterruptedIOException e) {
      throw new AssertionError(e);
    }
  }

  private static long heapAfterCollection() {
    System.gc();
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static String histogram() throws Exception {
    ObjectName commands = new ObjectName("com.sun.management:type=DiagnosticCommand");
    Object answer =
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                commands,
                "gcClassHistogram",
                new Object[] {new String[0]},
                new String[] {String[].class.getName()});
    return answer.toString().lines().limit(45).reduce("", (a, b) -> a + b + "\n");
  }
}
