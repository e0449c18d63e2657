package dev.memux.engine.schedule;

/** Who takes turns with its equals at a {@link Level}: a stream, a sequence, a group. */
abstract sealed class Participant permits Entry, Sequence, Group {
  /** Not in the index. */
  static final int ABSENT = -1;

  /** Breaks ties between equal keys: the lower goes first. */
  final long id;

  /**
   * Bytes sent, divided by the weight, in the time of the participant's level. Remembered while
   * there is nothing to send, so that coming and going earns nothing. Starting at 0, it stays
   * within a long for 2^63 bytes, 2 years at 1 Tbit/s.
   */
  long key;

  int readySlot = ABSENT;
  int lostSlot = ABSENT;

  Participant(long id) {
    this.id = id;
  }

  /**
   * The stream that is served when this participant has its turn. It must have something to send.
   */
  abstract Entry<?> served(boolean onlyLost, long packet);

  final boolean isReady() {
    return readySlot != ABSENT;
  }

  final boolean hasLost() {
    return lostSlot != ABSENT;
  }
}
