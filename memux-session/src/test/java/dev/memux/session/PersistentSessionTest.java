package dev.memux.session;

import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.MuxException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A session that outlives its connections. */
@Timeout(120)
final class PersistentSessionTest {
  /** So a peer that does not answer is lost within half a second. */
  private static final QuicConfig CONFIG =
      QuicConfig.DEFAULT.withMaxIdleTimeoutNanos(Duration.ofSeconds(1).toNanos());

  private Loopback loopback;
  private UdpRelay relay;
  private PersistentSession session;
  private final AtomicInteger served = new AtomicInteger();

  /** While it is not done, requests are read but not answered. */
  private volatile CompletableFuture<?> answering = CompletableFuture.completedFuture(null);

  @BeforeEach
  void connect() throws Exception {
    loopback = new Loopback(CONFIG);
    relay = new UdpRelay(loopback.server.localAddress());
    session =
        new PersistentSession(loopback.client(CONFIG), "localhost", relay.address().getPort());
    start(
        () -> {
          while (true) {
            Session accepted = loopback.server.accept();
            start(() -> serve(accepted));
          }
        });
  }

  @AfterEach
  void close() {
    session.close();
    relay.close();
    loopback.close();
  }

  private Void serve(Session accepted) throws IOException {
    while (true) {
      Stream stream = accepted.accept();
      start(
          () -> {
            byte[] request = stream.inputStream().readAllBytes();
            served.incrementAndGet();
            answering.join();
            stream.outputStream().write(request);
            stream.close();
            return null;
          });
    }
  }

  private static String echo(Stream stream, String request) throws IOException {
    stream.outputStream().write(request.getBytes(StandardCharsets.UTF_8));
    stream.shutdownOutput();
    return new String(stream.inputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void usesOneSessionWhileItLasts() throws Exception {
    assertEquals("a", session.exchange(stream -> echo(stream, "a")));
    Session first = session.session();
    assertEquals("b", session.exchange(stream -> echo(stream, "b")));
    assertSame(first, session.session());
    first.close(0, "");
    assertEquals("c", session.exchange(stream -> echo(stream, "c")));
    assertNotSame(first, session.session());
  }

  @Test
  void whoComesWhileItConnectsGetsTheSameSession() throws Exception {
    List<CompletableFuture<Session>> all = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      all.add(start(session::session));
    }
    for (CompletableFuture<Session> one : all) {
      assertSame(session.session(), get(one));
    }
  }

  @Test
  void afterALossOnlyReplayableExchangesAreDoneAgain() throws Exception {
    CompletableFuture<Void> never = new CompletableFuture<>();
    session.session();
    answering = never;
    List<CompletableFuture<String>> replayable = new ArrayList<>();
    List<CompletableFuture<String>> others = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String request = "request " + i;
      replayable.add(start(() -> session.exchangeReplayable(stream -> echo(stream, request))));
      others.add(start(() -> session.exchange(stream -> echo(stream, request))));
    }
    Loopback.await(() -> served.get() == 40);
    relay.drop();
    answering = CompletableFuture.completedFuture(null);
    never.complete(null);
    Loopback.await(() -> others.stream().allMatch(CompletableFuture::isDone));
    for (CompletableFuture<String> other : others) {
      ExecutionException failure = assertThrows(ExecutionException.class, other::get);
      MuxException.CarrierLost lost = (MuxException.CarrierLost) failure.getCause();
      assertTrue(lost.bytesAcknowledged() <= "request xx".length(), lost::toString);
    }
    relay.letOthersThrough();
    for (int i = 0; i < replayable.size(); i++) {
      assertEquals("request " + i, get(replayable.get(i)));
    }
    assertEquals(60, served.get());
  }

  @Test
  void anExchangeThatTheSessionNeverSurvivesIsGivenUp() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    assertThrows(
        MuxException.CarrierLost.class,
        () ->
            session.exchangeReplayable(
                stream -> {
                  attempts.incrementAndGet();
                  relay.drop();
                  try {
                    return echo(stream, "poison");
                  } finally {
                    relay.letOthersThrough();
                  }
                }));
    assertEquals(PersistentSession.MAX_ATTEMPTS, attempts.get());
  }

  @Test
  void whatFailsForAnotherReasonIsNotDoneAgain() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    assertThrows(
        IOException.class,
        () ->
            session.exchangeReplayable(
                stream -> {
                  attempts.incrementAndGet();
                  throw new IOException("the disk is full");
                }));
    assertEquals(1, attempts.get());
    assertTrue(session.session().isOpen());
  }

  @Test
  void whoWaitsForASessionCanBeInterruptedAlone() throws Exception {
    relay.drop();
    Blocked waiting = Blocked.in(() -> session.session());
    Blocked other = Blocked.in(() -> session.open());
    waiting.thread().interrupt();
    waiting.failure(InterruptedIOException.class);
    session.close();
    other.failure(MuxException.Local.class);
    assertThrows(MuxException.Local.class, () -> session.open());
  }
}
