package dev.memux.engine.congestion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** RFC 9002 §7.7. */
class PacerTest {
  private static final int DATAGRAM = 1200;
  private static final long MS = 1_000_000;
  private static final long WINDOW = 12_000;
  private static final long RTT = 100 * MS;

  /** A datagram each 8 ms: 100 ms for 12,000 bytes, a quarter faster. */
  private static final long INTERVAL = 8 * MS;

  private final Pacer pacer = new Pacer(DATAGRAM);

  @Test
  void anInitialWindowLeavesAtOnce() {
    for (int i = 0; i < 10; i++) {
      assertEquals(0, next(0), "datagram " + i);
      pacer.onSent(DATAGRAM);
    }
    assertNear(INTERVAL, next(0));
  }

  @Test
  void laterDatagramsAreSpreadAtFiveFourthsOfTheWindow() {
    spendBurst(0);
    long now = 0;
    for (int i = 1; i <= 100; i++) {
      now = next(now);
      assertNear(i * INTERVAL, now);
      pacer.onSent(DATAGRAM);
    }
  }

  @Test
  void askingTooEarlyDoesNotDelay() {
    spendBurst(0);
    long now = 0;
    while (now < INTERVAL) {
      assertNear(INTERVAL, next(now));
      now += 100_000;
    }
    assertNear(INTERVAL, next(INTERVAL));
  }

  @Test
  void aPauseEarnsAnInitialWindowAndNoMore() {
    spendBurst(0);
    long now = 3600_000 * MS;
    for (int i = 0; i < 10; i++) {
      assertEquals(now, next(now), "datagram " + i);
      pacer.onSent(DATAGRAM);
    }
    assertNear(now + INTERVAL, next(now));
  }

  @Test
  void probesLeaveUnaskedAndLaterPacketsPayForThem() {
    spendBurst(0);
    pacer.onSent(2 * DATAGRAM);
    assertNear(3 * INTERVAL, next(0));
  }

  @Test
  void aWindowThatShrinksShrinksTheBucket() {
    pacer.onRate(rate(100_000_000));
    assertEquals(0, pacer.delayUntilNanos(0, DATAGRAM));
    assertEquals(50 * MS, pacer.delayUntilNanos(50 * MS, DATAGRAM));
    long now = 50 * MS;
    for (int i = 0; i < 10; i++) {
      assertEquals(now, next(now));
      pacer.onSent(DATAGRAM);
    }
    assertNear(now + INTERVAL, next(now));
  }

  /** A timer late by one batch must not lose the bytes of that time. */
  @Test
  void onAFastPathALateTimerCostsNoThroughput() {
    double rate = rate(10_000_000);
    pacer.onRate(rate);
    int batch = pacer.batchBytes();
    assertEquals(65_507, batch);
    long batchNanos = (long) (batch / rate);
    long sent = 0;
    long now = 0;
    while (now < 1000 * MS) {
      while (pacer.delayUntilNanos(now, batch) == now) {
        pacer.onSent(batch);
        sent += batch;
      }
      now = pacer.delayUntilNanos(now, batch) + batchNanos;
    }
    assertEquals(1.0, sent / (rate * 1000 * MS), 0.005);
  }

  @Test
  void aBatchIsAMillisecondOfThePath() {
    assertEquals(2 * DATAGRAM, Pacer.batchBytes(rate(WINDOW), DATAGRAM));
    assertEquals(12_500, Pacer.batchBytes(rate(1_000_000), DATAGRAM));
    assertEquals(65_507, Pacer.batchBytes(rate(100_000_000), DATAGRAM));
  }

  @Test
  void aBatchFitsTheBucket() {
    for (long window = 2400; window < 1L << 40; window *= 2) {
      Pacer fresh = new Pacer(DATAGRAM);
      fresh.onRate(rate(window));
      fresh.delayUntilNanos(0, DATAGRAM);
      fresh.onSent(10 * DATAGRAM);
      long later = 10_000 * MS;
      assertEquals(later, fresh.delayUntilNanos(later, fresh.batchBytes()));
    }
  }

  @Test
  void aRoundTripOfZeroMeansNoDelay() {
    pacer.onRate(new NewReno(DATAGRAM).pacingBytesPerNano(0));
    for (int i = 0; i < 1000; i++) {
      assertTrue(pacer.delayUntilNanos(i, DATAGRAM) <= i + 1);
      pacer.onSent(DATAGRAM);
    }
  }

  @Test
  void theRateIsFiveFourthsOfTheWindowARoundTrip() {
    NewReno reno = new NewReno(DATAGRAM);
    assertEquals(rate(reno.windowBytes()), reno.pacingBytesPerNano(RTT));
  }

  /** As RFC 9002 §7.7 has it, a quarter above a window a round trip. */
  private static double rate(long window) {
    return 1.25 * window / RTT;
  }

  private long next(long now) {
    pacer.onRate(rate(WINDOW));
    return pacer.delayUntilNanos(now, DATAGRAM);
  }

  private void spendBurst(long now) {
    next(now);
    pacer.onSent(10 * DATAGRAM);
  }

  private static void assertNear(long expectedNanos, long actualNanos) {
    assertTrue(
        Math.abs(expectedNanos - actualNanos) <= 100,
        () -> "expected about " + expectedNanos + " but was " + actualNanos);
  }
}
