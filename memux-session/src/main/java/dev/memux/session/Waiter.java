package dev.memux.session;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lets one thread wait for what others do. They change something first and {@link #wake} then; the
 * waiting thread names itself first and looks then: one of the two always sees the other.
 */
final class Waiter {
  private volatile @Nullable Thread thread;

  /** The loop's: {@link Notices} is to wake whoever waits in a while. */
  boolean soon;

  /** What is waited for. */
  interface Condition {
    /**
     * @throws IOException if it will never hold
     */
    boolean holds() throws IOException;
  }

  /** Waits; throws as {@link Deadline#park} and the condition do. */
  void await(Condition condition, Deadline deadline) throws IOException {
    thread = Thread.currentThread();
    try {
      while (!condition.holds()) {
        deadline.park();
      }
    } finally {
      thread = null;
    }
  }

  /** Whether there is somebody to {@link #wake} for what has changed before. Any thread. */
  boolean isAwaited() {
    return thread != null;
  }

  /** Makes whoever waits look again. Any thread. */
  void wake() {
    Thread waiting = thread;
    if (waiting != null) {
      LockSupport.unpark(waiting);
    }
  }
}
