package dev.memux.http;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells when something has lasted too long, on an event loop. To start it anew with every request
 * costs nothing: the timer that runs looks when it fires whether it was too early.
 */
final class LazyTimer {
  private final EventLoop loop;
  private final long timeoutNanos;
  private final Runnable onTimeout;
  private @Nullable Future<?> timer;
  private long sinceNanos;
  private boolean running;

  /** A timer that stands still. */
  LazyTimer(EventLoop loop, long timeoutNanos, Runnable onTimeout) {
    this.loop = loop;
    this.timeoutNanos = timeoutNanos;
    this.onTimeout = onTimeout;
  }

  /** Counts from now. */
  void restart() {
    running = true;
    sinceNanos = System.nanoTime();
    if (timer == null) {
      schedule(timeoutNanos);
    }
  }

  /** Counts no more. */
  void stop() {
    running = false;
  }

  /** Counts no more, and holds nothing on the event loop. */
  void cancel() {
    running = false;
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
    if (!running) {
      return;
    }
    long leftNanos = timeoutNanos - (System.nanoTime() - sinceNanos);
    if (leftNanos > 0) {
      schedule(leftNanos);
    } else {
      running = false;
      onTimeout.run();
    }
  }
}
