package dev.memux.engine.schedule;

import org.jspecify.annotations.Nullable;

/**
 * Streams that share one part of the connection, such as one user's: their urgencies decide among
 * themselves and never how much the group gets. Or groups that do, in place of streams; see {@link
 * Scheduler#divide}. Made, weighed and removed by its {@link Scheduler}.
 */
public final class Group extends Participant {
  /** The greatest weight. A group's key is exact to this many bytes, less than a packet. */
  public static final int MAX_WEIGHT = 1024;

  final Scheduler<?> scheduler;

  /** Streams and sequences, or groups. */
  final Urgencies<Participant> members;

  private final boolean ofGroups;
  private final @Nullable Sequence[] sequences =
      new Sequence[Priority.LOWEST_URGENCY - Priority.CRITICAL_URGENCY + 1];
  int urgency = Priority.DEFAULT.urgency();
  int memberCount;
  boolean removed;
  private int weight;

  /** The group that it is part of; only the root is part of none. */
  @Nullable Group parent;

  /** Bytes sent that do not make up a whole unit of the key yet; less than the weight. */
  private long remainderBytes;

  /** A group of members. */
  Group(Scheduler<?> scheduler, long id, int weight, SchedulerConfig config) {
    this(scheduler, id, weight, false, config.catchUpBytes(), config);
  }

  /** A group of groups, which catch up on nothing: one that was silent was not deprived. */
  static Group ofGroups(Scheduler<?> scheduler, long id, int weight, SchedulerConfig config) {
    return new Group(scheduler, id, weight, true, 0, config);
  }

  private Group(
      Scheduler<?> scheduler,
      long id,
      int weight,
      boolean ofGroups,
      long catchUpBytes,
      SchedulerConfig config) {
    super(id);
    this.scheduler = scheduler;
    this.weight = requireWeight(weight);
    this.ofGroups = ofGroups;
    this.members = new Urgencies<>(catchUpBytes, config.floor());
  }

  /** Its part of the connection, relative to the weights of other eligible groups. */
  public int weight() {
    return weight;
  }

  /** Its own urgency among groups. */
  public int urgency() {
    return urgency;
  }

  /** How many streams, or groups, belong to it, whether they have anything to send or not. */
  public int memberCount() {
    return memberCount;
  }

  /** Whether its members are groups. */
  boolean isOfGroups() {
    return ofGroups;
  }

  /** The virtual time of an urgency. */
  long origin(int urgency) {
    return members.origin(urgency);
  }

  void place(Entry<?> entry, boolean isReady, boolean hasLost) {
    int level = entry.priority.urgency();
    if (entry.priority.incremental()) {
      members.place(entry, level, isReady, hasLost);
    } else {
      Sequence sequence = sequence(level);
      sequence.place(entry, isReady, hasLost);
      members.place(sequence, level, sequence.hasReadyMember(), sequence.hasLostMember());
    }
  }

  /** Counts bytes that one of the group's streams sent, among the streams. */
  void charge(Entry<?> entry, int payloadBytes) {
    int level = entry.priority.urgency();
    entry.key += payloadBytes;
    if (entry.priority.incremental()) {
      members.onKeyGrown(entry, level);
    } else {
      Sequence sequence = sequence(level);
      sequence.key += payloadBytes;
      members.onKeyGrown(sequence, level);
    }
    members.settle(level);
  }

  /** Counts bytes that were sent out of its part of the connection. */
  void charge(int payloadBytes) {
    if (weight == 1) { // as most have; then nothing is left over
      key += payloadBytes;
      return;
    }
    long bytes = remainderBytes + payloadBytes;
    key += bytes / weight;
    remainderBytes = bytes % weight;
  }

  /** Takes the place of a group, with all that this has used of it. */
  void replace(Group other) {
    parent = other.parent;
    urgency = other.urgency;
    key = other.key;
    remainderBytes = other.remainderBytes;
    other.parent = this;
    other.urgency = Priority.DEFAULT.urgency();
    other.key = 0;
    other.remainderBytes = 0;
    other.weight = 1;
  }

  void settle(int urgency) {
    members.settle(urgency);
  }

  void weigh(int newWeight) {
    requireWeight(newWeight);
    remainderBytes = remainderBytes * newWeight / weight;
    weight = newWeight;
  }

  @Override
  Entry<?> served(boolean onlyLost, long packet) {
    return members.first(onlyLost, packet).served(onlyLost, packet);
  }

  @Override
  public String toString() {
    return "Group[" + id + ", weight " + weight + ", urgency " + urgency + "]";
  }

  private Sequence sequence(int urgency) {
    int i = urgency - Priority.CRITICAL_URGENCY;
    Sequence sequence = sequences[i];
    if (sequence == null) {
      sequence = new Sequence();
      sequences[i] = sequence;
    }
    return sequence;
  }

  private static int requireWeight(int weight) {
    if (weight < 1 || weight > MAX_WEIGHT) {
      throw new IllegalArgumentException("weight " + weight);
    }
    return weight;
  }
}
