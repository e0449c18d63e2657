package dev.memux.engine.congestion;

import static dev.memux.engine.congestion.RoundTrips.DATAGRAM;
import static dev.memux.engine.congestion.RoundTrips.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** RFC 9438. */
class CubicTest {
  private static final long INITIAL = 10 * DATAGRAM;

  private final Cubic cubic = new Cubic(DATAGRAM);
  private final RoundTrips path = RoundTrips.of(100);

  /** Slow start up to that many datagrams. */
  private void slowStartTo(Cubic controller, int datagrams) {
    while (controller.windowBytes() < (long) datagrams * DATAGRAM) {
      controller.onPacketAcked(DATAGRAM, path.now, path.now, false);
    }
  }

  @Test
  void slowStartDoublesTheWindowInARoundTrip() {
    assertEquals(INITIAL, cubic.windowBytes());
    assertEquals(8 * INITIAL, path.run(cubic, 3));
  }

  /** §4.6. */
  @Test
  void lossLeavesSevenTenths() {
    slowStartTo(cubic, 1000);
    assertTrue(cubic.onPacketsLost(path.now, path.now));
    assertEquals(700 * DATAGRAM, cubic.windowBytes());
    assertFalse(cubic.onPacketsLost(path.now, path.now + 1), "RFC 9002 §7.3.2: once a round trip");
    cubic.onPacketAcked(DATAGRAM, path.now, path.now + 2, false);
    assertEquals(700 * DATAGRAM, cubic.windowBytes(), "sent before the reduction");
  }

  /** RFC 9002 §7.2. */
  @Test
  void windowNeverFallsBelowTwoDatagrams() {
    for (int i = 0; i < 30; i++) {
      path.lose(cubic);
    }
    assertEquals(2 * DATAGRAM, cubic.windowBytes());
    assertTrue(path.run(cubic, 50) > 5 * DATAGRAM, "and grows from there");
  }

  /** §4.2, §4.4, §4.5: the window follows the curve, computed here in segments and seconds. */
  @Test
  void theWindowFollowsTheCubicOfTime() {
    slowStartTo(cubic, 2000);
    path.lose(cubic);
    double k = Math.cbrt((2000 - 1400) / 0.4);
    // The stage begins with the first acknowledgement in it.
    double began = path.now + 100e6;
    double previous = 0;
    for (int i = 0; i < 200; i++) {
      path.run(cubic, false);
      double window = (double) cubic.windowBytes() / DATAGRAM;
      double ahead = (path.now - began) / 1e9 + 0.1;
      double curve = 0.4 * Math.pow(ahead - k, 3) + 2000;
      // One round trip's acknowledgements close all but 1/e of the gap.
      assertEquals(curve, window, 0.01 * curve + 0.6 * Math.max(0, curve - previous), "round " + i);
      previous = window;
    }
    assertTrue(previous > 2200, "it looked beyond the plateau: " + previous);
  }

  /** §4.2. */
  @Test
  void plateauAndItsTimeAreThoseOfTheFormula() {
    CubicCurve curve = new CubicCurve(DATAGRAM);
    curve.onLoss(500.0 * DATAGRAM);
    curve.grow(350.0 * DATAGRAM, DATAGRAM, 7, 100 * MS);
    assertEquals(Math.cbrt(150 / 0.4), curve.plateauSeconds(), 1e-9);
    for (double t = 0; t < 20; t += 0.25) {
      double segments = 0.4 * Math.pow(t - Math.cbrt(375), 3) + 500;
      assertEquals(segments * DATAGRAM, curve.atSeconds(t), 1e-6 * DATAGRAM);
    }
    assertEquals(350.0 * DATAGRAM, curve.atSeconds(0), 1e-6);
    assertEquals(500.0 * DATAGRAM, curve.atSeconds(curve.plateauSeconds()), 1e-6);
  }

  /** §4.2: "cwnd <= target <= 1.5 * cwnd". */
  @Test
  void growthIsBoundedByHalfTheWindowInARoundTrip() {
    CubicCurve curve = new CubicCurve(DATAGRAM);
    double window = 10 * DATAGRAM;
    curve.onSlowStartLeft(window);
    window = curve.grow(window, DATAGRAM, 0, 100 * MS);
    double hourLater = curve.grow(window, DATAGRAM, 3_600_000 * MS, 100 * MS);
    assertEquals(window + DATAGRAM / 2.0, hourLater, 1e-6);
  }

  /** §4.3: on short and narrow paths the window is Reno's. */
  @Test
  void theRenoFriendlyRegionGrowsAsTheFormulaSays() {
    slowStartTo(cubic, 40);
    RoundTrips near = RoundTrips.of(5);
    near.lose(cubic);
    double window = 28;
    double estimate = 28;
    for (int round = 0; round < 60; round++) {
      for (int acks = (int) window; acks > 0; acks--) {
        double alpha = estimate < 40 ? 3 * 0.3 / 1.7 : 1;
        estimate += alpha / window;
        window = estimate;
      }
      near.run(cubic, false);
      assertEquals(window, (double) cubic.windowBytes() / DATAGRAM, 0.05, "round " + round);
    }
    assertTrue(window > 65, "Reno's own growth once it is past the prior window");
  }

