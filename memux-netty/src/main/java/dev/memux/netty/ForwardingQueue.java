package dev.memux.netty;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams that the kernel gave to another loop, on their way to the loop that owns their
 * connection. Any thread puts in, the owner takes out.
 */
final class ForwardingQueue {
  /**
   * More than this many waiting datagrams are dropped, as a full socket buffer would drop them: a
   * peer that keeps changing its port must not make one loop fill another's memory.
   */
  static final int MAX_DATAGRAMS = 1024;

  private final Queue<Datagram> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();
  private final AtomicBoolean ownerWoken = new AtomicBoolean();
  private final AtomicLong dropped = new AtomicLong();

  /** One UDP payload, the number of the socket that it came to, its sender, its ECN codepoint. */
  record Datagram(int socket, InetSocketAddress sender, byte[] payload, int ecn) {}

  /**
   * Puts in a copy of {@code buffer[offset..offset + length)}, or drops it when the queue is full.
   *
   * @return whether the owner must be woken; it then calls {@link #beginDraining} and {@link #poll}
   */
  boolean offer(
      int socket, InetSocketAddress sender, byte[] buffer, int offset, int length, int ecn) {
    if (size.getAndIncrement() >= MAX_DATAGRAMS) {
      size.getAndDecrement();
      dropped.getAndIncrement();
      return false;
    }
    byte[] payload = Arrays.copyOfRange(buffer, offset, offset + length);
    queue.add(new Datagram(socket, sender, payload, ecn));
    return ownerWoken.compareAndSet(false, true);
  }

  /** The owner's, before it polls: whoever puts in from now on wakes it again. */
  void beginDraining() {
    ownerWoken.set(false);
  }

  /** The owner's; null: empty. */
  @Nullable Datagram poll() {
    Datagram next = queue.poll();
    if (next != null) {
      size.getAndDecrement();
    }
    return next;
  }

  int size() {
    return size.get();
  }

  long dropped() {
    return dropped.get();
  }
}
