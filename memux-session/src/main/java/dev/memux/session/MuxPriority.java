package dev.memux.session;

import dev.memux.engine.schedule.Priority;
import org.jspecify.annotations.Nullable;

/**
 * The priority of what a thread writes, for code that knows nothing of streams but sits above them:
 * sockets, JDBC drivers, Redis clients.
 *
 * <pre>{@code
 * ScopedValue.where(MuxPriority.CURRENT, new Priority(1, true)).run(() -> statement.execute());
 * }</pre>
 *
 * <p>A write takes the priority of the scope that it is made in, and the stream keeps it until a
 * write is made elsewhere; outside of any scope a write takes the stream's own priority, which is
 * the one that it was opened with or given since. So a pooled connection is as important as who
 * uses it at the time. A stream opened in a scope without a priority of its own begins with the
 * scope's.
 *
 * <p>A stream's bytes stay in their order: what was written before and is not sent yet has the new
 * priority too. On streams that this end has opened the peer is asked to send its direction with it
 * as well, for an answer is as important as the question; see {@link Stream#requestPriority}.
 *
 * <p>Threads that a structured task scope forks inherit the scope, others do not. A write in the
 * scope of the one before it costs a comparison.
 */
public final class MuxPriority {
  /** The priority of what is written in a scope. */
  public static final ScopedValue<Priority> CURRENT = ScopedValue.newInstance();

  private MuxPriority() {}

  /** The priority of the scope that the calling thread is in; null outside of any. */
  public static @Nullable Priority current() {
    return CURRENT.isBound() ? CURRENT.get() : null;
  }
}
