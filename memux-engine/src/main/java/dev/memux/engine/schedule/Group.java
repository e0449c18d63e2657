package dev.memux.engine.schedule;

import org.jspecify.annotations.Nullable;

/**
 * Streams that share one part of the connection, such as one user's: their urgencies decide among
 * themselves and never how much the group gets. Made, weighed and removed by its {@link Scheduler}.
 */
public final class Group extends Participant {
  /** The greatest weight. A group's key is exact to this many bytes, less than a packet. */
  public static final int MAX_WEIGHT = 1024;

  final Scheduler<?> scheduler;
  private final Urgencies<Participant> streams;
  private final @Nullable Sequence[] sequences =
      new Sequence[Priority.LOWEST_URGENCY - Priority.CRITICAL_URGENCY + 1];
  int urgency = Priority.DEFAULT.urgency();
  int streamCount;
  boolean removed;
  private int weight;

  /** Bytes sent that do not make up a whole unit of the key yet; less than the weight. */
  private long remainderBytes;

  Group(Scheduler<?> scheduler, long id, int weight, SchedulerConfig config) {
    super(id);
    this.scheduler = scheduler;
    this.weight = requireWeight(weight);
    streams = new Urgencies<>(config.catchUpBytes(), config.floor());
  }

  /** Its part of the connection, relative to the weights of other eligible groups. */
  public int weight() {
    return weight;
  }

  /** Its own urgency among groups. */
  public int urgency() {
    return urgency;
  }

  /** How many streams belong to it, whether they have anything to send or not. */
  public int streamCount() {
    return streamCount;
  }

  boolean hasReadyStream() {
    return streams.isReady();
  }

  boolean hasLostStream() {
    return streams.hasLost();
  }

  /** The virtual time of an urgency. */
  long origin(int urgency) {
    return streams.origin(urgency);
  }

  void place(Entry<?> entry, boolean isReady, boolean hasLost) {
    int level = entry.priority.urgency();
    if (entry.priority.incremental()) {
      streams.place(entry, level, isReady, hasLost);
    } else {
      Sequence sequence = sequence(level);
      sequence.place(entry, isReady, hasLost);
      streams.place(sequence, level, sequence.hasReadyMember(), sequence.hasLostMember());
    }
  }

  /** Counts bytes that one of the group's streams sent. */
  void charge(Entry<?> entry, int payloadBytes, long packet) {
    int level = entry.priority.urgency();
    entry.key += payloadBytes;
    if (entry.priority.incremental()) {
      streams.onKeyGrown(entry, level);
    } else {
      Sequence sequence = sequence(level);
      sequence.key += payloadBytes;
      streams.onKeyGrown(sequence, level);
    }
    streams.onServed(packet);
    streams.settle(level);

    long bytes = remainderBytes + payloadBytes;
    key += bytes / weight;
    remainderBytes = bytes % weight;
  }

  void settle(int urgency) {
    streams.settle(urgency);
  }

  void weigh(int newWeight) {
    requireWeight(newWeight);
    remainderBytes = remainderBytes * newWeight / weight;
    weight = newWeight;
  }

  @Override
  Entry<?> served(boolean onlyLost, long packet) {
    return streams.first(onlyLost, packet).served(onlyLost, packet);
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
