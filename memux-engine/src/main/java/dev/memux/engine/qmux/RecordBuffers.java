package dev.memux.engine.qmux;

import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.wire.SentFrames;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Memory that the connections of a loop lend each other: for records that have come in part, which
 * counts in the {@link MemoryBudget}, and for what a record being written carries. A connection in
 * between records holds none of it.
 */
final class RecordBuffers {
  /** Kept for the next who needs one; a burst's memory goes back to the collector. */
  static final int MAX_FREE = 64;

  private final int recordBytes;
  private final MemoryBudget budget;
  private final ArrayDeque<byte[]> records = new ArrayDeque<>();
  private final ArrayDeque<SentFrames> frames = new ArrayDeque<>();

  /**
   * @param recordBytes what each buffer has to hold
   */
  RecordBuffers(int recordBytes, MemoryBudget budget) {
    this.recordBytes = recordBytes;
    this.budget = budget;
  }

  /** Takes a buffer for any record; null: there is no memory. */
  byte @Nullable [] takeRecord() {
    if (budget.add(recordBytes) > budget.receiveLimit(recordBytes)) {
      budget.add(-recordBytes);
      return null;
    }
    byte[] free = records.pollLast();
    return free == null ? new byte[recordBytes] : free;
  }

  void giveRecord(byte[] buffer) {
    budget.add(-recordBytes);
    if (records.size() < MAX_FREE) {
      records.addLast(buffer);
    }
  }

  /** Without entries. */
  SentFrames takeFrames() {
    SentFrames free = frames.pollLast();
    return free == null ? new SentFrames() : free;
  }

  void giveFrames(SentFrames sent) {
    if (frames.size() < MAX_FREE) {
      sent.clear();
      frames.addLast(sent);
    }
  }
}
