package dev.memux.sim.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.memux.sim.Seed;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Runs worlds. {@code -Dmemux.sim.worlds=50000} runs so many, {@code -Dmemux.sim.from=1000} begins
 * elsewhere, {@code -Dmemux.sim.seed=123} runs that one alone and writes its trace to {@code
 * target/world-123.trace}.
 */
class WorldsTest {
  private static final int DEFAULT_WORLDS = 3000;
  private static final int MOST_FAILURES = 10;

  @Test
  void whateverHappensTheInvariantsHold() throws Exception {
    Long seed = Long.getLong("memux.sim.seed");
    if (seed != null) {
      replay(seed);
    } else {
      runMany(
          Long.getLong("memux.sim.from", 1),
          Integer.getInteger("memux.sim.worlds", DEFAULT_WORLDS));
    }
  }

  private static void runMany(long from, int count) throws InterruptedException {
    List<String> failures = Collections.synchronizedList(new ArrayList<>());
    Tally tally = new Tally();
    AtomicLong next = new AtomicLong(from);
    AtomicLong virtualNanos = new AtomicLong();
    int threads = Runtime.getRuntime().availableProcessors();
    long startedNanos = System.nanoTime();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (int i = 0; i < threads; i++) {
        pool.execute(
            () -> {
              for (long seed = next.getAndIncrement();
                  seed < from + count && failures.size() < MOST_FAILURES;
                  seed = next.getAndIncrement()) {
                virtualNanos.addAndGet(runTwice(seed, tally, failures));
              }
            });
      }
      pool.shutdown();
      pool.awaitTermination(1, TimeUnit.DAYS);
    }
    System.out.printf(
        "%d worlds, %d virtual minutes, %.1f s%n",
        count,
        TimeUnit.NANOSECONDS.toMinutes(virtualNanos.get()),
        (System.nanoTime() - startedNanos) / 1e9);
    System.out.println(tally);
    if (!failures.isEmpty()) {
      fail(failures.size() + " worlds failed:\n" + String.join("\n", failures));
    }
    if (count >= DEFAULT_WORLDS) {
      assertEquals(List.of(), tally.missing(), "what no world has seen");
    }
  }

  /** The same seed must give the same trace. */
  private static long runTwice(long seed, Tally tally, List<String> failures) {
    try {
      World world = World.random(seed);
      long hash = world.run();
      assertEquals(
          hash, World.random(seed).run(), () -> "seed " + seed + ": two runs of it differ");
      synchronized (tally) {
        tally.addAll(world.tally());
      }
      return world.elapsedNanos();
    } catch (World.Failure | AssertionError e) {
      failures.add(String.valueOf(e.getMessage()));
      return 0;
    } catch (RuntimeException | Error e) {
      failures.add("seed " + seed + ": " + e); // or its thread would end without a word
      return 0;
    }
  }

  private static void replay(long seed) throws IOException {
    WorldPlan plan = WorldPlanner.plan(new Seed(seed).split("plan"));
    Path file = Path.of("target", "world-" + seed + ".trace");
    Files.createDirectories(file.toAbsolutePath().getParent());
    try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file))) {
      out.println(describe(plan));
      long hash = new World(seed, plan, out::println).run();
      out.printf("hash %016x%n", hash);
      System.out.printf("seed %d holds, hash %016x%n", seed, hash);
    } finally {
      System.out.println("trace: " + file.toAbsolutePath());
    }
  }

  private static String describe(WorldPlan plan) {
    StringBuilder text = new StringBuilder();
    text.append("client ").append(plan.clientConfig()).append('\n');
    text.append("server ").append(plan.serverConfig()).append('\n');
    text.append("tls    ").append(plan.tls()).append('\n');
    text.append("qmux   ").append(plan.qmux()).append('\n');
    for (WorldPlan.ConversationPlan conversation : plan.conversations()) {
      text.append("up     ").append(conversation.up()).append('\n');
      text.append("down   ").append(conversation.down()).append('\n');
      text.append("ending ").append(conversation.ending());
      text.append(" after ").append(conversation.endAfterNanos() / 1e6).append(" ms\n");
      conversation.streams().forEach(stream -> text.append("       ").append(stream).append('\n'));
    }
    return text.toString();
  }
}
