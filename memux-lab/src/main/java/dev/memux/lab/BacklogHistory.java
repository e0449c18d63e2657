package dev.memux.lab;

/**
 * When a bottleneck would have been idle again, as each of the last packets reached it: so that a
 * backlog can be told for a moment that is over. Safe for use by several threads.
 */
final class BacklogHistory {
  /** How many packets it goes back: two minutes of full ones at 1 Mbit/s. */
  static final int PACKETS = 1 << 14;

  private final long[] arrivedNanos = new long[PACKETS];
  private final long[] idleNanos = new long[PACKETS];
  private int count;

  /** A packet has reached the bottleneck, or was refused there. */
  synchronized void onPacket(long nowNanos, long backlogNanos) {
    int slot = count % PACKETS;
    arrivedNanos[slot] = nowNanos;
    idleNanos[slot] = nowNanos + backlogNanos;
    count = count + 1 == 2 * PACKETS ? PACKETS : count + 1;
  }

  /**
   * How long the bottleneck needed, from that moment on, for what had reached it.
   *
   * @throws IllegalArgumentException if that is longer ago than it goes back
   */
  synchronized long backlogNanos(long atNanos) {
    int oldest = Math.max(0, count - PACKETS);
    for (int i = count - 1; i >= oldest; i--) {
      int slot = i % PACKETS;
      if (arrivedNanos[slot] <= atNanos) {
        return Math.max(0, idleNanos[slot] - atNanos);
      }
    }
    if (oldest > 0) {
      throw new IllegalArgumentException("longer ago than the last " + PACKETS + " packets");
    }
    return 0; // nothing had been sent
  }
}
