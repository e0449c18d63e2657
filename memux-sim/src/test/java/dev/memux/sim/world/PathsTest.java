package dev.memux.sim.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.schedule.Priority;
import dev.memux.sim.BurstLoss;
import dev.memux.sim.Datagram;
import dev.memux.sim.LinkFilter;
import dev.memux.sim.LinkProfile;
import dev.memux.sim.Outage;
import dev.memux.sim.quic.Side;
import org.junit.jupiter.api.Test;

/** What connections must achieve on paths of all kinds. */
class PathsTest {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;
  private static final long FIRST_SERVER_STREAM = 3;
  private static final int MEGABYTE = 1_000_000;

  private static LinkProfile.Builder link(long megabits, long delayMillis) {
    return LinkProfile.builder().rateBitsPerSecond(megabits * 1_000_000).delayMillis(delayMillis);
  }

  /** Share of the link's rate at which the bytes from {@code from} to {@code to} came. */
  private static double share(World world, long from, long to, long megabits) {
    StreamTimes times = world.conversation().times();
    long began = times.reachedNanos(Side.SERVER, FIRST_SERVER_STREAM, from);
    long ended = times.reachedNanos(Side.SERVER, FIRST_SERVER_STREAM, to);
    return (to - from) * 8e3 / (ended - began) / megabits;
  }

  private static void assertCompleted(World world) {
    CloseReason reason = world.conversation().peer(Side.CLIENT).closed();
    assertNotNull(reason);
    assertEquals(CloseReason.Origin.LOCAL, reason.origin(), () -> "ended by " + reason);
  }

  @Test
  void aCleanLinkIsFilled() {
    World world =
        new Scenario(link(10, 15).queueDatagrams(25).build())
            .serverSends(0, 10 * MEGABYTE, Priority.DEFAULT)
            .run(1);
    StreamTimes times = world.conversation().times();
    long nanos =
        times.reachedNanos(Side.SERVER, FIRST_SERVER_STREAM, 10 * MEGABYTE)
            - times.openedNanos(FIRST_SERVER_STREAM);
    double share = 10 * MEGABYTE * 8e3 / nanos / 10;
    assertTrue(share >= 0.85, "reached " + share + " of the rate");
  }

  @Test
  void windowsFollowTheProductOfBandwidthAndDelay() {
    // 100 Mbit/s with a round trip of 100 ms: 1.25 MB in flight, more than any window begins with.
    World world =
        new Scenario(link(100, 50).queueBytes(1_500_000).build())
            .serverSends(0, 60 * MEGABYTE, Priority.DEFAULT)
            .run(1);
    double share = share(world, 20 * MEGABYTE, 60 * MEGABYTE, 100);
    assertTrue(share >= 0.8, "reached " + share + " of the rate");
  }

  @Test
  void manySmallStreamsPassAStreamLimitBelowTheirNumber() {
    World world =
        new Scenario(link(10, 15).queueDatagrams(25).build()).requests(1999, 32, 32).run(1);
    assertCompleted(world);
    assertEquals(1999, world.conversation().times().streams());
  }

  @Test
  void aLongRoundTripIsNoObstacle() {
    World world = new Scenario(link(10, 750).build()).request(100, MEGABYTE).run(1);
    assertCompleted(world);
    assertTrue(world.conversation().times().reachedNanos(Side.SERVER, 0, MEGABYTE) < 30 * SECOND);
  }

  @Test
  void handshakesFinishThroughHeavyLoss() {
    QuicConfig patient = QuicConfig.DEFAULT.withHandshakeTimeoutNanos(300 * SECOND);
    for (int seed = 1; seed <= 50; seed++) {
      LinkProfile lossy = link(10, 15).loss(0.3).build();
      assertCompleted(new Scenario(lossy).config(patient).request(100, 1000).run(seed));
    }
  }

  /**
   * RFC 9002 §6.2.2.1: the server's chain does not fit into what it may send, and what the client
   * answers is lost: only its probes can free the server.
   */
  @Test
  void aClientsProbesFreeAServerThatMayNotSend() {
    World world =
        new Scenario(link(10, 15).build())
            .certificates(9)
            .filterUp(new LosesSecondToSeventh())
            .request(100, 1000)
            .run(1);
    assertCompleted(world);
  }

  private static final class LosesSecondToSeventh implements LinkFilter {
    private int seen;

    @Override
    public boolean passes(Datagram datagram, long nowNanos) {
      seen++;
      return seen < 2 || seen > 7;
    }
  }

