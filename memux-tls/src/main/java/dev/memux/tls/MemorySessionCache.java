package dev.memux.tls;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/** A bounded {@link SessionCache}. */
final class MemorySessionCache implements SessionCache {
  /** As many as servers commonly send: for two connections side by side. */
  static final int MAX_SESSIONS_PER_SERVER = 2;

  private final int maxServers;
  private final LinkedHashMap<String, Deque<ResumableSession>> byServer =
      new LinkedHashMap<>(16, 0.75f, true);

  MemorySessionCache(int maxServers) {
    if (maxServers < 1) {
      throw new IllegalArgumentException("a session cache for " + maxServers + " servers");
    }
    this.maxServers = maxServers;
  }

  @Override
  public synchronized void add(String server, ResumableSession session) {
    Deque<ResumableSession> sessions =
        byServer.computeIfAbsent(server, key -> new ArrayDeque<>(MAX_SESSIONS_PER_SERVER));
    if (sessions.size() == MAX_SESSIONS_PER_SERVER) {
      sessions.removeFirst();
    }
    sessions.addLast(session);
    if (byServer.size() > maxServers) {
      byServer.pollFirstEntry();
    }
  }

  @Override
  public synchronized @Nullable ResumableSession take(String server) {
    Deque<ResumableSession> sessions = byServer.get(server);
    if (sessions == null) {
      return null;
    }
    ResumableSession newest = sessions.pollLast();
    if (sessions.isEmpty()) {
      byServer.remove(server);
    }
    return newest;
  }
}
