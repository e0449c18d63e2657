package dev.memux.engine.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulerCostTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int CHUNK_BYTES = 1200;

  private final Scheduler<Integer> scheduler =
      new Scheduler<>(SchedulerConfig.DEFAULT.withFloor(true));

  @Test
  void steadyStateAllocatesNothing() {
    Traffic traffic = new Traffic(1000);
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 20 && least > 0; round++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      traffic.run(20_000);
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    // The least of all rounds: in the first ones the virtual machine itself may allocate.
    assertEquals(0, least);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 1_000, 100_000})
  void decisionsStayFastWithManyEligible(int streams) {
    for (int i = 0; i < streams; i++) {
      Priority priority = Priority.DEFAULT_INCREMENTAL;
      Entry<Integer> entry = scheduler.add(4L * i, i, priority, scheduler.defaultGroup());
      scheduler.update(entry, false, true);
    }
    SplittableRandom random = new SplittableRandom(1);
    decide(300_000, random);
    int decisions = 1_000_000;
    long start = THREADS.getCurrentThreadCpuTime();
    decide(decisions, random);
    long nanos = THREADS.getCurrentThreadCpuTime() - start;
    System.out.printf(
        "%,d eligible: %d ns for a decision and its charge%n", streams, nanos / decisions);
    long sent = 0;
    for (long packets : sentPackets) {
      sent += packets;
    }
    assertEquals(1_300_000, sent);
  }

  private final long[] sentPackets = new long[100_000];

  private void decide(int decisions, SplittableRandom random) {
    for (int i = 0; i < decisions; i++) {
      scheduler.beginPacket();
      Entry<Integer> entry = Objects.requireNonNull(scheduler.next(false));
      sentPackets[entry.stream()]++;
      scheduler.charge(entry, 1 + random.nextInt(CHUNK_BYTES));
    }
  }

  /** Streams of all urgencies and of several groups, that do everything streams do. */
  private final class Traffic {
    private final Priority[] priorities = new Priority[16];
    private final Group[] groups = new Group[4];
    private final Entry<?>[] entries;
    private final SplittableRandom random = new SplittableRandom(1);

    Traffic(int streams) {
      for (int i = 0; i < priorities.length; i++) {
        priorities[i] = new Priority(i / 2, i % 2 == 0);
      }
      for (int i = 0; i < groups.length; i++) {
        groups[i] = scheduler.addGroup(1 + i);
      }
      entries = new Entry<?>[streams];
      for (int i = 0; i < streams; i++) {
        entries[i] = scheduler.add(4L * i, i, Priority.DEFAULT, groups[0]);
      }
      // Every heap grows once to all streams.
      for (Group group : groups) {
        for (Priority priority : priorities) {
          for (int i = 0; i < streams; i++) {
            scheduler.move(entry(i), group);
            scheduler.prioritize(entry(i), priority);
            scheduler.update(entry(i), true, true);
          }
        }
      }
    }

    void run(int steps) {
      for (int i = 0; i < steps; i++) {
        Entry<Integer> entry = entry(random.nextInt(entries.length));
        scheduler.update(entry, random.nextBoolean(), random.nextBoolean());
        scheduler.prioritize(entry, priorities[random.nextInt(priorities.length)]);
        scheduler.move(entry, groups[random.nextInt(groups.length)]);
        scheduler.weigh(entry.group(), 1 + random.nextInt(9));
        scheduler.prioritize(groups[random.nextInt(groups.length)], random.nextInt(8));
        scheduler.beginPacket();
        boolean onlyLost = random.nextBoolean();
        if (scheduler.hasEligible(onlyLost)) {
          scheduler.charge(Objects.requireNonNull(scheduler.next(onlyLost)), CHUNK_BYTES);
        }
      }
    }

    @SuppressWarnings("unchecked") // Java has no generic arrays
    private Entry<Integer> entry(int i) {
      return (Entry<Integer>) entries[i];
    }
  }
}
