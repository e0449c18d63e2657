package dev.memux.session;

import dev.memux.engine.mux.MuxStream;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * What a turn of the event loop has for callers: data, room, streams to accept. They hear of it all
 * at once after the turn has sent its packets: callers that were woken one by one would each find
 * little to do, and take the processor from the loop and from who wakes the next. On the event
 * loop.
 */
final class Notices {
  /** After a turn with more the memory for them goes. */
  private static final int USUAL_COUNT = 1024;

  /** How long those wait who are told soon: a batch or two of packets at the rates they read. */
  private static final long SOON_NANOS = 200_000;

  private final Session session;
  private final EventLoop loop;
  private final Runnable task = this::tell;
  private List<Waiter> waiters = new ArrayList<>();
  private List<Stream> accepted = new ArrayList<>();
  private boolean scheduled;
  private List<Waiter> patient = new ArrayList<>();
  private boolean timed;

  Notices(Session session, EventLoop loop) {
    this.session = session;
    this.loop = loop;
  }

  /** There is what {@code waiter} may wait for. */
  void wake(Waiter waiter) {
    if (waiter.isAwaited()) {
      waiter.soon = false;
      waiters.add(waiter);
      schedule();
    }
  }

  /** There is what {@code waiter} may wait for, and will soon be more: it has time. */
  void wakeSoon(Waiter waiter) {
    if (!waiter.soon && waiter.isAwaited()) {
      waiter.soon = true;
      patient.add(waiter);
      if (!timed) {
        timed = true;
        try {
          loop.schedule(this::tellPatient, SOON_NANOS, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
          tellPatient(); // the loop is gone
        }
      }
    }
  }

  private void tellPatient() {
    timed = false;
    for (Waiter waiter : patient) {
      if (waiter.soon) {
        waiter.soon = false;
        waiter.wake();
      }
    }
    patient = emptied(patient);
  }

  /** The peer has opened a stream. */
  void accept(Stream stream) {
    accepted.add(stream);
    schedule();
  }

  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      try {
        loop.execute(task); // the loop's turn is over when it comes to its tasks
      } catch (RejectedExecutionException e) {
        tell(); // the loop is gone
      }
    }
  }

  /** Tells callers now, because the session ends for one. */
  void tell() {
    scheduled = false;
    if (!accepted.isEmpty()) {
      accepted.removeIf(Notices::isOver); // the peer has given it up again
      session.onAccepted(accepted);
      accepted = emptied(accepted);
    }
    if (!waiters.isEmpty()) {
      waiters.forEach(Waiter::wake);
      waiters = emptied(waiters);
    }
  }

  private static boolean isOver(Stream stream) {
    MuxStream engine = stream.engine();
    return engine == null || engine.isClosed();
  }

  private static <T> List<T> emptied(List<T> list) {
    if (list.size() > USUAL_COUNT) {
      return new ArrayList<>();
    }
    list.clear();
    return list;
  }
}
