package dev.memux.session;

import dev.memux.netty.MuxException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Until when calls may block; can be changed while they do. Any thread. */
final class Deadline {
  /** {@link System#nanoTime} and whether it counts, in one. */
  private record Moment(long nanos) {}

  private volatile @Nullable Moment moment;

  /** Counted from now; null: none. Who waits must be woken to notice. */
  void set(@Nullable Duration fromNow) {
    moment = fromNow == null ? null : new Moment(System.nanoTime() + nanos(fromNow));
  }

  /** Longer than centuries is for ever, and must not overflow. */
  static long nanos(Duration duration) {
    return Math.clamp(TimeUnit.NANOSECONDS.convert(duration), 0, Long.MAX_VALUE / 2);
  }

  /**
   * @throws MuxException.Timeout if the time has come
   */
  void check() throws MuxException.Timeout {
    Moment now = moment;
    if (now != null) {
      requireLeft(now);
    }
  }

  /**
   * Waits until it is woken; returns also for no reason.
   *
   * @throws MuxException.Timeout if the time has come
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  void park() throws MuxException.Timeout, InterruptedIOException {
    if (Thread.currentThread().isInterrupted()) {
      throw interrupted();
    }
    Moment limit = moment;
    if (limit == null) {
      LockSupport.park(this);
    } else {
      LockSupport.parkNanos(this, requireLeft(limit));
    }
  }

  /** Takes a lock, waiting no longer than allowed; throws as {@link #park} does. */
  void lock(ReentrantLock lock) throws MuxException.Timeout, InterruptedIOException {
    if (lock.tryLock()) {
      return;
    }
    try {
      Moment limit = moment;
      if (limit == null) {
        lock.lockInterruptibly();
      } else if (!lock.tryLock(requireLeft(limit), TimeUnit.NANOSECONDS)) {
        throw expired();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted();
    }
  }

  private static long requireLeft(Moment limit) throws MuxException.Timeout {
    long left = limit.nanos() - System.nanoTime();
    if (left <= 0) {
      throw expired();
    }
    return left;
  }

  private static MuxException.Timeout expired() {
    return new MuxException.Timeout("the stream's deadline has passed");
  }

  static InterruptedIOException interrupted() {
    return new InterruptedIOException("interrupted");
  }
}
