package dev.memux.netty;

import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Shares a socket between connections by bytes (Shreedhar and Varghese, 1995). In its turn a member
 * may send {@link #QUANTUM_BYTES}; a batch is sent whole, and what it has sent too much is taken
 * off its next turns. So who sends large batches gets no more than who sends small ones, and both
 * get a turn in each round. What a member does not use lapses when it has nothing to send; what it
 * owes does not.
 *
 * @param <M> who shares
 */
final class DeficitRoundRobin<M extends DeficitRoundRobin.Member> {
  /** A dozen packets: more would let others wait, less would break up batches. */
  static final int QUANTUM_BYTES = 16 << 10;

  /** What is kept of one who shares. */
  abstract static class Member {
    long creditBytes;
    boolean waiting;
  }

  private final ArrayDeque<M> members = new ArrayDeque<>();

  /** Takes in who has something to send; no effect if it is in already. */
  void add(M member) {
    if (!member.waiting) {
      member.waiting = true;
      member.creditBytes = Math.min(member.creditBytes, 0) + QUANTUM_BYTES;
      members.addLast(member);
    }
  }

  boolean isEmpty() {
    return members.isEmpty();
  }

  /**
   * Whose turn it is, null if nobody has anything to send; it stays in until {@link #removeFirst}.
   */
  @Nullable M next() {
    for (M first = members.peekFirst(); first != null; first = members.peekFirst()) {
      if (first.creditBytes > 0) {
        return first;
      }
      first.creditBytes += QUANTUM_BYTES;
      members.addLast(members.removeFirst());
    }
    return null;
  }

  /** A member has sent, in its turn or not. */
  void charge(M member, int bytes) {
    member.creditBytes -= bytes;
  }

  /** The one whose turn it is has nothing to send any more. */
  void removeFirst() {
    members.removeFirst().waiting = false;
  }

  void forEach(Consumer<? super M> action) {
    members.forEach(action);
  }
}
