package dev.memux.engine.schedule;

/**
 * The streams of one urgency that are not incremental: one participant, whose turn goes to the
 * lowest stream ID that has anything to send. Its key counts what all of them sent and outlives
 * them, so that a hundred short streams after one another take no more than one long stream.
 */
final class Sequence extends Participant {
  /** In a tie the sequence goes before every stream that takes turns by itself. */
  private static final long ID = Long.MIN_VALUE;

  private final ParticipantHeap<Entry<?>> ready =
      new ParticipantHeap<>(ParticipantHeap.Order.ID, ParticipantHeap.Index.READY);
  private final ParticipantHeap<Entry<?>> lost =
      new ParticipantHeap<>(ParticipantHeap.Order.ID, ParticipantHeap.Index.LOST);

  Sequence() {
    super(ID);
  }

  boolean hasReadyMember() {
    return !ready.isEmpty();
  }

  boolean hasLostMember() {
    return !lost.isEmpty();
  }

  void place(Entry<?> member, boolean isReady, boolean hasLost) {
    place(member, isReady, member.isReady(), ready);
    place(member, hasLost, member.hasLost(), lost);
  }

  @Override
  Entry<?> served(boolean onlyLost, long packet) {
    return onlyLost ? lost.first() : ready.first();
  }

  private static void place(
      Entry<?> member, boolean wanted, boolean present, ParticipantHeap<Entry<?>> heap) {
    if (wanted && !present) {
      heap.add(member);
    } else if (!wanted && present) {
      heap.remove(member);
    }
  }
}
