package dev.memux.engine.congestion;

import static dev.memux.engine.congestion.Bottleneck.DATAGRAM;
import static dev.memux.engine.congestion.Bottleneck.MS;
import static dev.memux.engine.congestion.Bottleneck.SECOND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** draft-ietf-ccwg-bbr, on links of 20 Mbit/s and 40 ms, a product of 100,000 bytes. */
class BbrTest {
  private static final int MEGABITS = 20;
  private static final long RTT = 40 * MS;
  private static final int PRODUCT_BYTES = 100_000;
  private static final double RATE = MEGABITS / 8e3;

  private final Bbr bbr = new Bbr(DATAGRAM, new Random(1));
  private Bottleneck link = new Bottleneck(MEGABITS, 4 * PRODUCT_BYTES);
  private Bottleneck.Flow flow = link.add(bbr, RTT, 0);

  private void queue(double products) {
    link = new Bottleneck(MEGABITS, (int) (products * PRODUCT_BYTES));
    flow = link.add(bbr, RTT, 0);
  }

  /** Of the link's rate, until then. */
  private double shareUntil(long nanos) {
    long from = link.now();
    flow.takeDelivered();
    link.runUntil(nanos);
    return flow.takeDelivered() / (RATE * (nanos - from));
  }

  /** The states seen, looked at each millisecond. */
  private Set<BbrState> statesUntil(long nanos) {
    Set<BbrState> states = EnumSet.noneOf(BbrState.class);
    while (link.now() < nanos) {
      link.runUntil(link.now() + MS);
      states.add(bbr.state());
    }
    return states;
  }

  private void runUntilState(BbrState state) {
    long limit = link.now() + 30 * SECOND;
    while (bbr.state() != state) {
      assertTrue(link.now() < limit, "never " + state);
      link.runUntil(link.now() + MS);
    }
  }

  private static void assertAbout(double expected, double actual, double tolerance) {
    assertTrue(
        Math.abs(actual - expected) <= tolerance * expected,
        () -> "expected about " + expected + " but was " + actual);
  }

  @Test
  void startupFindsTheRateAndDrainGivesTheQueueBack() {
    assertEquals(EnumSet.of(BbrState.STARTUP, BbrState.DRAIN), statesUntil(SECOND / 2));

    runUntilState(BbrState.PROBE_BW_CRUISE);
    assertTrue(link.now() < SECOND, "after " + link.now() / MS + " ms");
    assertAbout(RATE, bbr.bytesPerNano(), 0.05);
    assertAbout((double) RTT, (double) bbr.minRttNanos(), 0.02);
    assertEquals(0, flow.recovery.packetsLost());
  }

  @Test
  void fillsTheLinkAndLeavesTheQueueEmpty() {
    link.runUntil(2 * SECOND);
    assertTrue(shareUntil(20 * SECOND) > 0.94);
    assertEquals(0, flow.recovery.packetsLost());
    runUntilState(BbrState.PROBE_BW_CRUISE);
    link.runUntil(link.now() + 2 * RTT);
    long rttNanos = flow.recovery.rtt().latestNanos();
    assertTrue(rttNanos < 1.3 * RTT, rttNanos + " ns");
  }

  @Test
  void goesThroughAllStates() {
    assertEquals(EnumSet.allOf(BbrState.class), statesUntil(12 * SECOND));
  }

  /** "Time Scale for Bandwidth Probing": two to three seconds, or 63 round trips. */
  @Test
  void looksForMoreEveryFewSeconds() {
    runUntilState(BbrState.PROBE_RTT); // which comes between otherwise
    runUntilState(BbrState.PROBE_BW_CRUISE);
    long from = link.now();
    runUntilState(BbrState.PROBE_BW_UP);
    long waited = link.now() - from;
    assertTrue(waited >= 2 * SECOND && waited < 3 * SECOND + 3 * RTT, waited / MS + " ms");
  }

  @Test
  void usesWhatBecomesFree() {
    link.runUntil(5 * SECOND);
    link.megabits(3 * MEGABITS);
    link.runUntil(12 * SECOND);
    assertAbout(3 * RATE, bbr.bytesPerNano(), 0.05);
  }

  @Test
  void followsARateThatFalls() {
    link.runUntil(5 * SECOND);
    link.megabits(MEGABITS / 4);
    link.runUntil(20 * SECOND);
    assertAbout(RATE / 4, bbr.bytesPerNano(), 0.1);
  }

