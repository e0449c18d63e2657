package dev.memux.engine.quic;

import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import java.util.ArrayDeque;

/**
 * Answers that path challenges wait for (RFC 9000 §8.2.2). Sent once: who is in doubt challenges
 * again.
 */
final class PathResponses {
  /** A peer that challenges faster than it lets us answer gets the newest answers only. */
  static final int MAX_PENDING = 4;

  private final ArrayDeque<Long> pending = new ArrayDeque<>(1);

  void add(long data) {
    if (pending.size() == MAX_PENDING) {
      pending.removeFirst();
    }
    pending.addLast(data);
  }

  boolean hasPending() {
    return !pending.isEmpty();
  }

  int size() {
    return pending.size();
  }

  void write(FrameWriter writer, SentFrames sent) {
    while (!pending.isEmpty() && writer.pathResponse(pending.peekFirst())) {
      sent.add(SentFrames.Kind.PING); // nothing to repeat, but worth an acknowledgement
      pending.removeFirst();
    }
  }
}
