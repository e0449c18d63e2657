package dev.memux.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.memux.engine.mux.StreamType;
import dev.memux.netty.MuxException;
import dev.memux.session.Session;
import dev.memux.session.Stream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One end of a conversation about streams; {@code peer.js} is the other, and says what it means.
 */
final class StreamConversation implements AutoCloseable {
  private static final int STREAMS = 100;
  private static final long RESET_CODE = 7001;
  private static final long STOP_CODE = 7002;
  private static final byte PING = 'P';
  private static final byte PONG = 'Q';
  private static final int PATIENCE_SECONDS = 60;

  private final Session session;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<Integer> seeds = ConcurrentHashMap.newKeySet();
  private final CountDownLatch seedsLeft = new CountDownLatch(STREAMS);
  private final CompletableFuture<Void> turn = new CompletableFuture<>();
  private final CompletableFuture<String> told = new CompletableFuture<>();
  private final LinkedBlockingQueue<byte[]> pongs = new LinkedBlockingQueue<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

  /** Begins to answer. */
  StreamConversation(Session session) {
    this.session = session;
    threads.execute(this::acceptAll);
    threads.execute(this::echoDatagrams);
  }

  static int size(int seed) {
    return seed % 25 == 24 ? 1_000_000 : seed * 977 % 40_000;
  }

  static byte[] content(int seed, int length) {
    byte[] bytes = new byte[length];
    int state = seed;
    for (int i = 0; i < length; i++) {
      state = state * 1_103_515_245 + 12_345;
      bytes[i] = (byte) (state >>> 16);
    }
    return bytes;
  }

  // What the other end wants.

  private void acceptAll() {
    try {
      for (; ; ) {
        Stream stream = session.accept();
        threads.execute(
            () -> {
              try {
                if (stream.canWrite()) {
                  answer(stream);
                } else {
                  listen(stream.inputStream().readAllBytes());
                }
              } catch (IOException | RuntimeException | Error e) {
                failures.add(e);
              }
            });
      }
    } catch (IOException e) {
      turn.completeExceptionally(e); // the session is over
    }
  }

  private void echoDatagrams() {
    try {
      for (; ; ) {
        byte[] datagram = session.receiveDatagram();
        if (datagram[0] == PING) {
          datagram[0] = PONG;
          session.sendDatagram(ByteBuffer.wrap(datagram));
        } else {
          pongs.add(datagram);
        }
      }
    } catch (IOException e) {
      return; // the session is over
    }
  }

  private void answer(Stream stream) throws IOException {
    InputStream in = stream.inputStream();
    int wanted = in.read();
    switch (wanted) {
      case 'E' -> {
        in.transferTo(stream.outputStream());
        stream.shutdownOutput();
      }
      case 'R' -> stream.reset(RESET_CODE);
      case 'A' -> {
        write(stream, "a");
        write(stream, Long.toString(codeOf(in::readAllBytes)));
        stream.shutdownOutput();
      }
      case 'S' -> {
        stream.stopSending(STOP_CODE);
        stream.shutdownOutput();
      }
      case 'W' -> tell("T" + codeOf(() -> writeWithoutEnd(stream)));
      default -> throw new IOException("what is " + wanted + "?");
    }
  }

  private void listen(byte[] bytes) throws IOException {
    switch (bytes[0]) {
      case 'V' -> {
        int seed = ByteBuffer.wrap(bytes).getInt(1);
        assertArrayEquals(content(seed, size(seed)), Arrays.copyOfRange(bytes, 5, bytes.length));
        if (seeds.add(seed)) {
          seedsLeft.countDown();
        }
      }
      case 'T' -> told.complete(new String(bytes, 1, bytes.length - 1, US_ASCII));
      case 'G' -> turn.complete(null);
      default -> throw new IOException("what is " + bytes[0] + "?");
    }
  }

  private static long codeOf(Callable<?> call) {
    return assertThrows(MuxException.Peer.class, call::call).code();
  }

