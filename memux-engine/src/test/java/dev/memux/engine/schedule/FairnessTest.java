package dev.memux.engine.schedule;

import static dev.memux.engine.schedule.Link.assertNear;
import static dev.memux.engine.schedule.Link.incremental;
import static dev.memux.engine.schedule.Link.sequential;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What equals get in the long run, streams inside one group. */
class FairnessTest {
  private static final int MAX_CHUNK_BYTES = 1400;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void sequenceAndIncrementalStreamsAreNeverFurtherApartThanAChunk(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Link link = new Link();
    Scheduler<String> scheduler = link.scheduler;
    int others = 1 + random.nextInt(6);
    for (int i = 0; i < others; i++) {
      link.backlogged(4L * i, Integer.toString(i), incremental(3));
    }
    List<Entry<String>> sequence = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      sequence.add(link.backlogged(1000 + 4L * i, Integer.toString(others), sequential(3)));
    }
    long[] sent = new long[others + 1];
    for (int i = 0; i < 50_000; i++) {
      Entry<String> entry = Objects.requireNonNull(scheduler.next(false));
      int bytes = 1 + random.nextInt(MAX_CHUNK_BYTES);
      scheduler.charge(entry, bytes);
      sent[Integer.parseInt(entry.stream())] += bytes;
      // Members come and go, and are replaced: the sequence's share stays one share.
      Entry<String> member = sequence.get(random.nextInt(sequence.size() - 1));
      scheduler.update(member, false, random.nextBoolean());
      for (long bytesOfOne : sent) {
        assertNear(sent[0], bytesOfOne, MAX_CHUNK_BYTES, "seed " + seed);
      }
    }
  }

  @Test
  void thousandStreamsShareToTheByte() {
    Link link = new Link();
    for (int i = 0; i < 1000; i++) {
      link.backlogged(4L * i, Integer.toString(i), incremental(3));
    }
    link.run(100_000);
    for (int i = 0; i < 1000; i++) {
      assertEquals(100, link.packetsOf(Integer.toString(i)));
    }
  }

  @Test
  void nobodyWaitsLongerThanARoundHoweverManyShortOnesPass() {
    Link link = new Link(SchedulerConfig.DEFAULT.withCatchUpBytes(0));
    link.backlogged(0, "long", incremental(3));
    Entry<String> s = link.backlogged(4, "short", incremental(3));
    for (int i = 2; i < 5000; i++) {
      if (link.packet().equals("short")) {
        link.scheduler.remove(s);
        s = link.backlogged(4L * i, "short", incremental(3));
      }
    }
    assertNear(link.packetsOf("short"), link.packetsOf("long"), 1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void retransmissionsCountInTheLongRun(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Link link = new Link();
    Entry<String> lossy = link.backlogged(0, "lossy", incremental(3));
    link.backlogged(4, "clean", incremental(3));
    for (int i = 0; i < 50_000; i++) {
      boolean lost = random.nextInt(3) == 0;
      link.scheduler.update(lossy, lost, true);
      link.packet(lost && random.nextInt(10) == 0);
    }
    link.scheduler.update(lossy, false, true);
    link.run(50_000);
    assertNear(link.packetsOf("clean"), link.packetsOf("lossy"), 1, "seed " + seed);
    assertTrue(link.packetsOf("lossy") > 0);
  }
}
