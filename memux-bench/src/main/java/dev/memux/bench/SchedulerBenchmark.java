package dev.memux.bench;

import dev.memux.engine.schedule.Entry;
import dev.memux.engine.schedule.Group;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.schedule.Scheduler;
import dev.memux.engine.schedule.SchedulerConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What the scheduler costs while so many streams have something to send. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class SchedulerBenchmark {
  private static final int PACKET_BYTES = 1200;
  private static final int RANDOM_STREAMS = 1 << 16;

  @Param({"10", "1000", "100000"})
  int eligible;

  /** One group, as a connection has, or one for every ten streams. */
  @Param({"false", "true"})
  boolean grouped;

  private final List<Entry<Integer>> entries = new ArrayList<>();
  private final Priority[] priorities = new Priority[16];
  private final int[] order = new int[RANDOM_STREAMS];
  private Scheduler<Integer> scheduler = new Scheduler<>(SchedulerConfig.DEFAULT);
  private int turn;

  /** Makes all streams eligible, and lets them send until none is like the other. */
  @Setup
  public void prepare() {
    scheduler = new Scheduler<>(SchedulerConfig.DEFAULT);
    entries.clear();
    SplittableRandom random = new SplittableRandom(1);
    Group group = scheduler.defaultGroup();
    for (int i = 0; i < eligible; i++) {
      if (grouped && i % 10 == 0) {
        group = scheduler.addGroup(1 + random.nextInt(4));
      }
      Entry<Integer> entry = scheduler.add(4L * i, i, Priority.DEFAULT_INCREMENTAL, group);
      scheduler.update(entry, false, true);
      entries.add(entry);
    }
    for (int i = 0; i < priorities.length; i++) {
      priorities[i] = new Priority(i / 2, i % 2 == 0);
    }
    for (int i = 0; i < order.length; i++) {
      order[i] = random.nextInt(eligible);
    }
    for (int i = 0; i < 4 * eligible; i++) {
      scheduler.beginPacket();
      scheduler.charge(next(), 1 + random.nextInt(PACKET_BYTES));
    }
  }

  /** Who sends next, and what it has sent: once a packet. */
  @Benchmark
  public Entry<Integer> decision() {
    scheduler.beginPacket();
    Entry<Integer> entry = next();
    scheduler.charge(entry, PACKET_BYTES - (order[turn++ & (RANDOM_STREAMS - 1)] & 0xff));
    return entry;
  }

  /** Another priority for any of the streams, while all have something to send. */
  @Benchmark
  public Entry<Integer> priorityChange() {
    Entry<Integer> entry = any();
    scheduler.prioritize(entry, priorities[turn & 15]);
    return entry;
  }

  /** A stream has nothing more to send, and then has. */
  @Benchmark
  public Entry<Integer> pause() {
    Entry<Integer> entry = any();
    scheduler.update(entry, false, false);
    scheduler.update(entry, false, true);
    return entry;
  }

  private Entry<Integer> next() {
    return Objects.requireNonNull(scheduler.next(false));
  }

  private Entry<Integer> any() {
    return entries.get(order[turn++ & (RANDOM_STREAMS - 1)]);
  }
}
