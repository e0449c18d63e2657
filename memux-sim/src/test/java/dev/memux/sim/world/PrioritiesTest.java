package dev.memux.sim.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.CongestionControl;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.schedule.Priority;
import dev.memux.sim.LinkProfile;
import dev.memux.sim.quic.Side;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What urgency and rotation mean at the far end of a bottleneck. */
class PrioritiesTest {
  private static final long MILLI = 1_000_000;
  private static final long RATE = 10_000_000;
  private static final int QUEUE_BYTES = 30_000;
  private static final long DELAY_MILLIS = 15;
  private static final LinkProfile BOTTLENECK =
      LinkProfile.builder()
          .rateBitsPerSecond(RATE)
          .delayMillis(DELAY_MILLIS)
          .queueBytes(QUEUE_BYTES)
          .build();

  private static long transmissionNanos(long bytes) {
    return bytes * 8_000_000_000L / RATE;
  }

  @Test
  void whatIsUrgentOvertakesWhatIsUnderWay() {
    World world =
        new Scenario(BOTTLENECK)
            .serverSends(0, 4_000_000, new Priority(5, false))
            .serverSends(1000 * MILLI, 100_000, new Priority(0, false))
            .run(1);
    StreamTimes times = world.conversation().times();
    long opened = times.openedNanos(7);
    long firstByte = times.reachedNanos(Side.SERVER, 7, 1) - opened;
    long allBytes = times.reachedNanos(Side.SERVER, 7, 100_000) - opened;
    // A round trip until an acknowledgement makes room, and what stands in the queue before it.
    long first = 2 * DELAY_MILLIS * MILLI + transmissionNanos(QUEUE_BYTES);
    assertTrue(firstByte <= first, firstByte / 1e6 + " ms until the first byte");
    // From then on the link is its own: the slack is for a halved window.
    long all = first + transmissionNanos(100_000) * 3 / 2;
    assertTrue(allBytes <= all, allBytes / 1e6 + " ms until the last byte");
    long lowMeanwhile =
        times.readBy(Side.SERVER, 3, opened + allBytes) - times.readBy(Side.SERVER, 3, opened);
    assertTrue(lowMeanwhile <= 2 * QUEUE_BYTES + 40_000, lowMeanwhile + " bytes of less urgency");
  }

  @Test
  void equalsThatRotateAdvanceTogether() {
    Scenario scenario = new Scenario(BOTTLENECK);
    for (int i = 0; i < 5; i++) {
      scenario.serverSends(0, 500_000, new Priority(3, true));
    }
    StreamTimes times = scenario.run(1).conversation().times();
    long half = times.reachedNanos(Side.SERVER, 3, 250_000);
    for (long id = 3; id < 23; id += 4) {
      long read = times.readBy(Side.SERVER, id, half);
      assertTrue(read > 225_000 && read < 275_000, "stream " + id + " is at " + read);
    }
  }

  @Test
  void equalsThatDoNotRotateGoOneAfterAnother() {
    Scenario scenario = new Scenario(BOTTLENECK);
    for (int i = 0; i < 3; i++) {
      scenario.serverSends(0, 300_000, new Priority(3, false));
    }
    StreamTimes times = scenario.run(1).conversation().times();
    for (long id = 3; id < 11; id += 4) {
      long done = times.reachedNanos(Side.SERVER, id, 300_000);
      // What is lost at the end of one is sent again while a round trip of the next is under way.
      long nextBegan = times.reachedNanos(Side.SERVER, id + 4, 80_000);
      assertTrue(done <= nextBegan, "stream " + (id + 4) + " does not wait for " + id);
    }
  }

  @Test
  void aChangedUrgencyCountsFromThatMoment() {
    World world =
        new Scenario(BOTTLENECK)
            .serverSends(0, 1_000_000, new Priority(3, true))
            .serverSends(0, 1_000_000, new Priority(3, true), 400 * MILLI, new Priority(1, true))
            .run(1);
    StreamTimes times = world.conversation().times();
    long changed = times.openedNanos(7) + 400 * MILLI;
    long done = times.reachedNanos(Side.SERVER, 7, 1_000_000);
    long otherMeanwhile =
        times.readBy(Side.SERVER, 3, done) - times.readBy(Side.SERVER, 3, changed);
    assertTrue(otherMeanwhile <= 2 * QUEUE_BYTES + 40_000, otherMeanwhile + " bytes of the other");
  }

  @ParameterizedTest
  @EnumSource(CongestionControl.class)
  void onASlowLinkAChangeWaitsForTheLinkAlone(CongestionControl congestion) {
    long rate = 1_000_000;
    long delayNanos = 50 * MILLI;
    LinkProfile slow =
        LinkProfile.builder()
            .rateBitsPerSecond(rate)
            .delayNanos(delayNanos)
            .queueBytes(25_000)
            .build();
    QuicConfig config = QuicConfig.DEFAULT.withMaxDatagramBytes(1200).withCongestion(congestion);
    Scenario scenario =
        new Scenario(slow).config(config).serverSends(0, 1_000_000, new Priority(3, true));
    for (int i = 0; i < 20; i++) {
      // Each begins behind all others, and is raised in the middle of whatever goes on then.
      scenario.serverSends(
          0, 20_000, new Priority(7, true), (200 + 377 * i) * MILLI, new Priority(1, true));
    }
    List<StreamTimes.Change> changes = scenario.run(1).conversation().times().changes();
    assertEquals(20, changes.size());
    for (StreamTimes.Change change : changes) {
      // A batch holds two packets, one that leaves now and one that the pacer lets go with it
      // (RFC 9002 §7.7); whatever was decided earlier stands in the link's queue.
      long bytes = change.backlogBytes + 2L * config.maxDatagramBytes();
      long most = bytes * 8_000_000_000L / rate + delayNanos;
      assertTrue(
          change.tookNanos() <= most,
          () ->
              "raised at %.1f ms: %.1f ms, at most %.1f"
                  .formatted(change.atNanos / 1e6, change.tookNanos() / 1e6, most / 1e6));
    }
  }
}
