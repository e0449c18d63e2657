package dev.memux.session;

/** What the two halves of a stream belong to, and what they ask of it. Any thread. */
abstract class HalfOwner {
  /** Until when callers may block. */
  abstract Deadline deadline();

  /** The calling thread is about to write; what it writes has the priority of its scope, if any. */
  void enterScope() {}

  /** There is something for the loop to do, now. */
  abstract void signal();

  /** The loop's: {@code waiter} may go on, now or when the loop's turn is over. */
  void wake(Waiter waiter) {
    waiter.wake();
  }

  /** The loop's: {@code waiter} may go on; that others are told together is worth a little time. */
  void wakeSoon(Waiter waiter) {
    waiter.wake();
  }

  /** The application has read; that is worth telling the loop, but not for every byte. */
  abstract void onRead(int bytes);
}
