package dev.memux.engine.mux;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Datagrams in the order in which they came, bounded in number and bytes. Not thread-safe. */
public final class DatagramQueue {
  private final ArrayDeque<byte[]> datagrams = new ArrayDeque<>(1);
  private final int maxDatagrams;
  private final int maxBytes;
  private int bytes;

  /** Holds at most so many datagrams, and so many bytes unless it is a single one. */
  public DatagramQueue(int maxDatagrams, int maxBytes) {
    this.maxDatagrams = maxDatagrams;
    this.maxBytes = maxBytes;
  }

  /** Whether one more of that size may be added; always when none is there. */
  public boolean hasRoom(int length) {
    return datagrams.isEmpty()
        || (datagrams.size() < maxDatagrams && length <= (long) maxBytes - bytes);
  }

  /** Adds one for which there is room. */
  public void add(byte[] datagram) {
    datagrams.addLast(datagram);
    bytes += datagram.length;
  }

  /** The oldest, which stays; null: none. */
  public byte @Nullable [] peek() {
    return datagrams.peekFirst();
  }

  /** Takes the oldest; null: none. */
  public byte @Nullable [] poll() {
    byte[] first = datagrams.pollFirst();
    bytes -= first == null ? 0 : first.length;
    return first;
  }

  /** Drops from the oldest on what keeps one of that size out; returns how many. */
  public int makeRoom(int length) {
    int dropped = 0;
    while (!hasRoom(length)) {
      poll();
      dropped++;
    }
    return dropped;
  }

  public boolean isEmpty() {
    return datagrams.isEmpty();
  }

  int size() {
    return datagrams.size();
  }

  int bytes() {
    return bytes;
  }

  /** Drops all. */
  public void clear() {
    datagrams.clear();
    bytes = 0;
  }
}
