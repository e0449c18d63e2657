package dev.memux.netty;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** How late a thread with nothing to do wakes up: what the machine adds to every answer. */
final class MachineLateness implements AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final int MOST = 1 << 16;

  private final long[] nanos = new long[MOST];
  private volatile int count;
  private final Thread thread = Thread.ofPlatform().name("lateness").start(this::run);

  private void run() {
    for (int i = 0; i < MOST && !Thread.currentThread().isInterrupted(); i++) {
      long due = System.nanoTime() + PAUSE_NANOS;
      LockSupport.parkNanos(PAUSE_NANOS);
      nanos[i] = Math.max(0, System.nanoTime() - due);
      count = i + 1;
    }
  }

  /** Of all wake-ups so far. */
  double millis(double quantile) {
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    return sorted.length == 0 ? 0 : sorted[(int) ((sorted.length - 1) * quantile)] / 1e6;
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
