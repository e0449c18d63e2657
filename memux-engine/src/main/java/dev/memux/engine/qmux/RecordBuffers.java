package dev.memux.engine.qmux;

import dev.memux.engine.wire.SentFrames;
import java.util.ArrayDeque;

/**
 * Memory that the connections of a loop lend each other: for records that have come in part, and
 * for what a record being written carries. A connection in between records holds none of it.
 */
final class RecordBuffers {
  /** Kept for the next who needs one; a burst's memory goes back to the collector. */
  static final int MAX_FREE = 64;

  private final ArrayDeque<byte[]> records = new ArrayDeque<>();
  private final ArrayDeque<SentFrames> frames = new ArrayDeque<>();

  /** At least so large. */
  byte[] takeRecord(int bytes) {
    byte[] free = records.pollLast();
    return free != null && free.length >= bytes ? free : new byte[bytes];
  }

  void giveRecord(byte[] buffer) {
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
