package dev.memux.session;

import dev.memux.engine.mux.ReceivingPart;
import dev.memux.netty.MuxException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The receiving direction of a stream. The loop fills a queue from which readers, one at a time,
 * take; how much they took is given back to the peer as credit. Until the application begins to
 * read, no more goes into the queue than a small message.
 */
final class ReceiveHalf extends Half {
  /**
   * What is taken from the engine before the application has begun to read: a small request, so
   * that who is given its stream has it at once instead of going to the loop for it.
   */
  static final int AHEAD_BYTES = 2 << 10;

  /** A reader is woken at once when so much has come. */
  private static final int WAKE_BYTES = ByteQueue.CAPACITY_BYTES / 2;

  /** A reader that has taken so much since it was woken reads in bulk. */
  private static final int FAST_BYTES = 32 << 10;

  private static final long NONE = -1;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /** What has gone through lanes that were left. */
  private long readBefore;

  /** A thread is in {@link #read}. */
  private volatile boolean reading;

  /** The application reads: from now on the queue is kept full. */
  private volatile boolean wanted;

  private volatile boolean closed;

  /** The application wants no more; the code for the peer. */
  private volatile long stopCode = NONE;

  private volatile @Nullable Ending ending;

  /** What the engine still had when the connection ended, read after the queue. */
  private volatile ByteBuffer rest = NOTHING;

  /** The loop's: how much of what the lane has had been given back as credit. */
  private long credited;

  /** The loop's: nothing more is taken from the engine. */
  private boolean over;

  ReceiveHalf(HalfOwner owner) {
    super(owner);
  }

  // The application's.

  /** Reads at least one byte, if there is room for one; -1: the end. */
  int read(ByteBuffer target) throws IOException {
    return read(target, owner.deadline());
  }

  /** Reads as {@link #read(ByteBuffer)} does, under a deadline of this call's own. */
  int read(ByteBuffer target, Deadline deadline) throws IOException {
    Lane taken = enter(deadline);
    try {
      reading = true;
      deadline.check();
      for (; ; ) {
        Ending end = ending; // looked at before the queue: what was put in before it is seen
        requireReadable(end);
        int length = take(taken.queue, target);
        if (length > 0 || !target.hasRemaining()) {
          return length;
        }
        if (end != null) {
          end.check();
          return -1;
        }
        wanted = true;
        owner.signal(); // what was read may be all the credit that there is
        taken.waiter.await(() -> hasNews(taken.queue), deadline);
      }
    } finally {
      reading = false;
      taken.callers.unlock();
    }
  }

  private int take(ByteQueue queue, ByteBuffer target) {
    int length = queue.take(target);
    if (length > 0) {
      owner.onRead(length);
      return length;
    }
    ByteBuffer left = rest;
    int more = Math.min(left.remaining(), target.remaining());
    target.put(target.position(), left, left.position(), more);
    target.position(target.position() + more);
    left.position(left.position() + more);
    return more;
  }