  @Test
  void handshakesFinishThroughCorruption() {
    QuicConfig patient = QuicConfig.DEFAULT.withHandshakeTimeoutNanos(300 * SECOND);
    for (int seed = 1; seed <= 50; seed++) {
      LinkProfile damaging = link(10, 15).corruption(0.3).build();
      assertCompleted(new Scenario(damaging).config(patient).request(100, 1000).run(seed));
    }
  }

  @Test
  void transfersFinishThroughBurstsOfLoss() {
    BurstLoss bursts = new BurstLoss(0.01, 0.5, 0, 1);
    LinkProfile lossy = link(10, 15).queueDatagrams(25).bursts(bursts).build();
    assertCompleted(new Scenario(lossy).request(100, 2 * MEGABYTE).run(1));
  }

  @Test
  void transfersSurviveABlackHole() {
    Outage outage = new Outage(5 * SECOND, 2 * SECOND);
    LinkProfile holes = link(10, 15).queueDatagrams(25).outage(outage).build();
    World world = new Scenario(holes).request(100, 10 * MEGABYTE).run(1);
    assertCompleted(world);
    long nanos = world.conversation().times().reachedNanos(Side.SERVER, 0, 10 * MEGABYTE);
    assertTrue(nanos < 20 * SECOND, nanos / 1e9 + " s");
  }

  /**
   * While the client sends, the server hears of its new address within half a round trip; what is
   * lost meanwhile is sent again within a few more.
   */
  private static final long MAX_STALL_NANOS = 500 * MILLI;

  @Test
  void anUploadGoesOnAfterARebinding() {
    for (boolean otherHost : new boolean[] {false, true}) {
      World world =
          new Scenario(link(10, 15).queueDatagrams(25).build())
              .rebind(SECOND, otherHost)
              .rebind(3 * SECOND, otherHost)
              .request(5 * MEGABYTE, 100)
              .run(1);
      assertCompleted(world);
      assertEquals(2, world.conversation().migrations());
      long stallNanos = world.conversation().times().longestStallNanos(Side.CLIENT, 0);
      assertTrue(stallNanos <= MAX_STALL_NANOS, stallNanos / 1e6 + " ms");
    }
  }

  @Test
  void aDownloadGoesOnAsSoonAsTheClientSaysSomething() {
    // Whatever the server sends goes to where the client is no more, so the client has nothing to
    // acknowledge; its keep-alive tells.
    QuicConfig keptAlive = QuicConfig.DEFAULT.withKeepAliveNanos(SECOND);
    for (boolean otherHost : new boolean[] {false, true}) {
      World world =
          new Scenario(link(10, 15).queueDatagrams(25).build())
              .config(keptAlive)
              .rebind(SECOND, otherHost)
              .serverSends(0, 5 * MEGABYTE, Priority.DEFAULT)
              .run(1);
      assertCompleted(world);
      assertEquals(1, world.conversation().migrations());
      long stallNanos =
          world.conversation().times().longestStallNanos(Side.SERVER, FIRST_SERVER_STREAM);
      assertTrue(stallNanos <= SECOND + MAX_STALL_NANOS, stallNanos / 1e6 + " ms");
    }
  }

  @Test
  void rebindingsInTheMiddleOfLossDoNotEndAConnection() {
    QuicConfig keptAlive = QuicConfig.DEFAULT.withKeepAliveNanos(SECOND);
    for (int seed = 1; seed <= 20; seed++) {
      Scenario scenario =
          new Scenario(link(10, 15).loss(0.1).build()).config(keptAlive).request(500_000, 500_000);
      for (int i = 1; i <= 10; i++) {
        scenario.rebind(i * 300L * MILLI, i % 3 == 0);
      }
      assertCompleted(scenario.run(seed));
    }
  }

  @Test
  void connectionsOnOneLinkAllGetAlong() {
    for (WorldPlan.Sharing sharing :
        new WorldPlan.Sharing[] {WorldPlan.Sharing.LINK, WorldPlan.Sharing.CLIENT}) {
      int connections = 4;
      World world =
          new Scenario(link(10, 15).queueDatagrams(50).build())
              .others(connections - 1, sharing)
              .serverSends(0, 5 * MEGABYTE, Priority.DEFAULT)
              .run(1);
      // By then each should have got its quarter of what the link carries, 10 MB.
      long total = 0;
      for (Conversation each : world.conversations()) {
        long bytes = each.times().readBy(Side.SERVER, FIRST_SERVER_STREAM, 8 * SECOND);
        assertTrue(bytes >= 10 * MEGABYTE / connections / 3, sharing + ": " + bytes);
        total += bytes;
      }
      assertTrue(total >= 8 * MEGABYTE, sharing + ": " + total + " together");
    }
  }
}
