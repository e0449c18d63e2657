package dev.memux.tls;

import org.jspecify.annotations.Nullable;

/**
 * Where clients keep sessions to resume (RFC 8446 §2.2). Implementations bound what they hold, and
 * are safe for use by many threads if several share one; they must not block.
 *
 * <p>Resumed sessions can be linked to each other by the server, and by whoever sees the tickets if
 * one were used twice.
 */
public interface SessionCache {
  /**
   * Keeps a session.
   *
   * @param server whose it is: a name or address in lower case
   */
  void add(String server, ResumableSession session);

  /** Takes out the newest session with {@code server}, or null: there is none. */
  @Nullable ResumableSession take(String server);

  /**
   * A cache in memory, for any number of threads.
   *
   * @param maxServers of which it keeps the latest two sessions each; the server that was least
   *     recently used is forgotten first
   */
  static SessionCache inMemory(int maxServers) {
    return new MemorySessionCache(maxServers);
  }
}
