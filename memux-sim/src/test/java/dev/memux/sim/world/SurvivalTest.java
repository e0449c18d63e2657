package dev.memux.sim.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.schedule.Priority;
import dev.memux.sim.LinkProfile;
import dev.memux.sim.Outage;
import dev.memux.sim.quic.Side;
import org.junit.jupiter.api.Test;

/**
 * What a download of 10 MB loses where NATs forget the client, where the client moves, and where
 * the link fails for a while. Each test prints its figures.
 */
class SurvivalTest {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;
  private static final long STREAM = 3;
  private static final int BYTES = 10_000_000;
  private static final long DELAY_MILLIS = 15;
  private static final int QUEUE = 25;
  private static final long RATE = 10_000_000;

  /** Both ways, and what waits in the queue that the download itself fills: 24 ms. */
  private static final long ROUND_TRIP_NANOS =
      2 * DELAY_MILLIS * MILLI + QUEUE * 1200L * 8 * SECOND / RATE;

  private static LinkProfile.Builder link() {
    return LinkProfile.builder()
        .rateBitsPerSecond(RATE)
        .delayMillis(DELAY_MILLIS)
        .queueDatagrams(QUEUE);
  }

  private static Scenario download() {
    return new Scenario(link().build()).serverSends(0, BYTES, Priority.DEFAULT);
  }

  private static double seconds(World world) {
    CloseReason reason = world.conversation().peer(Side.CLIENT).closed();
    assertNotNull(reason);
    assertEquals(CloseReason.Origin.LOCAL, reason.origin(), () -> "ended by " + reason);
    StreamTimes times = world.conversation().times();
    long nanos = times.reachedNanos(Side.SERVER, STREAM, BYTES) - times.openedNanos(STREAM);
    return nanos / 1e9;
  }

  private static double stallMillis(World world) {
    return world.conversation().times().longestStallNanos(Side.SERVER, STREAM) / 1e6;
  }

  private static double addedTime(String what, World world) {
    double quiet = seconds(download().run(1));
    double added = seconds(world) / quiet - 1;
    System.out.printf(
        "10 MB at 10 Mbit/s, %s: %.2f s instead of %.2f s, %.1f %% more, longest stall %.0f ms%n",
        what, seconds(world), quiet, 100 * added, stallMillis(world));
    return added;
  }

  /**
   * The client asks once in a round trip and misses the answer after a probe timeout (RFC 9002
   * §6.2.1); half a round trip later the server knows, and sends again what was lost.
   */
  private static void assertStallWithinProbeTimeout(World world) {
    // The variation of the round trip is what the queue makes of it, and acknowledgements wait.
    double probeTimeoutMillis =
        (ROUND_TRIP_NANOS + (ROUND_TRIP_NANOS - 2 * DELAY_MILLIS * MILLI)) / 1e6 + 25;
    double mostMillis = ROUND_TRIP_NANOS / 1e6 + probeTimeoutMillis;
    double stall = stallMillis(world);
    assertTrue(stall <= mostMillis, "%.0f ms, not within %.0f ms".formatted(stall, mostMillis));
  }

  @Test
  void aPortThatChangesEveryTwoSeconds() {
    Scenario scenario = download();
    for (int i = 1; i <= 4; i++) {
      scenario.rebind(2L * i * SECOND, false);
    }
    World world = scenario.run(1);
    double added = addedTime("a new port every 2 s", world);
    assertEquals(4, world.conversation().migrations());
    assertStallWithinProbeTimeout(world);
    assertTrue(added < 0.1, added + " of the time added");
  }

  @Test
  void aPortThatChangesEveryTwoSecondsAndAnAddressThatChangesOnce() {
    World world =
        download()
            .rebind(2 * SECOND, false)
            .rebind(4 * SECOND, true)
            .rebind(6 * SECOND, false)
            .rebind(8 * SECOND, false)
            .run(1);
    double added = addedTime("a new port every 2 s, once with a new address", world);
    assertEquals(4, world.conversation().migrations());
    assertStallWithinProbeTimeout(world);
    assertTrue(added < 0.1, added + " of the time added");
  }

  @Test
  void anAddressThatChangesEveryTwoSeconds() {
    Scenario scenario = download();
    for (int i = 1; i <= 4; i++) {
      scenario.rebind(2L * i * SECOND, true);
    }
    World world = scenario.run(1);
    double added = addedTime("a new address every 2 s", world);
    assertEquals(4, world.conversation().migrations());
    assertStallWithinProbeTimeout(world);
    assertTrue(added < 0.15, added + " of the time added");
  }

  @Test
  void aClientThatMovesEveryTwoSeconds() {
    Scenario scenario = download();
    for (int i = 1; i <= 4; i++) {
      scenario.move(2L * i * SECOND, i % 2 == 0);
    }
    World world = scenario.run(1);
    double added = addedTime("a move of the client's own every 2 s", world);
    assertEquals(4, world.conversation().migrations());
    // Nothing is lost by it, but the sender begins anew at another address.
    assertTrue(stallMillis(world) < 1.5 * ROUND_TRIP_NANOS / 1e6);
    assertTrue(added < 0.1, added + " of the time added");
  }

  @Test
  void aLinkThatIsDownForTwoSecondsAfterFive() {
    World world =
        new Scenario(link().outage(new Outage(5 * SECOND, 2 * SECOND)).build())
            .serverSends(0, BYTES, Priority.DEFAULT)
            .run(1);
    addedTime("2 s without a link after each 5 s", world);
    // One outage falls into the time that it takes; the link comes back within one more backoff.
    assertTrue(stallMillis(world) < 4_000);
    assertTrue(seconds(world) < 14);
  }
}
