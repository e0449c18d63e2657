package dev.memux.sim;

import java.util.PriorityQueue;

/**
 * Virtual time: a queue of events, run one after another in one thread. Events of the same instant
 * run in the order in which they were scheduled.
 */
public final class Simulation {
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final long startNanos;
  private long nowNanos;
  private long scheduled;

  /** Time begins at zero. */
  public Simulation() {
    this(0);
  }

  /**
   * @param startNanos where time begins; as with {@link System#nanoTime} any value is meaningful
   *     only against another, and a negative one finds code that forgets it
   */
  public Simulation(long startNanos) {
    this.startNanos = startNanos;
    this.nowNanos = startNanos;
  }

  public long nowNanos() {
    return nowNanos;
  }

  /** Time since the beginning. */
  public long elapsedNanos() {
    return nowNanos - startNanos;
  }

  /** When time began. */
  public long startNanos() {
    return startNanos;
  }

  /**
   * Runs {@code action} at {@code atNanos}; at once, but after what is already due, if that has
   * passed.
   */
  public void at(long atNanos, Runnable action) {
    events.add(new Event(Math.max(atNanos, nowNanos), scheduled++, action));
  }

  /** Runs {@code action} when {@code delayNanos} have passed. */
  public void after(long delayNanos, Runnable action) {
    at(nowNanos + delayNanos, action);
  }

  /** When the next event is due; {@link Long#MAX_VALUE} if there is none. */
  public long nextEventNanos() {
    Event next = events.peek();
    return next == null ? Long.MAX_VALUE : next.atNanos;
  }

  /** Runs the next event, moving time to it; false if there is none. */
  public boolean step() {
    Event event = events.poll();
    if (event == null) {
      return false;
    }
    nowNanos = event.atNanos;
    event.action.run();
    return true;
  }

  /**
   * Runs all events up to and including {@code limitNanos}; time stands at {@code limitNanos}
   * afterwards.
   */
  public void runUntil(long limitNanos) {
    for (Event next = events.peek();
        next != null && next.atNanos <= limitNanos;
        next = events.peek()) {
      step();
    }
    nowNanos = Math.max(nowNanos, limitNanos);
  }

  /** Runs until no event is left or one would lie beyond {@code limitNanos}; true: none is left. */
  public boolean runToEnd(long limitNanos) {
    for (Event next = events.peek();
        next != null && next.atNanos <= limitNanos;
        next = events.peek()) {
      step();
    }
    return events.isEmpty();
  }

  private record Event(long atNanos, long order, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(atNanos, other.atNanos);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }
}
