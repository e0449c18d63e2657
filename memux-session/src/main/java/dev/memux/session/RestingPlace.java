package dev.memux.session;

import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Has the streams of a session rest on which nothing happens for a while, so that tens of thousands
 * of them can be open and cost little. Looks at those that are in use once an interval, a few at a
 * time. On the event loop.
 */
final class RestingPlace {
  private static final long INTERVAL_MILLIS = 1000;

  /** So many at once take a fraction of a millisecond. */
  private static final int STREAMS_AT_ONCE = 1024;

  private static final long PAUSE_MILLIS = 10;

  private final EventLoop loop;
  private final Runnable beforeRound;

  // Those that are in use, the one that was looked at longest ago first.
  private @Nullable Stream first;
  private @Nullable Stream last;
  private int count;

  /** How many have yet to be looked at in this round. */
  private int left;

  private boolean scheduled;
  private boolean closed;

  /**
   * @param beforeRound has the loop look after what callers have done: a stream whose last bytes
   *     were read, which alone is not worth waking the loop, cannot rest until it knows
   */
  RestingPlace(EventLoop loop, Runnable beforeRound) {
    this.loop = loop;
    this.beforeRound = beforeRound;
  }

  /** Something happens on the stream. */
  void onUse(Stream stream) {
    stream.use();
    if (!stream.watched && !closed) {
      add(stream);
      schedule(INTERVAL_MILLIS);
    }
  }

  /** The stream is over. */
  void onGone(Stream stream) {
    if (stream.watched) {
      remove(stream);
    }
  }

  private void add(Stream stream) {
    Stream before = last;
    stream.watched = true;
    stream.watchedBefore = before;
    last = stream;
    if (before == null) {
      first = stream;
    } else {
      before.watchedAfter = stream;
    }
    count++;
  }

  private void remove(Stream stream) {
    Stream before = stream.watchedBefore;
    Stream after = stream.watchedAfter;
    stream.watched = false;
    stream.watchedBefore = null;
    stream.watchedAfter = null;
    if (before == null) {
      first = after;
    } else {
      before.watchedAfter = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.watchedBefore = before;
    }
    count--;
  }

  private void schedule(long millis) {
    if (!scheduled) {
      scheduled = true;
      try {
        loop.schedule(this::lookAround, millis, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        closed = true; // the loop is gone, and the session with it
      }
    }
  }

  private void lookAround() {
    scheduled = false;
    if (left == 0) {
      beforeRound.run();
    }
    left = Math.min(left == 0 ? count : left, count);
    for (int i = 0; i < STREAMS_AT_ONCE && left > 0; i++, left--) {
      Stream stream = first;
      if (stream != null) {
        remove(stream);
        if (!stream.rest()) {
          add(stream);
        }
      }
    }
    if (count > 0) {
      schedule(left > 0 ? PAUSE_MILLIS : INTERVAL_MILLIS);
    }
  }

  /** The session is over. */
  void close() {
    closed = true;
    while (first != null) {
      remove(first);
    }
  }
}
