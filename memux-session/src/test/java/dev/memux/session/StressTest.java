package dev.memux.session;

import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.IoTransport;
import dev.memux.netty.MuxException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Many virtual threads at once: a wake-up that is lost, bytes out of their order or credit that is
 * not given back let it hang or fail.
 */
final class StressTest {
  private static final int THREADS = 300;
  private static final int EXCHANGES = 10;

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void manyThreadsTalkOverManyStreams(IoTransport transport) throws Exception {
    // Windows far below what is under way, and fewer streams than threads: all wait for all.
    MuxConfig mux = MuxConfig.DEFAULT.withWindows(3_000, 10_000, 40_000, 60_000);
    QuicConfig config = QuicConfig.DEFAULT.withMux(mux.withStreams(50, 0));
    try (Loopback loopback = new Loopback(config, transport)) {
      CompletableFuture<Integer> served = start(() -> serve(loopback.far));
      List<CompletableFuture<Integer>> clients = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        long seed = i;
        clients.add(start(() -> talk(loopback.near, new Random(seed))));
      }
      int exchanges = 0;
      for (CompletableFuture<Integer> client : clients) {
        exchanges += get(client);
      }
      assertEquals(THREADS * EXCHANGES, exchanges);
      loopback.near.close();
      assertEquals(THREADS * EXCHANGES, get(served));
    }
  }

  /** Each exchange: so many bytes are asked for, in pieces of any size, while others are sent. */
  private static int talk(Session session, Random random) throws Exception {
    for (int i = 0; i < EXCHANGES; i++) {
      try (Stream stream = session.open()) {
        int wanted = random.nextInt(1 << random.nextInt(16));
        int given = random.nextInt(1 << random.nextInt(16));
        DataOutputStream out = new DataOutputStream(stream.outputStream());
        out.writeInt(wanted);
        CompletableFuture<Integer> writer = start(() -> write(stream, given));
        assertEquals(wanted, check(stream, wanted));
        assertEquals(given, get(writer));
      }
    }
    return EXCHANGES;
  }

  private static int serve(Session session) throws IOException {
    List<CompletableFuture<?>> streams = new ArrayList<>();
    try {
      while (true) {
        Stream stream = session.accept();
        streams.add(start(() -> answer(stream)));
      }
    } catch (MuxException.Peer e) {
      streams.forEach(CompletableFuture::join);
      return streams.size();
    }
  }

  private static int answer(Stream stream) throws Exception {
    try (stream) {
      int wanted = new DataInputStream(stream.inputStream()).readInt();
      CompletableFuture<Integer> writer = start(() -> write(stream, wanted));
      int read = check(stream, Integer.MAX_VALUE);
      get(writer);
      return read;
    }
  }

  private static int write(Stream stream, int length) throws IOException {
    Random random = new Random(length);
    int at = 0;
    while (at < length) {
      byte[] piece = new byte[Math.min(length - at, 1 + random.nextInt(5_000))];
      for (int i = 0; i < piece.length; i++) {
        piece[i] = (byte) (at + i);
      }
      stream.write(ByteBuffer.wrap(piece));
      at += piece.length;
    }
    stream.shutdownOutput();
    return at;
  }

  private static int check(Stream stream, int limit) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(700);
    int at = 0;
    while (at <= limit && stream.read(target) >= 0) {
      target.flip();
      while (target.hasRemaining()) {
        assertEquals((byte) at++, target.get());
      }
      target.clear();
    }
    return at;
  }
}
