package dev.memux.netty;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Keeps those who shake hands from holding up those who have: to begin a connection takes longer
 * than dozens of packets do, its signature longer than a hundred, and anyone can ask for one. When
 * Initial packets have had their time in a turn, or many signatures are being made, further ones
 * wait here until everything else has been read and answered. Used on one event loop.
 */
final class InitialBacklog {
  /** Of a turn of the loop: one connection at least, or the answers to dozens of packets. */
  static final long NANOS_PER_TURN = 100_000;

  /**
   * Handshakes of the loop that wait for other threads: about 20 ms of work for one of them. More
   * would only make everyone wait longer.
   */
  static final int MAX_AT_WORK = 64;

  /** Beyond this many waiting datagrams further ones are dropped, as a full socket would do. */
  static final int MAX_DATAGRAMS = 1024;

  /** Larger ones do not wait: no client begins with a datagram that few paths take. */
  static final int MAX_DATAGRAM_BYTES = 2048;

  private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
  private long spentNanos;
  private int atWork;
  private long dropped;

  /** A datagram that waits. */
  record Waiting(InetSocketAddress sender, byte[] payload, int ecn) {}

  /** Whether an Initial packet has to wait; if not, {@link #onSpent} is to be told of it. */
  boolean mustWait() {
    return isExhausted() || !queue.isEmpty();
  }

  /** Keeps a copy of {@code buffer[offset..offset + length)}, if there is room. */
  void add(InetSocketAddress sender, byte[] buffer, int offset, int length, int ecn) {
    if (queue.size() < MAX_DATAGRAMS && length <= MAX_DATAGRAM_BYTES) {
      queue.addLast(new Waiting(sender, Arrays.copyOfRange(buffer, offset, offset + length), ecn));
    } else {
      dropped++;
    }
  }

  /** So long was worked on an Initial packet. */
  void onSpent(long nanos) {
    spentNanos += nanos;
  }

  /** Another thread is at a handshake. */
  void onWorkBegun() {
    atWork++;
  }

  /** It is done. */
  void onWorkDone() {
    atWork--;
  }

  /** Everything else has had its turn. */
  void beginTurn() {
    spentNanos = 0;
  }

  /** The next one that may be worked on in this turn; null: none. */
  @Nullable Waiting poll() {
    return isExhausted() ? null : queue.pollFirst();
  }

  private boolean isExhausted() {
    return spentNanos >= NANOS_PER_TURN || atWork >= MAX_AT_WORK;
  }

  /** Whether another turn would take one out; where signatures are waited for, their end will. */
  boolean needsTurn() {
    return !queue.isEmpty() && atWork < MAX_AT_WORK;
  }

  /** Datagrams that found no room. */
  long dropped() {
    return dropped;
  }
}
