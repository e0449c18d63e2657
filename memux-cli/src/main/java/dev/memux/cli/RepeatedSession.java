package dev.memux.cli;

import dev.memux.tls.ResumableSession;
import dev.memux.tls.SessionCache;
import org.jspecify.annotations.Nullable;

/**
 * Has each connection resume the newest session with the one server that there is, however many do
 * at once. For who measures only: whoever sees a ticket twice knows that the two connections are
 * the same client's (RFC 8446 §C.4).
 */
final class RepeatedSession implements SessionCache {
  private volatile @Nullable ResumableSession newest;

  @Override
  public void add(String server, ResumableSession session) {
    newest = session;
  }

  @Override
  public @Nullable ResumableSession take(String server) {
    return newest;
  }
}