  /** "ProbeRTT": half of the product for 200 ms, when it has not been seen for five seconds. */
  @Test
  void looksForTheRoundTripWithLittleInFlight() {
    runUntilState(BbrState.PROBE_RTT);
    long began = link.now();
    assertTrue(began > 5 * SECOND && began < 7 * SECOND, began / MS + " ms");
    link.runUntil(began + 100 * MS);
    assertTrue(bbr.windowBytes() <= 0.55 * PRODUCT_BYTES, bbr.windowBytes() + " bytes");
    runUntilState(BbrState.PROBE_BW_CRUISE);
    long lasted = link.now() - began;
    assertTrue(lasted >= 200 * MS && lasted < 400 * MS, lasted / MS + " ms");
    assertAbout((double) RTT, (double) bbr.minRttNanos(), 0.02);
    link.runUntil(link.now() + 4 * RTT);
    assertTrue(bbr.windowBytes() > PRODUCT_BYTES, "the window is back");
  }

  /** "BBR.min_rtt Min Filter": what is longer counts after ten seconds. */
  @Test
  void believesInALongerRoundTripOnlyAfterLooking() {
    MinRoundTrip roundTrip = new MinRoundTrip();
    roundTrip.onAck(40 * MS, 0);
    for (long now = 100 * MS; now < 10 * SECOND; now += 100 * MS) {
      roundTrip.onAck(60 * MS, now);
      assertEquals(40 * MS, roundTrip.nanos());
      assertEquals(now == 5100 * MS, roundTrip.isDue(), "at " + now);
    }
    roundTrip.onAck(60 * MS, 10 * SECOND + 1);
    assertEquals(60 * MS, roundTrip.nanos());
  }

  /** "Probing for Bandwidth In ProbeBW": a bound on what is in flight, with room for others. */
  @Test
  void aShortQueueBoundsWhatIsInFlight() {
    queue(0.3);
    link.runUntil(2 * SECOND);
    assertTrue(shareUntil(20 * SECOND) > 0.9);
    double bound = bbr.longTermInFlightBytes();
    assertTrue(bound < 1.5 * PRODUCT_BYTES, bound + " bytes");
    double lost = (double) flow.recovery.packetsLost() * DATAGRAM / (18 * SECOND * RATE);
    assertTrue(lost < 0.02, "lost " + lost);
  }

  /** "Exiting Startup Based on Packet Loss". */
  @Test
  void lossEndsStartup() {
    queue(0.1);
    link.runUntil(SECOND);
    assertFalse(bbr.state() == BbrState.STARTUP);
    assertTrue(flow.recovery.packetsLost() > Bbr.STARTUP_LOSS_EVENTS);
  }

  /** "When not Probing for Bandwidth": no faster than packets get through, until the next probe. */
  @Test
  void lossWhileCruisingShrinksTheShortTermModel() {
    runUntilState(BbrState.PROBE_BW_CRUISE);
    assertEquals(ShortTermModel.UNBOUNDED, bbr.shortTermInFlightBytes());
    double before = bbr.bytesPerNano();
    link.megabits(MEGABITS / 4);
    bbr.onPacketLost(1_000_000, DATAGRAM, link.now(), link.now());
    link.runUntil(link.now() + 3 * RTT);
    assertTrue(bbr.bytesPerNano() < before, "the rate is bounded");
    assertTrue(bbr.bytesPerNano() >= ShortTermModel.BETA * before * 0.99);
    assertTrue(bbr.shortTermInFlightBytes() < ShortTermModel.UNBOUNDED);
    runUntilState(BbrState.PROBE_BW_REFILL);
    assertEquals(ShortTermModel.UNBOUNDED, bbr.shortTermInFlightBytes());
  }

  /** RFC 9002 §7.1: what is marked is not less than what is lost. */
  @Test
  void aMarkCountsAsALoss() {
    runUntilState(BbrState.PROBE_BW_CRUISE);
    assertTrue(bbr.onCongestionMarked(1, link.now(), link.now()));
    assertFalse(bbr.onCongestionMarked(1, link.now(), link.now()), "once a round trip");
    link.runUntil(link.now() + 2 * RTT);
    assertTrue(bbr.shortTermInFlightBytes() < ShortTermModel.UNBOUNDED);
  }

