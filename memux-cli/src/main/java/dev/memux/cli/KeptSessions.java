package dev.memux.cli;

import dev.memux.tls.ResumableSession;
import dev.memux.tls.SessionCache;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The sessions of one server, from this run and the ones before. Any thread. */
final class KeptSessions implements SessionCache {
  /** As many as servers commonly give: for two connections side by side. */
  static final int MAX_SESSIONS = 2;

  private final Deque<ResumableSession> sessions = new ArrayDeque<>();

  KeptSessions(List<ResumableSession> before) {
    before.forEach(session -> add("", session));
  }

  @Override
  public synchronized void add(String server, ResumableSession session) {
    if (sessions.size() == MAX_SESSIONS) {
      sessions.removeFirst();
    }
    sessions.addLast(session);
    notifyAll();
  }

  @Override
  public synchronized @Nullable ResumableSession take(String server) {
    return sessions.pollLast();
  }

  /** All there are, the oldest first. */
  synchronized List<ResumableSession> all() {
    return new ArrayList<>(sessions);
  }

  /**
   * Waits until there is one: a server gives its tickets when the handshake is complete, and by
   * then an early request may have been answered.
   */
  synchronized void awaitAny(long limitNanos) {
    long deadlineNanos = System.nanoTime() + limitNanos;
    long leftNanos = limitNanos;
    while (sessions.isEmpty() && leftNanos > 0) {
      try {
        TimeUnit.NANOSECONDS.timedWait(this, leftNanos);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      leftNanos = deadlineNanos - System.nanoTime();
    }
  }
}
