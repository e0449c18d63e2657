package dev.memux.http;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells when a connection has had nothing to do for too long. A request that comes and goes costs
 * no timer: the one that runs looks when it fires whether it was too early.
 */
final class IdleTimer {
  private final EventLoop loop;
  private final long timeoutNanos;
  private final Runnable onTimeout;
  private @Nullable Future<?> timer;
  private long idleSinceNanos;
  private boolean idle;

  /** A timer that stands still. */
  IdleTimer(EventLoop loop, long timeoutNanos, Runnable onTimeout) {
    this.loop = loop;
    this.timeoutNanos = timeoutNanos;
    this.onTimeout = onTimeout;
  }

  /** There is nothing to do from now on. */
  void onIdle() {
    idle = true;
    idleSinceNanos = System.nanoTime();
    if (timer == null) {
      schedule(timeoutNanos);
    }
  }

  /** There is something to do. */
  void onBusy() {
    idle = false;
  }

  void cancel() {
    idle = false;
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  private void schedule(long nanos) {
    timer = loop.schedule(this::onTimer, nanos, TimeUnit.NANOSECONDS);
  }

  private void onTimer() {
    timer = null;
    if (!idle) {
      return;
    }
    long leftNanos = timeoutNanos - (System.nanoTime() - idleSinceNanos);
    if (leftNanos > 0) {
      schedule(leftNanos);
    } else {
      onTimeout.run();
    }
  }
}
