package dev.memux.engine.mux;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Datagrams in the order in which they came, bounded in number and bytes. */
final class DatagramQueue {
  private final ArrayDeque<byte[]> datagrams = new ArrayDeque<>();
  private final int maxDatagrams;
  private final int maxBytes;
  private int bytes;

  DatagramQueue(int maxDatagrams, int maxBytes) {
    this.maxDatagrams = maxDatagrams;
    this.maxBytes = maxBytes;
  }

  /** Whether one more of that size may be added; always when none is there. */
  boolean hasRoom(int length) {
    return datagrams.isEmpty()
        || (datagrams.size() < maxDatagrams && length <= (long) maxBytes - bytes);
  }

  void add(byte[] datagram) {
    datagrams.addLast(datagram);
    bytes += datagram.length;
  }

  byte @Nullable [] peek() {
    return datagrams.peekFirst();
  }

  byte @Nullable [] poll() {
    byte[] first = datagrams.pollFirst();
    bytes -= first == null ? 0 : first.length;
    return first;
  }

  /** Drops from the oldest on what keeps one of that size out; returns how many. */
  int makeRoom(int length) {
    int dropped = 0;
    while (!hasRoom(length)) {
      poll();
      dropped++;
    }
    return dropped;
  }

  boolean isEmpty() {
    return datagrams.isEmpty();
  }

  int size() {
    return datagrams.size();
  }

  int bytes() {
    return bytes;
  }

  void clear() {
    datagrams.clear();
    bytes = 0;
  }
}
