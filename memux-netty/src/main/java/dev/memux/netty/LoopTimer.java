package dev.memux.netty;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one timer of a driver, armed for its earliest deadline. Deadlines mostly move into the
 * future, packet by packet; the timer then stays where it is, fires early once, and is armed again.
 */
final class LoopTimer {
  private final EventLoop loop;
  private final Runnable onTime;
  private @Nullable ScheduledFuture<?> armed;
  private long armedNanos = Long.MAX_VALUE;

  LoopTimer(EventLoop loop, Runnable onTime) {
    this.loop = loop;
    this.onTime = onTime;
  }

  /** Sees to it that the timer fires at {@code deadlineNanos} at the latest. */
  void arm(long deadlineNanos, long nowNanos) {
    if (deadlineNanos == Long.MAX_VALUE) {
      return;
    }
    if (armed != null) {
      if (deadlineNanos - armedNanos >= 0) {
        return;
      }
      armed.cancel(false);
    }
    armedNanos = deadlineNanos;
    armed = loop.schedule(this::fire, Math.max(0, deadlineNanos - nowNanos), TimeUnit.NANOSECONDS);
  }

  void cancel() {
    if (armed != null) {
      armed.cancel(false);
      armed = null;
    }
  }

  private void fire() {
    armed = null;
    onTime.run();
  }
}
