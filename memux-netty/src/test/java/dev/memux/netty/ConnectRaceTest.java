package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Time and threads are those of an embedded channel's loop. */
final class ConnectRaceTest implements ConnectRace.Contest<String, String> {
  private static final long DELAY_NANOS = ConnectRace.ATTEMPT_DELAY.toNanos();

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Map<String, Promise<String>> attempts = new LinkedHashMap<>();
  private final List<String> discarded = new ArrayList<>();
  private CompletableFuture<String> race = new CompletableFuture<>();

  @Override
  public Future<String> connect(String candidate) {
    Promise<String> attempt = channel.eventLoop().newPromise();
    attempts.put(candidate, attempt);
    return attempt;
  }

  @Override
  public void discard(String connection) {
    discarded.add(connection);
  }

  @BeforeEach
  void start() {
    channel.freezeTime();
    race =
        new ConnectRace<>(
                channel.eventLoop(),
                List.of("a", "b", "c"),
                this,
                failures -> new IOException(failures.toString()))
            .start();
    channel.runPendingTasks();
  }

  private void pass(long nanos) {
    channel.advanceTimeBy(nanos, TimeUnit.NANOSECONDS);
    channel.runPendingTasks();
  }

  private void succeed(String candidate) {
    attempts.get(candidate).trySuccess(candidate.toUpperCase(Locale.ROOT));
    channel.runPendingTasks();
  }

  private void fail(String candidate) {
    attempts.get(candidate).tryFailure(new IOException("no " + candidate));
    channel.runPendingTasks();
  }

  // RFC 8305 §4
  @Test
  void triesTheFamiliesInTurnBeginningWithIpv6() {
    InetAddress a = InetAddress.ofLiteral("192.0.2.1");
    InetAddress b = InetAddress.ofLiteral("192.0.2.2");
    InetAddress x = InetAddress.ofLiteral("2001:db8::1");
    assertEquals(List.of(x, a, b), ConnectRace.interleaved(List.of(a, b, x)));
    assertEquals(List.of(a), ConnectRace.interleaved(List.of(a)));
  }

  // RFC 8305 §5
  @Test
  void givesEachAttemptTimeBeforeTheNextBeginsBesideIt() {
    assertEquals(List.of("a"), List.copyOf(attempts.keySet()));
    pass(DELAY_NANOS - 1);
    assertEquals(1, attempts.size());
    pass(1);
    assertEquals(List.of("a", "b"), List.copyOf(attempts.keySet()));
    pass(DELAY_NANOS);
    assertEquals(3, attempts.size());
    succeed("a");
    assertEquals("A", race.join());
    assertTrue(attempts.get("b").isCancelled());
    assertTrue(attempts.get("c").isCancelled());
  }

  @Test
  void triesTheNextAtOnceWhenOneFails() {
    pass(DELAY_NANOS - 1);
    fail("a");
    assertEquals(2, attempts.size());
    pass(DELAY_NANOS - 1); // the next one has a whole delay, too
    assertEquals(2, attempts.size());
    pass(1);
    assertEquals(3, attempts.size());
    succeed("b");
    assertEquals("B", race.join());
  }

  @Test
  void beginsNothingMoreWhenSomebodyHasWon() {
    succeed("a");
    pass(10 * DELAY_NANOS);
    assertEquals(1, attempts.size());
  }

  @Test
  void failsWithWhatAllAttemptsFailedWith() {
    fail("a");
    pass(DELAY_NANOS);
    fail("c");
    assertFalse(race.isDone());
    fail("b");
    CompletionException failure = assertThrows(CompletionException.class, race::join);
    IOException cause = assertInstanceOf(IOException.class, failure.getCause());
    String told = cause.getMessage();
    assertTrue(told.indexOf("no a") < told.indexOf("no c"), told);
    assertTrue(told.indexOf("no c") < told.indexOf("no b"), told);
  }

  @Test
  void givesUpAllAttemptsWhenTheCallerDoes() {
    pass(DELAY_NANOS);
    race.cancel(false);
    channel.runPendingTasks();
    assertTrue(attempts.get("a").isCancelled());
    assertTrue(attempts.get("b").isCancelled());
    pass(10 * DELAY_NANOS);
    assertEquals(2, attempts.size());
  }

  @Test
  void closesWhoComesInSecondInTheSameMoment() {
    pass(DELAY_NANOS);
    attempts.get("a").setSuccess("A");
    attempts.get("b").setSuccess("B");
    channel.runPendingTasks();
    assertEquals("A", race.join());
    assertEquals(List.of("B"), discarded);
  }
}