  /** §4.7. */
  @Test
  void aSecondLossBelowThePlateauLowersIt() {
    CubicCurve curve = new CubicCurve(DATAGRAM);
    curve.onLoss(100.0 * DATAGRAM);
    assertEquals(100.0 * DATAGRAM, curve.plateauBytes());
    curve.onLoss(80.0 * DATAGRAM);
    assertEquals(80.0 * DATAGRAM * 1.7 / 2, curve.plateauBytes(), 1e-6);
    curve.onLoss(90.0 * DATAGRAM);
    assertEquals(90.0 * DATAGRAM, curve.plateauBytes(), "more room than last time");
  }

  /** The purpose of it all: 10 s instead of 50 s to regain 96 Mbit/s at 100 ms. */
  @Test
  void timeToRecoverFromALossIsThatOfTheFormula() {
    slowStartTo(cubic, 1000);
    path.lose(cubic);
    double seconds = path.roundsUntil(cubic, 999L * DATAGRAM) * 0.1;
    assertEquals(Math.cbrt(300 / 0.4), seconds, 1.5);

    NewReno reno = new NewReno(DATAGRAM);
    while (reno.windowBytes() < 1000 * DATAGRAM) {
      reno.onPacketAcked(DATAGRAM, path.now, path.now, false);
    }
    path.lose(reno);
    assertTrue(path.roundsUntil(reno, 999L * DATAGRAM) * 0.1 > 45);
  }

  /** RFC 9002 §7.8, §4.2, §5.8. */
  @Test
  void anUnusedWindowNeitherGrowsNorSavesUpGrowth() {
    Cubic busy = new Cubic(DATAGRAM);
    slowStartTo(busy, 200);
    path.lose(busy);
    RoundTrips other = RoundTrips.of(100);
    slowStartTo(cubic, 200);
    other.lose(cubic);
    path.run(busy, 10);
    other.run(cubic, 10);
    for (int i = 0; i < 1000; i++) {
      other.run(cubic, true);
    }
    assertEquals(busy.windowBytes(), cubic.windowBytes());
    other.now += 3_600_000 * MS; // idle
    assertEquals(path.run(busy, 50), other.run(cubic, 50));
  }

  /** RFC 9002 §7.6.2; §4.8. */
  @Test
  void persistentCongestionStartsOver() {
    slowStartTo(cubic, 100);
    path.lose(cubic);
    cubic.onPersistentCongestion();
    assertEquals(2 * DATAGRAM, cubic.windowBytes());
    path.run(cubic, 3);
    assertEquals(16 * DATAGRAM, cubic.windowBytes(), "slow start");
    path.roundsUntil(cubic, 70L * DATAGRAM);
    long window = cubic.windowBytes();
    path.run(cubic, 4);
    assertTrue(cubic.windowBytes() < window + 10 * DATAGRAM, "the threshold ends it");
    assertTrue(cubic.windowBytes() > window);
  }

  /** §4.9. */
  @Test
  void aLossThatWasNoneIsUndone() {
    slowStartTo(cubic, 100);
    path.lose(cubic);
    path.run(cubic, 20);
    long before = cubic.windowBytes();
    long sent = path.now;
    assertTrue(cubic.onPacketsLost(sent, sent + 1));
    assertTrue(cubic.windowBytes() < before);
    cubic.onSpuriousCongestion();
    assertEquals(before, cubic.windowBytes());
    assertTrue(cubic.onPacketsLost(sent, sent + 2), "there is no recovery period any more");
  }

  @Test
  void undoingTheFirstLossResumesSlowStart() {
    cubic.onPacketsLost(1, 2);
    cubic.onSpuriousCongestion();
    assertTrue(cubic.isFirstSlowStart());
    assertEquals(2 * INITIAL, path.run(cubic, 1));
  }

  /** §4.9.2: "when the detection happens long after". */
  @Test
  void aWindowThatHasGrownBeyondTheOldOneIsKept() {
    slowStartTo(cubic, 30);
    path.lose(cubic);
    path.roundsUntil(cubic, 40L * DATAGRAM);
    long window = cubic.windowBytes();
    cubic.onSpuriousCongestion();
    assertEquals(window, cubic.windowBytes());
  }

  /** §4.10: K = 0, W_max = cwnd. */
  @Test
  void leavingSlowStartWithoutALossGoesOnConvexly() {
    RoundTrips growing = RoundTrips.growing();
    while (cubic.isFirstSlowStart()) {
      growing.run(cubic, false);
    }
    RoundTrips steady = RoundTrips.of(100);
    steady.now = growing.now;
    double start = cubic.windowBytes();
    for (int i = 0; i < 50; i++) {
      steady.run(cubic, false);
    }
    double segments = (cubic.windowBytes() - start) / DATAGRAM;
    // 0.4 t³ with t = 5 s, or Reno's one a round trip.
    assertTrue(segments > 45 && segments < 60, segments + " more");
  }

  @Test
  void theSteadyStateAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    slowStartTo(cubic, 50);
    churn(2000);
    threads.getCurrentThreadAllocatedBytes(); // the first call allocates
    long before = threads.getCurrentThreadAllocatedBytes();
    churn(20_000);
    assertEquals(0, threads.getCurrentThreadAllocatedBytes() - before);
  }

  private void churn(int packets) {
    for (int i = 0; i < packets; i++) {
      path.now += MS;
      cubic.onRttSample(path.now - 50 * MS, path.now, 50 * MS, false);
      cubic.onPacketAcked(DATAGRAM, path.now - 50 * MS, path.now, false);
      if (i % 500 == 0) {
        cubic.onPacketsLost(path.now - MS, path.now);
        if (i % 1000 == 0) {
          cubic.onSpuriousCongestion();
        }
      }
    }
  }
}