  @Test
  void marksEndAProbe() {
    runUntilState(BbrState.PROBE_BW_UP);
    link.runUntil(link.now() + RTT / 2);
    assertEquals(BbrState.PROBE_BW_UP, bbr.state());
    long sentNanos = lastSentNanos();
    bbr.onCongestionMarked(1000, sentNanos, link.now());
    assertEquals(BbrState.PROBE_BW_DOWN, bbr.state());
    assertTrue(bbr.longTermInFlightBytes() < 3 * PRODUCT_BYTES);
  }

  /** A packet is sent, so that one left at this time. */
  private long lastSentNanos() {
    bbr.onPacketSent(DATAGRAM, flow.recovery.bytesInFlight() + DATAGRAM, link.now());
    return link.now();
  }

  /** "Handling a Spurious Loss Recovery". */
  @Test
  void aProbeThatEndedForNothingIsRepeated() {
    runUntilState(BbrState.PROBE_BW_UP);
    long sentNanos = lastSentNanos();
    for (int i = 0; i < 10; i++) {
      bbr.onPacketLost(1000 + 2 * i, DATAGRAM, sentNanos, link.now());
    }
    assertEquals(BbrState.PROBE_BW_DOWN, bbr.state());
    assertTrue(bbr.longTermInFlightBytes() < LongTermModel.UNBOUNDED);
    bbr.onSpuriousCongestion();
    assertEquals(BbrState.PROBE_BW_REFILL, bbr.state());
    assertEquals(LongTermModel.UNBOUNDED, bbr.longTermInFlightBytes());
  }

  /** RFC 9002 §7.6.2; "Modulating cwnd in Loss Recovery" has the window come back after it. */
  @Test
  void persistentCongestionLeavesTheLeastWindowForAWhile() {
    link.runUntil(2 * SECOND);
    bbr.onPersistentCongestion();
    assertEquals(2 * DATAGRAM, bbr.windowBytes());
    link.runUntil(4 * SECOND);
    assertTrue(bbr.windowBytes() > PRODUCT_BYTES);
  }

  /** "Restarting From Idle": a pause is as good as looking for the round trip. */
  @Test
  void aPauseForgetsNothing() {
    link.runUntil(4 * SECOND);
    flow.pauseUntil(20 * SECOND);
    link.runUntil(20 * SECOND - 1);
    assertEquals(0, flow.recovery.bytesInFlight());
    assertTrue(shareUntil(20 * SECOND + 10 * RTT) > 0.8);
    assertFalse(bbr.state() == BbrState.PROBE_RTT);
    assertAbout(RATE, bbr.bytesPerNano(), 0.05);
  }

  /** "BBR.max_bw and Application-limited Delivery Rate Samples". */
  @Test
  void whoSendsLittleLearnsNothingLess() {
    link.runUntil(4 * SECOND);
    for (int i = 0; i < 200; i++) {
      flow.pauseUntil(link.now() + 50 * MS);
      link.runUntil(link.now() + 52 * MS);
    }
    assertAbout(RATE, bbr.bytesPerNano(), 0.1);
  }

  /** Whatever happens, packets leave: at least four a round trip. */
  @Test
  void thePaceNeverEnds() {
    link.runUntil(4 * SECOND);
    for (int i = 0; i < 500; i++) {
      bbr.onPacketLost(1_000_000 + 2 * i, DATAGRAM, link.now(), link.now());
      link.runUntil(link.now() + RTT);
    }
    double least = 4.0 * DATAGRAM / flow.recovery.rtt().smoothedNanos();
    assertTrue(bbr.pacingBytesPerNano(flow.recovery.rtt().smoothedNanos()) >= least);
    assertTrue(bbr.windowBytes() >= 4 * DATAGRAM);
  }

  @Test
  void flowsThatBeginLaterGetTheirShare() {
    Bottleneck.Flow second = link.add(new Bbr(DATAGRAM, new Random(2)), RTT, 3 * SECOND);
    link.runUntil(15 * SECOND);
    flow.takeDelivered();
    second.takeDelivered();
    link.runUntil(45 * SECOND);
    double share = (double) second.takeDelivered() / flow.takeDelivered();
    assertTrue(share > 0.6 && share < 1 / 0.6, "shares " + share);
  }
}
