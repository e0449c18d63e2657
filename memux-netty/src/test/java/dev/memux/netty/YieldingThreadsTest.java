package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class YieldingThreadsTest {
  /** The nineteenth field, of which the second ends in a parenthesis (proc_pid_stat(5)). */
  private static final int NICENESS_FIELD = 19 - 3;

  private static final int MAX_NICENESS = 19;

  @Test
  void theirThreadsAndNoOthersYield() throws Exception {
    assumeTrue(YieldingThreads.AVAILABLE);
    int before = niceness();
    CompletableFuture<Integer> theirs = new CompletableFuture<>();
    Thread thread = new YieldingThreads("test").newThread(() -> complete(theirs));
    assertTrue(thread.isDaemon());
    thread.start();
    assertEquals(
        Math.min(before + YieldingThreads.NICER, MAX_NICENESS),
        theirs.get(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
    assertEquals(before, niceness());
  }

  private static void complete(CompletableFuture<Integer> result) {
    try {
      result.complete(niceness());
    } catch (IOException e) {
      result.completeExceptionally(e);
    }
  }

  /** Of the calling thread, as Linux has it. */
  private static int niceness() throws IOException {
    String all = Files.readString(Path.of("/proc/thread-self/stat"));
    String[] fields = all.substring(all.lastIndexOf(')') + 2).split(" ");
    return Integer.parseInt(fields[NICENESS_FIELD]);
  }
}
