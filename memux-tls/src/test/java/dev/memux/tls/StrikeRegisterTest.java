package dev.memux.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What catches replayed early data (RFC 8446 §8). */
class StrikeRegisterTest {
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private final TestClock clock = new TestClock();
  private final StrikeRegister register = new StrikeRegister(WINDOW, 100, clock);

  /** A hello sent now with a ticket given out a minute ago. */
  private boolean strike(long hello) {
    return register.strike(hello, clock.millis() - 60_000, 60_000);
  }

  private void advanceMillis(long millis) {
    clock.advance(Duration.ofMillis(millis));
  }

  @Test
  void aHelloIsTakenOnce() {
    clock.advance(WINDOW.multipliedBy(10));
    assertTrue(strike(1));
    assertTrue(strike(2));
    assertFalse(strike(1));
    assertFalse(strike(2));
  }

  // RFC 8446 §8.2: for as long as it counts as fresh, a hello must be known.
  @Test
  void noMomentBringsAReplayIn() {
    clock.advance(WINDOW.multipliedBy(10));
    for (int phase = 0; phase < 40; phase++) {
      long issued = clock.millis() - 60_000;
      // The earliest and the latest time at which it is fresh, and between.
      for (long age : new long[] {55_000, 60_000, 65_000}) {
        long hello = phase * 100L + age;
        assertTrue(register.strike(hello, issued, age));
        long stepped = 0;
        for (; stepped < 2 * WINDOW.toMillis(); stepped += 500, advanceMillis(500)) {
          assertFalse(register.strike(hello, issued, age));
        }
        advanceMillis(-stepped);
      }
      advanceMillis(2 * WINDOW.toMillis() + 777);
    }
  }

  // RFC 8446 §8.3
  @Test
  void onlyAFreshHelloIsTaken() {
    clock.advance(WINDOW.multipliedBy(10));
    long issued = clock.millis() - 60_000;
    assertFalse(register.strike(1, issued, 54_999));
    assertTrue(register.strike(1, issued, 55_000));
    assertFalse(register.strike(2, issued, 65_001));
    assertTrue(register.strike(2, issued, 65_000));
    assertFalse(register.strike(3, issued, 0xffff_ffffL));
    assertFalse(register.strike(3, issued + Duration.ofDays(1).toMillis(), 60_000));
  }

  @Test
  void itIsBoundedAndWhenFullRefuses() {
    clock.advance(WINDOW.multipliedBy(10));
    for (int i = 0; i < 100; i++) {
      assertTrue(strike(i));
    }
    assertFalse(strike(100));
    clock.advance(WINDOW);
    for (int i = 200; i < 300; i++) {
      assertTrue(strike(i));
    }
    assertFalse(strike(300));
    assertEquals(200, register.size());
    clock.advance(WINDOW.multipliedBy(3));
    assertTrue(strike(1)); // long forgotten, as it has to be a fresh one
    assertEquals(1, register.size());
  }

  // RFC 8446 §8.2: what was taken before a restart is not known after it.
  @Test
  void ticketsFromBeforeItBeganAreRefusedForOneWindow() {
    assertFalse(strike(1));
    clock.advance(WINDOW.minusMillis(1));
    assertFalse(strike(1));
    assertTrue(register.strike(2, clock.millis() - 5_000, 5_000)); // given out since
    clock.advance(Duration.ofMillis(1));
    assertTrue(strike(1));
  }

  @Test
  void ofManyThreadsOneWins() throws Exception {
    clock.advance(WINDOW.multipliedBy(10));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Boolean>> tasks = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        int hello = i % 50;
        tasks.add(() -> strike(hello));
      }
      int taken = 0;
      for (Future<Boolean> one : threads.invokeAll(tasks)) {
        taken += one.get() ? 1 : 0;
      }
      assertEquals(50, taken);
    }
  }

  @Test
  void sizesAreBounded() {
    assertThrows(
        IllegalArgumentException.class, () -> new StrikeRegister(Duration.ofMillis(1), 1, clock));
    assertThrows(IllegalArgumentException.class, () -> new StrikeRegister(WINDOW, 0, clock));
  }
}
