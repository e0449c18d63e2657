package dev.memux.session;

import java.io.InterruptedIOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * How many more streams of a type may be opened: callers take one each, in the order in which they
 * came, without going to the loop; the loop adds what the peer allows.
 */
final class Permits {
  /** More than anybody opens between two updates; a peer may allow 2^60. */
  private static final long MAX_AHEAD = 1 << 20;

  private final Semaphore semaphore = new Semaphore(0, true);

  /** Somebody had to wait since the loop last asked. */
  private volatile boolean wanted;

  /** The loop's: how many there have ever been. */
  private long granted;

  /**
   * Takes one.
   *
   * @return false: one must be waited for
   */
  boolean tryTake() throws InterruptedIOException {
    try {
      boolean taken = semaphore.tryAcquire(0, TimeUnit.NANOSECONDS); // without overtaking anybody
      if (!taken) {
        wanted = true;
      }
      return taken;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Deadline.interrupted();
    }
  }

  /** Waits for one. */
  void take() throws InterruptedIOException {
    try {
      semaphore.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Deadline.interrupted();
    }
  }

  /** The loop's: so many streams have been opened, and so many more may be. */
  void update(long opened, long openable) {
    long total = opened + Math.min(openable, MAX_AHEAD);
    if (total > granted) {
      semaphore.release((int) (total - granted));
      granted = total;
    }
  }

  /** The loop's: whether somebody had to wait since the last call. */
  boolean takeWanted() {
    boolean was = wanted;
    wanted = false;
    return was;
  }

  /** Nobody waits any more: who takes one from now on must see for himself that all is over. */
  void open() {
    semaphore.release(Integer.MAX_VALUE / 2);
  }
}
