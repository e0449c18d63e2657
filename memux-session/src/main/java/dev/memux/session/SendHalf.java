package dev.memux.session;

import dev.memux.engine.mux.SendingPart;
import dev.memux.netty.MuxException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The sending direction of a stream. Writers, one at a time, put into a queue; the loop moves that
 * to the engine while the engine takes it.
 */
final class SendHalf extends Half {
  /** A writer is woken when so much is free, not for every packet that left. */
  private static final int WAKE_BYTES = ByteQueue.CAPACITY_BYTES / 2;

  private static final long NONE = -1;

  /** What has gone through lanes that were left. */
  private long writtenBefore;

  /** A thread is in {@link #write}. */
  private volatile boolean writing;

  /** The application has said that nothing more comes. */
  private volatile boolean finished;

  /** The application has given the direction up with this code. */
  private volatile long resetCode = NONE;

  private volatile @Nullable Ending ending;

  /** The loop's: the engine has been told the end, or is to be told nothing any more. */
  private boolean over;

  private boolean resetDone;

  /** The loop's: who sends after all that was written. */
  private @Nullable Runnable successor;

  SendHalf(HalfOwner owner) {
    super(owner);
  }

  // The application's.

  /** Writes all of {@code source}. */
  int write(ByteBuffer source) throws IOException {
    int length = source.remaining();
    Deadline deadline = owner.deadline();
    Lane taken = enter(deadline);
    try {
      writing = true;
      requireWritable();
      deadline.check();
      owner.enterScope();
      for (; ; ) {
        if (taken.queue.put(source) > 0) {
          owner.signal();
        }
        if (!source.hasRemaining()) {
          return length;
        }
        int wanted = Math.min(source.remaining(), WAKE_BYTES);
        taken.waiter.await(() -> hasRoom(taken.queue, wanted), deadline);
      }
    } catch (InterruptedIOException e) {
      e.bytesTransferred = length - source.remaining();
      throw e;
    } finally {
      writing = false;
      taken.callers.unlock();
    }
  }

  private boolean hasRoom(ByteQueue queue, int wanted) throws IOException {
    requireWritable();
    return queue.room() >= wanted;
  }

  private void requireWritable() throws IOException {
    Ending end = ending;
    if (end != null) {
      end.check();
    }
    if (finished) {
      throw new ClosedChannelException();
    }
  }

  /**
   * Nothing more comes; no effect after an end of any kind. A write of another thread that this
   * cuts off ends in a reset: the peer must not take half of it for all.
   */
  void finish() {
    if (ending != null || finished) {
      return;
    }
    if (writing) {
      reset(0);
    } else {
      finished = true;
      owner.signal();
    }
  }

  /** Gives the direction up; no effect after an end of another kind than {@link #finish}. */
  void reset(long code) {
    if (ending == null) {
      ending = Ending.abrupt(() -> new MuxException.Local("the stream was reset", code, ""));
      resetCode = code;
      wakeCaller();
      owner.signal();
    }
  }

  /** What else must succeed. */
  interface Condition {
    void require() throws IOException;
  }

  /**
   * The application writes no more: something else will. Nothing has changed if it fails.
   *
   * @param other asked when nothing else speaks against it
   * @throws IllegalStateException if another thread is writing
   * @throws IOException if the direction has ended
   */
  void handOver(Condition other) throws IOException {
    if (writing) {
      throw new IllegalStateException("another thread is writing");
    }
    Lane taken = enter(owner.deadline());
    try {
      requireWritable();
      other.require();
      ending = Ending.NESTED;
    } finally {
      taken.callers.unlock();
    }
  }

  // The loop's.

  /** How much the application has written. */
  long written() {
    Lane now = lane;
    return writtenBefore + (now == null ? 0 : now.queue.put());
  }

  /** Moves what waits to the engine, as far as that takes it. */
  void pump(SendingPart engine) {
    long code = resetCode;
    if (code != NONE && !resetDone) {
      resetDone = true;
      over = true;
      engine.reset(code); // also after the end was written: not all of it may be delivered
    }
    if (over) {
      return;
    }
    boolean last = finished; // looked at before the queue: what was put in before it is seen
    if (!engine.isWritable()) {
      return; // stopped by the peer or the connection is over: that has its own event
    }
    boolean empty = drain(engine);
    if (last && empty) {
      over = true;
      engine.finish();
    } else if (successor != null && empty) {
      over = true;
      successor.run();
    }
  }

  /** Has {@code next} called when the engine has all that was written. */
  void succeed(Runnable next) {
    successor = next;
  }

  /** Whoever came after has ended the direction. */
  void onSuccessorOver() {
    finished = true;
  }

  /** Returns whether the engine has all. */
  private boolean drain(SendingPart engine) {
    Lane now = lane;
    if (now == null) {
      return true;
    }
    ByteQueue queue = now.queue;
    ByteBuffer piece = queue.peek();
    while (piece.hasRemaining()) {
      queue.remove(engine.write(piece));
      if (piece.hasRemaining()) {
        break; // the engine will say when there is room
      }
      piece = queue.peek();
    }
    if (queue.room() >= WAKE_BYTES) {
      owner.wake(now.waiter);
    }
    return queue.isEmpty();
  }

  /**
   * Nobody has written for a while: what is only needed for that goes.
   *
   * @return false: somebody writes after all, or the direction is about to end
   */
  boolean rest() {
    if (over || finished || ending != null || successor != null) {
      return false;
    }
    Lane now = lane;
    if (now == null) {
      return true;
    }
    if (!now.callers.tryLock()) {
      return false;
    }
    try {
      boolean empty = now.queue.isEmpty();
      if (empty) {
        writtenBefore += now.queue.put();
        lane = null;
      }
      return empty;
    } finally {
      now.callers.unlock();
    }
  }

  /** Whether the application has ended it, in either way. */
  boolean isEnded() {
    return finished || resetCode != NONE;
  }

  /** The peer wants no more, or the connection has ended: whoever waits fails with it. */
  void end(Supplier<? extends IOException> failure) {
    over = true;
    if (ending == null) {
      ending = Ending.abrupt(failure);
    }
    wakeCaller();
  }
}
