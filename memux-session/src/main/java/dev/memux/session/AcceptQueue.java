package dev.memux.session;

import java.io.InterruptedIOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What a peer has opened and nobody has accepted yet, in order. Whoever adds sees to it that there
 * is a limit, and removes what ended before anybody wanted it: a peer that opens and gives up again
 * and again fills nothing.
 */
final class AcceptQueue<T> {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final LinkedHashSet<T> waiting = new LinkedHashSet<>();
  private boolean closed;

  /**
   * @return false: closed, or {@code limit} wait already
   */
  boolean offer(T item, int limit) {
    lock.lock();
    try {
      if (closed || waiting.size() >= limit) {
        return false;
      }
      waiting.add(item);
      changed.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Adds all, for one who knows that they are not too many; no effect after the end. */
  void offer(List<T> items) {
    lock.lock();
    try {
      if (!closed) {
        waiting.addAll(items);
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  void remove(T item) {
    lock.lock();
    try {
      waiting.remove(item);
    } finally {
      lock.unlock();
    }
  }

  /** Nothing comes any more; what waits can still be taken. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the next.
   *
   * @return null: nothing will come any more
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  @Nullable T take() throws InterruptedIOException {
    try {
      lock.lockInterruptibly();
      try {
        while (waiting.isEmpty()) {
          if (closed) {
            return null;
          }
          changed.await();
        }
        T next = waiting.removeFirst();
        if (!waiting.isEmpty()) {
          changed.signal(); // several may have come at once, and several may wait
        }
        return next;
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Deadline.interrupted();
    }
  }
}
