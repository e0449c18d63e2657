package dev.memux.cli;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Watches how late the event loops of a group come to their work: what a busy machine adds. */
final class Punctuality {
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final AtomicLong worstNanos = new AtomicLong();

  /**
   * @param group with one loop
   */
  Punctuality(EventLoopGroup group) {
    EventLoop loop = group.next();
    loop.execute(() -> tick(loop));
  }

  /** By how much it was late at worst since this was asked last. */
  long takeWorstNanos() {
    return worstNanos.getAndSet(0);
  }

  private void tick(EventLoop loop) {
    long dueNanos = System.nanoTime() + TICK_NANOS;
    loop.schedule(
        () -> {
          worstNanos.accumulateAndGet(System.nanoTime() - dueNanos, Math::max);
          if (!loop.isShuttingDown()) {
            tick(loop);
          }
        },
        TICK_NANOS,
        TimeUnit.NANOSECONDS);
  }
}
