package dev.memux.session;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** What both directions of a stream have: a lane while they are in use, and callers in it. */
abstract sealed class Half permits SendHalf, ReceiveHalf {
  private static final VarHandle LANE;

  static {
    try {
      LANE = MethodHandles.lookup().findVarHandle(Half.class, "lane", Lane.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final HalfOwner owner;

  /** Null while it rests; made by whoever comes first, left by the loop. */
  volatile @Nullable Lane lane;

  Half(HalfOwner owner) {
    this.owner = owner;
  }

  /** The lane, once it is this caller's turn in it. */
  final Lane enter(Deadline deadline) throws IOException {
    for (; ; ) {
      Lane next = lane();
      deadline.lock(next.callers);
      if (lane == next) {
        return next;
      }
      next.callers.unlock();
    }
  }

  final Lane lane() {
    for (Lane now; ; ) {
      now = lane;
      if (now != null) {
        return now;
      }
      LANE.compareAndSet(this, null, new Lane());
    }
  }

  /** Something has changed that whoever waits in the lane may wait for, a deadline for one. */
  final void wakeCaller() {
    Lane now = lane;
    if (now != null) {
      now.waiter.wake();
    }
  }
}
