package dev.memux.engine.schedule;

/**
 * Local policy of a {@link Scheduler}.
 *
 * @param catchUpBytes how far behind its equals a stream may start when it becomes eligible, and so
 *     how many bytes it may send before they get their next turn. {@link #UNBOUNDED} remembers for
 *     ever: among equals, the stream that has sent least goes next.
 * @param floor whether one packet in {@link #FLOOR_PACKETS} goes to the next lower urgency, so that
 *     the most urgent can slow the others down but not stop them
 */
public record SchedulerConfig(long catchUpBytes, boolean floor) {
  /** No limit to catching up. */
  public static final long UNBOUNDED = Long.MAX_VALUE;

  /** With the floor on, one packet in this many is not the most urgent's. */
  public static final int FLOOR_PACKETS = 32;

  /** 64 KiB of catch-up, a whole small response; no floor. */
  public static final SchedulerConfig DEFAULT = new SchedulerConfig(64 * 1024, false);

  /**
   * @throws IllegalArgumentException if the catch-up is negative
   */
  public SchedulerConfig {
    if (catchUpBytes < 0) {
      throw new IllegalArgumentException("catchUpBytes " + catchUpBytes);
    }
  }

  /** The same with another catch-up; 0 for none, {@link #UNBOUNDED} for no limit. */
  public SchedulerConfig withCatchUpBytes(long bytes) {
    return new SchedulerConfig(bytes, floor);
  }

  /** The same with the floor on or off. */
  public SchedulerConfig withFloor(boolean on) {
    return new SchedulerConfig(catchUpBytes, on);
  }
}