  private static Object writeWithoutEnd(Stream stream) throws IOException {
    for (byte[] chunk = new byte[10_000]; ; ) {
      stream.write(ByteBuffer.wrap(chunk));
    }
  }

  private static void write(Stream stream, String text) throws IOException {
    stream.write(ByteBuffer.wrap(text.getBytes(US_ASCII)));
  }

  /** Says something on a unidirectional stream. */
  void tell(String text) throws IOException {
    try (Stream stream = session.open(StreamType.UNIDIRECTIONAL, Stream.DEFAULT_PRIORITY)) {
      write(stream, text);
    }
  }

  // What this end wants.

  void awaitTurn() throws Exception {
    turn.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Tries everything. */
  void converse() throws Exception {
    List<Callable<Object>> echoes = new ArrayList<>();
    List<Callable<Object>> contents = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      int seed = i;
      echoes.add(() -> echo(seed));
      contents.add(() -> tellContent(seed));
    }
    runAll(echoes);
    runAll(contents);
    giveUp();
    exchangeDatagrams();
  }

  private void runAll(List<Callable<Object>> calls) throws Exception {
    for (Future<Object> done : threads.invokeAll(calls, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      done.get();
    }
  }

  private Object echo(int seed) throws Exception {
    byte[] sent = content(seed, size(seed));
    Stream stream = begin('E');
    Future<byte[]> answer = threads.submit(() -> stream.inputStream().readAllBytes());
    stream.write(ByteBuffer.wrap(sent));
    stream.shutdownOutput();
    assertArrayEquals(sent, answer.get());
    return stream;
  }

  private Object tellContent(int seed) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(ByteBuffer.allocate(5).put((byte) 'V').putInt(seed).array());
    all.writeBytes(content(seed, size(seed)));
    try (Stream stream = session.open(StreamType.UNIDIRECTIONAL, Stream.DEFAULT_PRIORITY)) {
      stream.write(ByteBuffer.wrap(all.toByteArray()));
    }
    return all;
  }

  private Stream begin(char wanted) throws IOException {
    Stream stream = session.open();
    stream.deadline(Duration.ofSeconds(PATIENCE_SECONDS));
    write(stream, String.valueOf(wanted));
    return stream;
  }

  private void giveUp() throws Exception {
    Stream reset = begin('R');
    assertEquals(RESET_CODE, codeOf(() -> reset.inputStream().readAllBytes()));
    reset.close();

    Stream aborted = begin('A');
    assertEquals('a', aborted.inputStream().read()); // a reset may overtake what was sent before
    aborted.reset(7003);
    assertEquals("7003", new String(aborted.inputStream().readAllBytes(), US_ASCII));

    Stream stopped = begin('S');
    assertEquals(STOP_CODE, codeOf(() -> writeWithoutEnd(stopped)));
    assertEquals(-1, stopped.inputStream().read());

    Stream endless = begin('W');
    endless.shutdownOutput();
    endless.inputStream().readNBytes(10_000);
    endless.stopSending(7004);
    assertEquals("7004", told.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
  }

  /** One after the other: who is busy may drop one, and is asked again. */
  private void exchangeDatagrams() throws Exception {
    for (int length : new int[] {1, 2, 100, 1200, session.maxDatagramBytes()}) {
      byte[] datagram = content(length, length);
      byte[] answer = null;
      for (int tries = 0; answer == null && tries < PATIENCE_SECONDS; tries++) {
        datagram[0] = PING;
        session.sendDatagram(ByteBuffer.wrap(datagram));
        answer = pongs.poll(1, TimeUnit.SECONDS);
      }
      datagram[0] = PONG;
      assertArrayEquals(datagram, answer);
      pongs.clear();
    }
  }

  /** Fails if something went wrong with the other end's streams, or some are missing. */
  void check() throws Exception {
    seedsLeft.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertEquals(List.of(), List.copyOf(failures));
    assertEquals(STREAMS, seeds.size());
  }

  @Override
  public void close() {
    session.close(0, "");
    threads.close();
  }
}
