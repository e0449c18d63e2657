package dev.memux.session;

import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Phones and devices by the ten thousand, most of which say nothing most of the time. {@code
 * memux.idle.sessions} says how many.
 */
final class IdleSessionsTest {
  private static final int SESSIONS = Integer.getInteger("memux.idle.sessions", 1000);

  /** Of heap for a session in which nothing goes on, at either end. */
  private static final int SESSION_BYTES = 20_000;

  /** Handshakes under way at once. */
  private static final int AT_ONCE = 16;

  private static final long IDLE_TIMEOUT_NANOS = TimeUnit.HOURS.toNanos(1);

  private static final int REHEARSED = 200;

  @Test
  void idleSessionsCostLittleAtEitherEnd() throws Exception {
    QuicConfig config = QuicConfig.DEFAULT.withMaxIdleTimeoutNanos(IDLE_TIMEOUT_NANOS);
    try (Loopback loopback = new Loopback(config)) {
      List<Session> rehearsal = open(loopback, config, REHEARSED); // so that all classes are there
      long before = LiveHeap.bytesAtRest(SESSIONS);
      List<Session> sessions = open(loopback, config, SESSIONS);
      long with = LiveHeap.bytesAtRest(SESSIONS);
      long each = (with - before) / sessions.size();
      System.out.printf(
          "%,d idle sessions: %,d bytes of heap each at either end, on average%n", SESSIONS, each);
      assertEquals(2 * SESSIONS, sessions.size());
      assertEquals(2 * REHEARSED, rehearsal.size());
      assertTrue(each <= SESSION_BYTES, each + " bytes");
    }
  }

  /** So many sessions that have been used once; the clients' before the server's. */
  private static List<Session> open(Loopback loopback, QuicConfig config, int count)
      throws Exception {
    SessionClient client = loopback.client(config);
    CompletableFuture<List<Session>> accepting = start(() -> accept(loopback, count));
    List<CompletableFuture<List<Session>>> connecting = new ArrayList<>();
    for (int i = 0; i < AT_ONCE; i++) {
      int some = count / AT_ONCE + (i < count % AT_ONCE ? 1 : 0);
      connecting.add(start(() -> connect(loopback, client, some)));
    }
    List<Session> all = new ArrayList<>(2 * count);
    for (CompletableFuture<List<Session>> some : connecting) {
      all.addAll(get(some));
    }
    all.addAll(get(accepting));
    return all;
  }

  private static List<Session> connect(Loopback loopback, SessionClient client, int count)
      throws Exception {
    List<Session> sessions = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Session session = client.connect(loopback.server.localAddress(), "localhost");
      try (Stream stream = session.open()) {
        stream.write(ByteBuffer.wrap(new byte[] {1}));
        stream.shutdownOutput();
        ByteBuffer answer = ByteBuffer.allocate(2);
        assertEquals(1, stream.read(answer));
        assertEquals(-1, stream.read(answer));
      }
      sessions.add(session);
    }
    return sessions;
  }

  private static List<Session> accept(Loopback loopback, int count) throws Exception {
    List<Session> sessions = new ArrayList<>(count);
    List<CompletableFuture<Boolean>> answering = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Session session = loopback.server.accept();
      sessions.add(session);
      answering.add(start(() -> answer(session)));
    }
    for (CompletableFuture<Boolean> answer : answering) {
      get(answer);
    }
    return sessions;
  }

  private static boolean answer(Session session) throws Exception {
    try (Stream stream = session.accept()) {
      ByteBuffer question = ByteBuffer.allocate(2);
      assertEquals(1, stream.read(question));
      assertEquals(-1, stream.read(question));
      stream.write(question.flip());
    }
    return true;
  }
}
