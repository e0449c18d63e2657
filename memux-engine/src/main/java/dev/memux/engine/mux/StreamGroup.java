package dev.memux.engine.mux;

import dev.memux.engine.schedule.Group;
import dev.memux.engine.schedule.Scheduler;

/**
 * Streams that this end has put together, such as one user's: while several groups have something
 * to send, each gets its part of the connection by its weight, whatever the urgencies inside of it.
 * Made by {@link Mux#addGroup}; streams enter by {@link MuxStream#setGroup}.
 *
 * <p>Weight and urgency are this end's alone. The peer, where it takes STREAM_PRIORITY, learns only
 * which streams belong together, and weighs them as it sees fit.
 */
public final class StreamGroup {
  private final Scheduler<Sender> scheduler;
  private final Group group;
  private final long id;
  private boolean closed;
  private boolean removed;

  StreamGroup(Scheduler<Sender> scheduler, long id, int weight) {
    this.scheduler = scheduler;
    this.id = id;
    this.group = scheduler.addGroup(weight);
  }

  /** What the peer knows the group by: from 1 on, unlike all others of this end. */
  public long id() {
    return id;
  }

  /** Its part of the connection, relative to the weights of others that have something to send. */
  public int weight() {
    return group.weight();
  }

  /**
   * Changes that, at any time.
   *
   * @param weight from 1 to {@link Group#MAX_WEIGHT}
   * @throws IllegalStateException if it is closed
   */
  public void setWeight(int weight) {
    requireOpen();
    scheduler.weigh(group, weight);
  }

  /**
   * Puts the group, strictly, before or behind other groups.
   *
   * @param urgency as of a {@link dev.memux.engine.schedule.Priority}
   * @throws IllegalStateException if it is closed
   */
  public void setUrgency(int urgency) {
    requireOpen();
    scheduler.prioritize(group, urgency);
  }

  /** How many open streams are in it. */
  public int streamCount() {
    return group.memberCount();
  }

  /** No more streams enter; those that are in it stay, and the last one ends it. */
  public void close() {
    closed = true;
    onLeft();
  }

  public boolean isClosed() {
    return closed;
  }

  Group scheduled() {
    requireOpen();
    return group;
  }

  /** A stream has left it. */
  void onLeft() {
    if (closed && !removed && group.memberCount() == 0) {
      removed = true;
      scheduler.removeGroup(group);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("closed: " + this);
    }
  }

  @Override
  public String toString() {
    return "StreamGroup[" + id + ", weight " + weight() + "]";
  }
}
