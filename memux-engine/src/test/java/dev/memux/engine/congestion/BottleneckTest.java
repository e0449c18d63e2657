package dev.memux.engine.congestion;

import static dev.memux.engine.congestion.Bottleneck.DATAGRAM;
import static dev.memux.engine.congestion.Bottleneck.MS;
import static dev.memux.engine.congestion.Bottleneck.SECOND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.recovery.Recovery;
import org.junit.jupiter.api.Test;

/** What controllers make of a link, alone and together. */
class BottleneckTest {
  /** Share of the link's rate between two moments. */
  private static double share(
      Bottleneck link, Bottleneck.Flow flow, int megabits, long from, long to) {
    link.runUntil(from);
    flow.takeDelivered();
    link.runUntil(to);
    return flow.takeDelivered() * 8e3 / (to - from) / megabits;
  }

  /** RFC 9406 §1: less is lost than by a slow start that only a loss ends. */
  @Test
  void slowStartOvershootsLessThanWithoutLookingAtDelay() {
    for (int queue = 1; queue <= 4; queue++) {
      assertFewerLost(queue, new Cubic(DATAGRAM), new Cubic(DATAGRAM));
      assertFewerLost(queue, new NewReno(DATAGRAM), new NewReno(DATAGRAM));
    }
  }

  private static void assertFewerLost(
      int queue, CongestionController controller, CongestionController deaf) {
    long lost = slowStart(queue, controller).packetsLost();
    long lostWithoutLooking = slowStart(queue, new DeafToDelay(deaf)).packetsLost();
    assertTrue(2 * lost < lostWithoutLooking, lost + " instead of " + lostWithoutLooking);
  }

  /**
   * RFC 9406 §4: the round trip grows with every round, and slow start ends although there is room
   * for more. It takes a round to notice and five, at 5/4 each, to be sure.
   */
  @Test
  void slowStartEndsBeforeADeepQueueOverflows() {
    assertEquals(0, slowStart(8, new Cubic(DATAGRAM)).packetsLost());
    assertEquals(0, slowStart(8, new NewReno(DATAGRAM)).packetsLost());
    assertTrue(slowStart(8, new DeafToDelay(new Cubic(DATAGRAM))).packetsLost() > 1000);
  }

  /** Two seconds at 50 Mbit/s and 50 ms; the queue in bandwidth-delay products. */
  private static Recovery slowStart(int queue, CongestionController controller) {
    Bottleneck link = new Bottleneck(50, queue * 50 * 125 * 50);
    Bottleneck.Flow flow = link.add(controller, 50 * MS, 0);
    assertTrue(share(link, flow, 50, SECOND, 2 * SECOND) > 0.99);
    return flow.recovery;
  }

  /** Keeps RTT samples from a controller: slow start as in RFC 9002 §7.3.1. */
  private record DeafToDelay(CongestionController controller) implements CongestionController {
    @Override
    public long windowBytes() {
      return controller.windowBytes();
    }

    @Override
    public void onRttSample(long sent, long now, long smoothed, boolean applicationLimited) {}

    @Override
    public void onPacketAcked(int bytes, long sent, long now, boolean applicationLimited) {
      controller.onPacketAcked(bytes, sent, now, applicationLimited);
    }

    @Override
    public boolean onPacketsLost(long newestSent, long now) {
      return controller.onPacketsLost(newestSent, now);
    }

    @Override
    public boolean onCongestionMarked(long packets, long newestSent, long now) {
      return controller.onCongestionMarked(packets, newestSent, now);
    }

    @Override
    public void onSpuriousCongestion() {
      controller.onSpuriousCongestion();
    }

    @Override
    public void onDatagramBytes(int bytes) {
      controller.onDatagramBytes(bytes);
    }

    @Override
    public void onPersistentCongestion() {
      controller.onPersistentCongestion();
    }
  }

  /** RFC 9438 §1: what Reno does not get out of a long path with a short queue. */
  @Test
  void cubicFillsALongPathWithAShortQueueBetterThanReno() {
    double[] shares = new double[2];
    for (int i = 0; i < 2; i++) {
      int productBytes = 50 * 125 * 100;
      Bottleneck link = new Bottleneck(50, productBytes / 5);
      CongestionController controller = i == 0 ? new Cubic(DATAGRAM) : new NewReno(DATAGRAM);
      Bottleneck.Flow flow = link.add(controller, 100 * MS, 0);
      shares[i] = share(link, flow, 50, 5 * SECOND, 45 * SECOND);
    }
    assertTrue(shares[0] > 0.9, "CUBIC reached " + shares[0]);
    assertTrue(shares[0] > shares[1], "Reno reached " + shares[1]);
  }

  /** RFC 9438 §5.10: a late-comer gets its share. */
  @Test
  void twoCubicFlowsConverge() {
    Bottleneck link = new Bottleneck(20, 20 * 125 * 40);
    Bottleneck.Flow first = link.add(new Cubic(DATAGRAM), 40 * MS, 0);
    Bottleneck.Flow second = link.add(new Cubic(DATAGRAM), 40 * MS, 5 * SECOND);
    link.runUntil(25 * SECOND);
    first.takeDelivered();
    second.takeDelivered();
    link.runUntil(60 * SECOND);
    assertFair(first, second, 0.7, 20 * 35);
  }

  /** RFC 9438 §4.3: on a short path it is no worse a neighbour than Reno itself. */
  @Test
  void cubicIsFriendlyToRenoOnAShortPath() {
    Bottleneck link = new Bottleneck(10, 10 * 125 * 20);
    Bottleneck.Flow cubic = link.add(new Cubic(DATAGRAM), 20 * MS, 0);
    Bottleneck.Flow reno = link.add(new NewReno(DATAGRAM), 20 * MS, 100 * MS);
    link.runUntil(10 * SECOND);
    cubic.takeDelivered();
    reno.takeDelivered();
    link.runUntil(60 * SECOND);
    assertFair(cubic, reno, 0.5, 10 * 50);
  }

  /** The smaller share is at least that fraction of the larger, and both fill the link. */
  private static void assertFair(
      Bottleneck.Flow a, Bottleneck.Flow b, double fraction, int megabits) {
    double aBytes = a.takeDelivered();
    double bBytes = b.takeDelivered();
    String shares = aBytes / 1e6 + " and " + bBytes / 1e6 + " MB";
    assertTrue(Math.min(aBytes, bBytes) >= fraction * Math.max(aBytes, bBytes), shares);
    assertTrue((aBytes + bBytes) * 8e-6 > 0.95 * megabits, shares);
  }
}
