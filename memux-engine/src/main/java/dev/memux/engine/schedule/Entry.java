package dev.memux.engine.schedule;

/**
 * A stream's place in a {@link Scheduler}.
 *
 * @param <S> what the caller schedules
 */
public final class Entry<S> extends Participant {
  private final S stream;
  Group group;
  Priority priority;
  boolean removed;

  Entry(long id, S stream, Priority priority, Group group) {
    super(id);
    this.stream = stream;
    this.priority = priority;
    this.group = group;
  }

  /** The stream ID. */
  public long id() {
    return id;
  }

  /** What was given to {@link Scheduler#add}. */
  public S stream() {
    return stream;
  }

  /** The priority in force. */
  public Priority priority() {
    return priority;
  }

  /** The group it belongs to. */
  public Group group() {
    return group;
  }

  @Override
  Entry<?> served(boolean onlyLost, long packet) {
    return this;
  }

  @Override
  public String toString() {
    return "Entry[" + id + ", " + priority + "]";
  }
}
