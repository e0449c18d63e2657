package dev.memux.session;

import java.util.concurrent.locks.ReentrantLock;

/**
 * What one direction of a stream needs while it is in use, and not while it {@linkplain Stream#rest
 * rests}: a queue, the lock that callers take turns by, and the place where the one whose turn it
 * is waits. A lane is left for good by whoever holds its lock; who gets the lock after that has to
 * look for the next.
 */
final class Lane {
  final ByteQueue queue = new ByteQueue();
  final ReentrantLock callers = new ReentrantLock();
  final Waiter waiter = new Waiter();

  /** The loop's: how much had been taken from the queue when a reader was last woken. */
  long wokenAt;
}
