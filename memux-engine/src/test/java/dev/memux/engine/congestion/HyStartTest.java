package dev.memux.engine.congestion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** RFC 9406 §4. */
class HyStartTest {
  private static final long MS = 1_000_000;

  private final HyStart hyStart = new HyStart();
  private long now = -5 * MS;

  /** A round in which that many samples are taken. */
  private boolean round(long rttMillis, int samples) {
    return round(rttMillis, samples, false);
  }

  private boolean round(long rttMillis, int samples, boolean applicationLimited) {
    long sent = now;
    now += rttMillis * MS;
    boolean over = false;
    for (int i = 0; i < samples; i++) {
      over |= hyStart.onRttSample(sent, now, applicationLimited);
    }
    return over;
  }

  @Test
  void aSteadyRoundTripIsSlowStart() {
    for (int i = 0; i < 100; i++) {
      assertFalse(round(50, 20));
      assertFalse(hyStart.isConservative());
    }
    assertEquals(1200, hyStart.growthBytes(1200));
  }

  /** §4.3: an eighth of the round trip, but from 4 to 16 ms. */
  @Test
  void theThresholdIsAnEighthWithinBounds() {
    assertDelayedBy(8, 4);
    assertDelayedBy(80, 10);
    assertDelayedBy(400, 16);
  }

  private static void assertDelayedBy(long rttMillis, long thresholdMillis) {
    HyStartTest below = new HyStartTest();
    below.round(rttMillis, 8);
    below.round(rttMillis + thresholdMillis - 1, 8);
    assertFalse(below.hyStart.isConservative());
    HyStartTest at = new HyStartTest();
    at.round(rttMillis, 8);
    at.round(rttMillis + thresholdMillis, 8);
    assertTrue(at.hyStart.isConservative());
    assertEquals(300, at.hyStart.growthBytes(1200));
  }

  /** §4.2: "at least N_RTT_SAMPLE". */
  @Test
  void fewSamplesDecideNothing() {
    round(50, 8);
    round(500, 7);
    assertFalse(hyStart.isConservative());
  }

  /** §4.2: the least sample of a round counts. */
  @Test
  void oneQuickPacketAmongSlowOnesIsNoDelay() {
    round(50, 8);
    long sent = now;
    hyStart.onRttSample(sent, sent + 50 * MS, false);
    for (int i = 0; i < 100; i++) {
      hyStart.onRttSample(sent, sent + 90 * MS, false);
    }
    assertFalse(hyStart.isConservative());
  }

  /** §4.2: a round ends with a packet that was sent in it. */
  @Test
  void packetsOfARoundDoNotEndIt() {
    round(50, 8);
    for (int i = 1; i < 100; i++) {
      // All sent before the round's first acknowledgement.
      assertFalse(hyStart.onRttSample(now - 1, now + i * MS, false));
    }
    assertFalse(hyStart.isConservative(), "there was no second round");
  }

  /** §4.2: CSS_ROUNDS, the one in which it began included. */
  @Test
  void fiveConservativeRoundsEndSlowStart() {
    round(50, 8);
    round(60, 8);
    for (int i = 0; i < 4; i++) {
      assertFalse(round(70, 8), "conservative round " + i);
    }
    assertTrue(round(70, 8));
  }

  /** A queue of more than a round trip, and of a tenth of a second, is no jitter. */
  @Test
  void aRoundThatWaitedForAnotherRoundTripEndsSlowStart() {
    round(120, 8);
    round(200, 8);
    assertFalse(round(220, 8), "of the round before");
    assertFalse(round(300, 8), "220 is less than a whole round trip more than 120");
    assertTrue(round(300, 8));
  }

  @Test
  void aRoundTripThatDoubledWithinLittleTimeMayBeJitter() {
    round(20, 8);
    round(60, 8);
    for (int i = 0; i < 4; i++) {
      assertFalse(round(119, 8), "conservative round " + i);
    }
    assertTrue(round(119, 8));
  }

  /** §4.2: "spurious". */
  @Test
  void aRoundTripThatFallsAgainResumesSlowStart() {
    round(50, 8);
    round(60, 8);
    round(60, 8);
    assertTrue(hyStart.isConservative(), "not below the baseline");
    round(59, 8);
    assertFalse(hyStart.isConservative());
    round(80, 8);
    assertTrue(hyStart.isConservative(), "the delay counts anew");
    for (int i = 0; i < 4; i++) {
      assertFalse(round(80, 8), "the rounds count anew");
    }
    assertTrue(round(80, 8));
  }

  @Test
  void anUnusedWindowCausesNoDelay() {
    round(50, 8);
    round(80, 8, true);
    assertFalse(hyStart.isConservative());
  }

  @Test
  void roundsOfAnUnusedWindowDoNotEndSlowStart() {
    round(50, 8);
    round(80, 8);
    for (int i = 0; i < 20; i++) {
      assertFalse(round(80, 8, true));
    }
  }
}
