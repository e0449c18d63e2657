package dev.memux.netty;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What the sockets of an event loop send from, one after the other: messages, each with one
 * datagram or a batch that the kernel splits, until one system call takes them all.
 */
final class SendArena {
  /** Messages that one call takes. */
  static final int MAX_MESSAGES = 64;

  /** Two of the largest batches: more would only cool the cache. */
  static final int PAYLOAD_BYTES = 128 << 10;

  /** Where a message is described that stands for a part of another. */
  private static final int PART = MAX_MESSAGES;

  private final MessageHeaders messages =
      new MessageHeaders(MAX_MESSAGES + 1, ControlMessages.WRITE_BYTES, PAYLOAD_BYTES);
  private final @Nullable PeerAddress[] destinations = new PeerAddress[MAX_MESSAGES];
  private final int[] offsets = new int[MAX_MESSAGES];
  private final int[] lengths = new int[MAX_MESSAGES];
  private final int[] segments = new int[MAX_MESSAGES];
  private final int[] ecns = new int[MAX_MESSAGES];
  private int count;
  private int usedBytes;

  int count() {
    return count;
  }

  boolean hasRoom(int bytes) {
    return count < MAX_MESSAGES && usedBytes + bytes <= PAYLOAD_BYTES;
  }

  /**
   * Adds a message.
   *
   * @param segmentBytes the kernel splits it into datagrams of that size; 0: it is one
   * @param named false: the socket is connected there
   */
  void add(
      PeerAddress to,
      boolean named,
      byte[] payload,
      int from,
      int length,
      int segmentBytes,
      int ecn) {
    MemorySegment.copy(
        payload, from, messages.memory(), JAVA_BYTE, messages.payload() + usedBytes, length);
    messages.payload(count, messages.payload() + usedBytes, length);
    messages.describe(count, to, named, segmentBytes, ecn);
    destinations[count] = to;
    offsets[count] = usedBytes;
    lengths[count] = length;
    segments[count] = segmentBytes;
    ecns[count] = ecn;
    count++;
    usedBytes += length;
  }

  void clear() {
    count = 0;
    usedBytes = 0;
  }

  /** Sends messages from {@code first} on; returns how many, or the negative errno of the first. */
  int send(DatagramCalls calls, int descriptor, int first) {
    return calls.send(descriptor, messages.address(first), count - first);
  }

  /** Sends {@code bytes} of message {@code i} as one datagram; returns 1, or a negative errno. */
  int sendPart(DatagramCalls calls, int descriptor, int i, boolean named, int from, int bytes) {
    messages.payload(PART, messages.payload() + offsets[i] + from, bytes);
    messages.describe(PART, destination(i), named, 0, ecns[i]);
    return calls.send(descriptor, messages.address(PART), 1);
  }

  PeerAddress destination(int i) {
    PeerAddress destination = destinations[i];
    if (destination == null) {
      throw new IllegalStateException("no message " + i);
    }
    return destination;
  }

  int length(int i) {
    return lengths[i];
  }

  /** 0: it is one datagram. */
  int segmentBytes(int i) {
    return segments[i];
  }

  int ecn(int i) {
    return ecns[i];
  }

  /** A copy of what message {@code i} has from {@code from} on. */
  byte[] copy(int i, int from) {
    byte[] copy = new byte[lengths[i] - from];
    MemorySegment.copy(
        messages.memory(), JAVA_BYTE, messages.payload() + offsets[i] + from, copy, 0, copy.length);
    return copy;
  }
}