  private void requireReadable(@Nullable Ending end) throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    if (end != null && end.abrupt()) {
      end.check();
    }
  }

  private boolean hasNews(ByteQueue queue) {
    return ending != null || closed || !queue.isEmpty();
  }

  /** How much can be read at once. */
  int available() {
    Ending end = ending;
    if (end != null && end.abrupt()) {
      return 0;
    }
    Lane now = lane;
    return (now == null ? 0 : now.queue.size()) + rest.remaining();
  }

  /** The application wants no more; no effect after an end of any kind. */
  void stop(long code) {
    if (stopCode == NONE) {
      if (ending == null) {
        ending = Ending.abrupt(() -> new MuxException.Local("reading was given up", code, ""));
      }
      stopCode = code;
      wakeCaller();
      owner.signal();
    }
  }

  /** The application is done with the stream. */
  void close() {
    closed = true;
    if (stopCode == NONE) {
      stopCode = 0;
    }
    wakeCaller();
    owner.signal();
  }

  /**
   * The application reads no more: something else will.
   *
   * @throws IllegalStateException if another thread is reading
   * @throws IOException if the direction has ended
   */
  void handOver() throws IOException {
    if (reading) {
      throw new IllegalStateException("another thread is reading");
    }
    Lane taken = enter(owner.deadline());
    try {
      Ending end = ending;
      if (end != null) {
        end.check();
      }
      if (end != null || closed) {
        throw new ClosedChannelException();
      }
      ending = Ending.NESTED;
    } finally {
      taken.callers.unlock();
    }
  }

  // The loop's.

  /** How much the application has read. */
  long read() {
    Lane now = lane;
    return readBefore + (now == null ? 0 : now.queue.taken());
  }

  /** Gives back credit, and fills the queue if the application reads. */
  void pump(ReceivingPart engine) {
    long code = stopCode;
    if (code != NONE) {
      Lane now = lane;
      giveCredit(engine, now == null ? 0 : now.queue.put()); // nobody will read what is in there
      if (!over) {
        over = true;
        engine.stopSending(code);
      }
      return;
    }
    Lane now = lane;
    if (now != null) {
      giveCredit(engine, now.queue.taken());
    }
    if (!over) {
      fill(engine, wanted ? ByteQueue.CAPACITY_BYTES : AHEAD_BYTES);
    }
  }

  /**
   * Nobody has read for a while: what is only needed for that goes.
   *
   * @return false: somebody reads after all, or there is something to read, or the direction is
   *     about to end
   */
  boolean rest() {
    if (over || closed || ending != null || stopCode != NONE) {
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
      boolean done = now.queue.isEmpty() && credited == now.queue.taken();
      if (done) {
        readBefore += credited;
        credited = 0;
        lane = null;
      }
      return done;
    } finally {
      now.callers.unlock();
    }
  }

  /** Returns what has been taken from the engine and not been read; the rest is still there. */
  byte[] takeOver(ReceivingPart engine) {
    over = true;
    ByteQueue queue = lane().queue;
    ByteBuffer left = ByteBuffer.allocate(queue.size());
    queue.take(left);
    giveCredit(engine, queue.put());
    return left.array();
  }

  /**
   * @param limit how much the queue may hold then
   */
  private void fill(ReceivingPart engine, int limit) {
    int readable = engine.readableBytes();
    if (readable > 0) {
      ByteQueue queue = lane().queue;
      int length = Math.min(limit - queue.size(), readable);
      while (length > 0) {
        length -= queue.commit(engine.take(queue.reserve(length)));
      }
    }
    boolean finished = engine.isFinished();
    if (finished) {
      if (readable == 0) {
        engine.take(NOTHING); // the end alone has come: the engine shall know that it was read
      }
      over = true;
      if (ending == null) {
        ending = Ending.PROPER;
      }
    }
    Lane now = lane;
    if (now != null && (finished || readable > 0)) {
      wakeReader(now, finished);
    }
  }

  /**
   * A reader that empties the queue as fast as packets fill it is better off with much to read than
   * with every packet at once.
   */
  private void wakeReader(Lane now, boolean finished) {
    ByteQueue queue = now.queue;
    if (!now.waiter.isAwaited()) {
      return;
    }
    if (!finished && queue.size() < WAKE_BYTES && queue.taken() - now.wokenAt >= FAST_BYTES) {
      owner.wakeSoon(now.waiter);
    } else {
      now.wokenAt = queue.taken();
      owner.wake(now.waiter);
    }
  }

  private void giveCredit(ReceivingPart engine, long offset) {
    if (offset > credited) {
      engine.giveCredit((int) (offset - credited));
      credited = offset;
    }
  }

  /** The peer has given up: what has arrived is lost with the rest. */
  void onReset(Supplier<? extends IOException> failure) {
    end(Ending.abrupt(failure));
  }

  /** The connection has ended; what arrived before can still be read if {@code keepsData}. */
  void onConnectionEnd(
      @Nullable ReceivingPart engine, Supplier<? extends IOException> failure, boolean keepsData) {
    if (over) {
      return;
    }
    if (engine == null || !keepsData || stopCode != NONE) {
      end(Ending.abrupt(failure));
      return;
    }
    ByteBuffer left = ByteBuffer.allocate(engine.readableBytes());
    while (left.hasRemaining() && engine.take(left) > 0) {}
    rest = left.flip();
    end(engine.isFinished() ? Ending.PROPER : Ending.afterData(failure));
  }

  private void end(Ending how) {
    over = true;
    if (ending == null) {
      ending = how;
    }
    wakeCaller();
  }
}
