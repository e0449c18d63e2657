package dev.memux.netty;

import dev.memux.engine.quic.SendBatch;
import org.jspecify.annotations.Nullable;

/**
 * What the sockets of an event loop send from, one after the other: messages, each with one
 * datagram or a batch that the kernel splits, until one system call takes them all.
 *
 * <p>Datagrams of one size that follow one another to the same address become one message, whoever
 * they are from: many connections between two hosts then cost the kernel hardly more than one.
 */
final class SendArena {
  /** Messages that one call takes. */
  static final int MAX_MESSAGES = 64;

  /** Two of the largest batches: more would only cool the cache. */
  static final int PAYLOAD_BYTES = 128 << 10;

  /** Of one message: a UDP payload over IPv4. */
  private static final int MAX_MESSAGE_BYTES = SendBatch.CAPACITY_BYTES;

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
   * Adds a message, or joins it to the last one if the kernel can split both together.
   *
   * @param segmentBytes the kernel splits it into datagrams of that size; 0: it is one
   * @param named false: the socket is connected there
   * @param splits whether the kernel splits what goes there
   */
  void add(
      PeerAddress to,
      boolean named,
      byte[] payload,
      int from,
      int length,
      int segmentBytes,
      int ecn,
      boolean splits) {
    messages.writePayload(usedBytes, payload, from, length);
    if (splits && joinsLast(to, length, segmentBytes, ecn)) {
      join(named, length);
      return;
    }
    messages.payload(count, usedBytes, length);
    messages.describe(count, to, named, segmentBytes, ecn);
    destinations[count] = to;
    offsets[count] = usedBytes;
    lengths[count] = length;
    segments[count] = segmentBytes;
    ecns[count] = ecn;
    count++;
    usedBytes += length;
  }

  /** Whether the last message goes to the same place, and all its datagrams have the same size. */
  private boolean joinsLast(PeerAddress to, int length, int segmentBytes, int ecn) {
    int last = count - 1;
    if (last < 0 || ecns[last] != ecn || !destination(last).isSame(to)) {
      return false;
    }
    int size = datagramBytes(last);
    return (segmentBytes == 0 ? length <= size : segmentBytes == size)
        && lengths[last] % size == 0
        && lengths[last] + length <= Math.min(MAX_MESSAGE_BYTES, size * SendBatch.MAX_SEGMENTS);
  }

  private void join(boolean named, int length) {
    int last = count - 1;
    lengths[last] += length;
    usedBytes += length;
    messages.payload(last, offsets[last], lengths[last]);
    if (segments[last] == 0) {
      segments[last] = lengths[last] - length;
      messages.describe(last, destination(last), named, segments[last], ecns[last]);
    }
  }

  /** Of each datagram of a message but the last. */
  private int datagramBytes(int i) {
    return segments[i] == 0 ? lengths[i] : segments[i];
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
    messages.payload(PART, offsets[i] + from, bytes);
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
    messages.readPayload(offsets[i] + from, copy, 0, copy.length);
    return copy;
  }
}
