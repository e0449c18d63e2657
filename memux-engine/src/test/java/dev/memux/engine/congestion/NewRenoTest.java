package dev.memux.engine.congestion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** RFC 9002 §7 and Appendix B. */
class NewRenoTest {
  private static final int DATAGRAM = 1200;
  private static final long INITIAL = 12_000;

  private final NewReno reno = new NewReno(DATAGRAM);

  /** §7.2. */
  @Test
  void initialWindowIsTenDatagramsWithinTheByteLimit() {
    assertEquals(12_000, new NewReno(1200).windowBytes());
    assertEquals(14_720, new NewReno(1472).windowBytes());
    assertEquals(14_720, new NewReno(4000).windowBytes());
    assertEquals(18_000, new NewReno(9000).windowBytes());
  }

  /** §7.3.1. */
  @Test
  void slowStartGrowsByWhatIsAcknowledged() {
    for (int i = 0; i < 10; i++) {
      reno.onPacketAcked(DATAGRAM, i, i + 100, false);
    }
    assertEquals(2 * INITIAL, reno.windowBytes());
  }

  /** §7.3.2. */
  @Test
  void lossHalvesTheWindow() {
    assertTrue(reno.onPacketsLost(10, 20));
    assertEquals(INITIAL / 2, reno.windowBytes());
  }

  /** §7.3.2: once a round trip. */
  @Test
  void lossOfPacketsSentBeforeTheReductionChangesNothing() {
    reno.onPacketsLost(10, 20);
    assertFalse(reno.onPacketsLost(15, 25));
    assertFalse(reno.onPacketsLost(20, 26));
    assertEquals(INITIAL / 2, reno.windowBytes());
  }

  @Test
  void lossOfAPacketSentAfterTheReductionHalvesAgain() {
    reno.onPacketsLost(10, 20);
    assertTrue(reno.onPacketsLost(21, 40));
    assertEquals(INITIAL / 4, reno.windowBytes());
  }

  /** §7.3.2: the recovery period ends with a packet sent in it. */
  @Test
  void acknowledgementsOfPacketsSentBeforeTheReductionDoNotGrowTheWindow() {
    reno.onPacketsLost(10, 20);
    for (int i = 0; i < 100; i++) {
      reno.onPacketAcked(DATAGRAM, 20, 20 + 100, false);
    }
    assertEquals(INITIAL / 2, reno.windowBytes());
  }

  /** §7.2. */
  @Test
  void windowNeverFallsBelowTwoDatagrams() {
    for (int i = 0; i < 10; i++) {
      reno.onPacketsLost(100 * i + 50, 100 * i + 60);
    }
    assertEquals(2 * DATAGRAM, reno.windowBytes());
  }

  /** §7.3.3. */
  @Test
  void congestionAvoidanceAddsOneDatagramForEachWindowAcknowledged() {
    reno.onPacketsLost(10, 20);
    long window = reno.windowBytes();
    for (int acked = 0; acked + DATAGRAM < window; acked += DATAGRAM) {
      reno.onPacketAcked(DATAGRAM, 30, 30 + 100, false);
      assertEquals(window, reno.windowBytes());
    }
    reno.onPacketAcked(DATAGRAM, 30, 30 + 100, false);
    assertEquals(window + DATAGRAM, reno.windowBytes());
  }

  @Test
  void congestionAvoidanceGrowsOverManyWindows() {
    reno.onPacketsLost(10, 20);
    long expected = reno.windowBytes();
    for (int window = 0; window < 50; window++) {
      for (long acked = 0; acked < expected; acked += 100) {
        reno.onPacketAcked(100, 30, 30 + 100, false);
      }
      expected += DATAGRAM;
      assertEquals(expected, reno.windowBytes());
    }
  }

  /** §7.8. */
  @Test
  void aWindowThatIsNotUsedDoesNotGrow() {
    reno.onPacketAcked(DATAGRAM, 1, 1 + 100, true);
    assertEquals(INITIAL, reno.windowBytes());
    reno.onPacketsLost(10, 20);
    for (int i = 0; i < 100; i++) {
      reno.onPacketAcked(DATAGRAM, 30, 30 + 100, true);
    }
    assertEquals(INITIAL / 2, reno.windowBytes());
  }

  /** §7.6.2, §7.3.1: slow start up to the threshold that the loss set. */
  @Test
  void persistentCongestionLeavesTheMinimumWindowAndSlowStart() {
    reno.onPacketsLost(10, 20);
    reno.onPersistentCongestion();
    assertEquals(2 * DATAGRAM, reno.windowBytes());
    reno.onPacketAcked(DATAGRAM, 15, 15 + 100, false);
    reno.onPacketAcked(DATAGRAM, 15, 15 + 100, false);
    reno.onPacketAcked(DATAGRAM, 15, 15 + 100, false);
    assertEquals(INITIAL / 2, reno.windowBytes());
    reno.onPacketAcked(DATAGRAM, 15, 15 + 100, false);
    assertEquals(INITIAL / 2, reno.windowBytes());
  }

  /** RFC 9406 §4.2. */
  @Test
  void aGrowingRoundTripEndsSlowStart() {
    long window = RoundTrips.growing().run(reno, 40);
    reno.onPacketAcked(DATAGRAM, Long.MAX_VALUE - 1, Long.MAX_VALUE, false);
    assertEquals(window, reno.windowBytes(), "that was less than a window");
  }

  @Test
  void aLossIsNotUndone() {
    reno.onPacketsLost(10, 20);
    reno.onSpuriousCongestion();
    assertEquals(INITIAL / 2, reno.windowBytes());
  }
}
