package dev.memux.netty;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What the sockets of an event loop read into, one after the other: a few buffers that one system
 * call fills, each with a datagram or with several of one sender that the kernel has joined.
 */
final class ReceiveArena {
  /** Buffers of one call while they come filled: more would only cool the cache. */
  static final int BUFFERS = 4;

  /** Buffers of one call while each brings little. */
  static final int MANY_BUFFERS = 16;

  /** On average, to go on with {@link #MANY_BUFFERS}. */
  private static final int LITTLE_BYTES = 4096;

  private final int bufferBytes;
  private final MessageHeaders messages;
  private final ControlMessages control = new ControlMessages();
  private final PeerAddresses senders = new PeerAddresses();
  private final byte[] payload;
  private int buffers = BUFFERS;

  /** Larger datagrams are dropped. */
  ReceiveArena(int bufferBytes) {
    this.bufferBytes = bufferBytes;
    messages =
        new MessageHeaders(MANY_BUFFERS, ControlMessages.READ_BYTES, MANY_BUFFERS * bufferBytes);
    payload = new byte[bufferBytes];
    for (int i = 0; i < MANY_BUFFERS; i++) {
      messages.payload(i, i * bufferBytes, bufferBytes);
    }
  }

  /** How many buffers the next {@link #read} offers. */
  int buffers() {
    return buffers;
  }

  /**
   * Reads once.
   *
   * @param named whether senders are wanted
   * @return how many buffers were filled, or a negative errno
   */
  int read(DatagramCalls calls, int descriptor, boolean named) {
    for (int i = 0; i < buffers; i++) {
      messages.expect(i, named);
    }
    int count = calls.receive(descriptor, messages.address(0), buffers);
    if (count > 0) {
      adapt(count);
    }
    return count;
  }

  private void adapt(int count) {
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      bytes += messages.received(i);
    }
    buffers = bytes < (long) count * LITTLE_BYTES ? MANY_BUFFERS : BUFFERS;
  }

  /**
   * Hands on what the last {@link #read} has put into a buffer.
   *
   * @param only the peer of a connected socket; null: the sender was read
   * @return datagrams
   */
  int deliver(int i, @Nullable InetSocketAddress only, UdpSocket.Receiver receiver) {
    int length = messages.received(i);
    if (length <= 0) {
      return 1; // larger than any that was asked for, or empty
    }
    messages.readControl(i, control);
    InetSocketAddress sender =
        only != null ? only : senders.find(messages.memory(), messages.name(i), control);
    int segment = control.segmentBytes() > 0 ? control.segmentBytes() : length;
    messages.readPayload(i * bufferBytes, payload, 0, length);
    receiver.onDatagrams(sender, payload, 0, length, segment, control.ecn());
    return (length + segment - 1) / segment;
  }
}
