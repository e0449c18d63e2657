package dev.memux.engine.schedule;

/**
 * Equals that share by their keys: all participants of one urgency. Two indexes hold them, those
 * with anything to send and those with lost data, so that exhausted connection credit costs
 * nothing.
 *
 * <p>Several participants may come and go in one operation of the scheduler. {@link #settle} at its
 * end moves the virtual time, so that nobody is measured by a state that never stood.
 */
final class Level<P extends Participant> {
  private final ParticipantHeap<P> ready =
      new ParticipantHeap<>(ParticipantHeap.Order.KEY, ParticipantHeap.Index.READY);
  private final ParticipantHeap<P> lost =
      new ParticipantHeap<>(ParticipantHeap.Order.KEY, ParticipantHeap.Index.LOST);
  private final long catchUpBytes;

  /** The least eligible key, never falling, kept while the level is empty. */
  private long virtualTime;

  Level(long catchUpBytes) {
    this.catchUpBytes = catchUpBytes;
  }

  boolean isReady() {
    return !ready.isEmpty();
  }

  boolean hasLost() {
    return !lost.isEmpty();
  }

  int readyCount() {
    return ready.size();
  }

  P first(boolean onlyLost) {
    return onlyLost ? lost.first() : ready.first();
  }

  /**
   * What keys are measured from when a participant changes levels. With unbounded catch-up keys are
   * bytes sent and mean the same everywhere; else the next level would take from a stream, or give
   * it, what others there have sent.
   */
  long origin() {
    return catchUpBytes == SchedulerConfig.UNBOUNDED ? 0 : virtualTime;
  }

  /** Makes the participant eligible or not; {@code hasLost} only with {@code isReady}. */
  void place(P participant, boolean isReady, boolean hasLost) {
    if (isReady != participant.isReady()) {
      if (isReady) {
        // Virtual time starts at 0 and never falls: no catch-up can make this overflow.
        participant.key = Math.max(participant.key, virtualTime - catchUpBytes);
        ready.add(participant);
      } else {
        ready.remove(participant);
      }
    }
    if (hasLost != participant.hasLost()) {
      if (hasLost) {
        lost.add(participant);
      } else {
        lost.remove(participant);
      }
    }
  }

  void onKeyGrown(P participant) {
    if (participant.isReady()) {
      ready.onKeyGrown(participant);
    }
    if (participant.hasLost()) {
      lost.onKeyGrown(participant);
    }
  }

  void settle() {
    if (!ready.isEmpty()) {
      virtualTime = Math.max(virtualTime, ready.first().key);
    }
  }
}
