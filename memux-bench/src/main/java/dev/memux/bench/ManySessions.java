package dev.memux.bench;

import dev.memux.tls.ResumableSession;
import dev.memux.tls.SessionCache;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/** Sessions of one server, enough for all who connect to it at once. */
final class ManySessions implements SessionCache {
  private static final int MAX_SESSIONS = 1024;

  private final BlockingQueue<ResumableSession> sessions = new ArrayBlockingQueue<>(MAX_SESSIONS);

  @Override
  public void add(String server, ResumableSession session) {
    while (!sessions.offer(session)) {
      sessions.poll();
    }
  }

  @Override
  public @Nullable ResumableSession take(String server) {
    return sessions.poll();
  }
}
