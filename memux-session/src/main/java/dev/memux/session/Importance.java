package dev.memux.session;

import dev.memux.engine.schedule.Priority;
import org.jspecify.annotations.Nullable;

/**
 * All that was said about how important a stream is. Most streams have {@link #DEFAULT}.
 *
 * @param own what this end's direction is sent with outside of any scope
 * @param asked what the peer is asked to send its direction with outside of any scope; null: it is
 *     not asked
 * @param scoped the scope of the last write; null: it was made outside of any
 * @param group null: none
 */
record Importance(
    Priority own,
    @Nullable Priority asked,
    @Nullable Priority scoped,
    @Nullable SessionGroup group) {
  static final Importance DEFAULT = new Importance(Stream.DEFAULT_PRIORITY, null, null, null);

  /** Of both directions, as the one who opens a stream says it. */
  static Importance opened(Priority both, @Nullable SessionGroup group) {
    boolean said = group != null || !both.equals(Stream.DEFAULT_PRIORITY);
    return said ? new Importance(both, askable(both), null, group) : DEFAULT;
  }

  /** Of a stream that the peer has opened. */
  static Importance accepted(Priority priority) {
    return priority.equals(DEFAULT.own) ? DEFAULT : new Importance(priority, null, null, null);
  }

  /** What this end's direction is sent with now. */
  Priority sends() {
    return scoped == null ? own : scoped;
  }

  /** What the peer is to be asked for now; null: nothing. */
  @Nullable Priority asks() {
    return asked != null && scoped != null && askable(scoped) != null ? scoped : asked;
  }

  Importance withOwn(Priority priority) {
    return new Importance(priority, asked, null, group);
  }

  Importance withAsked(Priority priority) {
    return new Importance(own, priority, null, group);
  }

  /**
   * The same in a scope, or outside of any.
   *
   * @param ask whether the peer is asked for it too, and for the default afterwards if nothing else
   *     was asked
   */
  Importance withScoped(@Nullable Priority priority, boolean ask) {
    return new Importance(
        own, ask && asked == null ? Stream.DEFAULT_PRIORITY : asked, priority, group);
  }

  Importance withGroup(@Nullable SessionGroup other) {
    return new Importance(own, asked, scoped, other);
  }

  /** What is critical is so for this end alone. */
  private static @Nullable Priority askable(Priority priority) {
    return priority.urgency() == Priority.CRITICAL_URGENCY ? null : priority;
  }
}
