package dev.memux.netty;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that sign, agree on keys and judge certificates for all event loops of the process,
 * so that whoever shakes hands holds up nobody who has. Half as many as processors, and behind the
 * loops where they share one ({@link YieldingThreads}): those want to go on meanwhile. What waits
 * is bounded by {@link InitialBacklog} for servers' loops, and by who opens connections for
 * clients'.
 */
final class HandshakeWorkers {
  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

  /** With a single processor another thread would only cost. */
  static final boolean AVAILABLE = PROCESSORS > 1;

  private static final long IDLE_SECONDS = 10;

  private static final Executor THREADS = newThreads();

  private HandshakeWorkers() {}

  /** Runs {@code work} on one of the threads, and {@code then} on the loop. */
  static void execute(Runnable work, Executor loop, Runnable then) {
    THREADS.execute(
        () -> {
          work.run();
          try {
            loop.execute(then);
          } catch (RejectedExecutionException e) {
            // The loop has ended, and the connection with it.
          }
        });
  }

  private static Executor newThreads() {
    int threads = Math.max(1, PROCESSORS / 2);
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            new YieldingThreads("memux-handshake"));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }
}
