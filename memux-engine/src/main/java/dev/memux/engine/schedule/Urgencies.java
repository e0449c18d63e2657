package dev.memux.engine.schedule;

import org.jspecify.annotations.Nullable;

/**
 * The strict choice: a {@link Level} for each urgency, the most urgent that has anything to send
 * goes first. Where the floor is on, every 32nd packet that is served from here goes to the next
 * lower one. Packets are counted here and not for the connection, for two groups that take turns
 * would otherwise leave every 32nd packet to the same one of them.
 */
final class Urgencies<P extends Participant> {
  private static final int LEVELS = Priority.LOWEST_URGENCY - Priority.CRITICAL_URGENCY + 1;
  private static final int CRITICAL_BIT = 1;

  private final @Nullable Level<P>[] levels = newLevels();
  private final long catchUpBytes;
  private final boolean floor;

  /** A bit for each level that has anything to send, the most urgent lowest. */
  private int readyLevels;

  private int lostLevels;
  private long packetsServed;
  private long lastPacket = -1;

  Urgencies(long catchUpBytes, boolean floor) {
    this.catchUpBytes = catchUpBytes;
    this.floor = floor;
  }

  boolean isReady() {
    return readyLevels != 0;
  }

  boolean hasLost() {
    return lostLevels != 0;
  }

  /** How many of that urgency have something to send. */
  int readyCount(int urgency) {
    return level(urgency).readyCount();
  }

  /** Whose turn it is; there must be somebody. */
  P first(boolean onlyLost, long packet) {
    int candidates = onlyLost ? lostLevels : readyLevels;
    if (floor && isFloorPacket(packet)) {
      candidates = lower(candidates);
    }
    int urgency = Integer.numberOfTrailingZeros(candidates) + Priority.CRITICAL_URGENCY;
    return level(urgency).first(onlyLost);
  }

  void place(P participant, int urgency, boolean isReady, boolean hasLost) {
    Level<P> level = level(urgency);
    level.place(participant, isReady, hasLost);
    int bit = 1 << (urgency - Priority.CRITICAL_URGENCY);
    readyLevels = level.isReady() ? readyLevels | bit : readyLevels & ~bit;
    lostLevels = level.hasLost() ? lostLevels | bit : lostLevels & ~bit;
  }

  long origin(int urgency) {
    return level(urgency).origin();
  }

  void onKeyGrown(P participant, int urgency) {
    level(urgency).onKeyGrown(participant);
  }

  void onServed(long packet) {
    if (packet != lastPacket) {
      lastPacket = packet;
      packetsServed++;
    }
  }

  void settle(int urgency) {
    level(urgency).settle();
  }

  private boolean isFloorPacket(long packet) {
    long position = packet == lastPacket ? packetsServed : packetsServed + 1;
    return position % SchedulerConfig.FLOOR_PACKETS == 0;
  }

  /**
   * Without the most urgent, unless it is alone. The critical class is no urgency: it never waits.
   */
  private static int lower(int candidates) {
    int lower = candidates & (candidates - 1);
    return (candidates & CRITICAL_BIT) != 0 || lower == 0 ? candidates : lower;
  }

  /** Most groups use one or two urgencies: a level comes to be when it is needed. */
  private Level<P> level(int urgency) {
    int i = urgency - Priority.CRITICAL_URGENCY;
    Level<P> level = levels[i];
    if (level == null) {
      level = new Level<>(catchUpBytes);
      levels[i] = level;
    }
    return level;
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // Java has no generic arrays
  private static <P extends Participant> @Nullable Level<P>[] newLevels() {
    return new Level[LEVELS];
  }
}
