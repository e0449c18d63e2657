package dev.memux.netty;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * An array of {@code mmsghdr} with one {@code iovec}, room for an address and room for control
 * messages each, and the memory that the payloads lie in: what {@link DatagramCalls} are given.
 */
final class MessageHeaders {
  /** {@code mmsghdr}: a {@code msghdr} and the length of what was moved. */
  private static final int HEADER_BYTES = 64;

  private static final int NAME = 0;
  private static final int NAME_LENGTH = 8;
  private static final int VECTOR = 16;
  private static final int VECTOR_LENGTH = 24;
  private static final int CONTROL = 32;
  private static final int CONTROL_LENGTH = 40;
  private static final int FLAGS = 48;
  private static final int MESSAGE_LENGTH = 56;

  private static final int IOVEC_BYTES = 16;
  private static final int IOVEC_LENGTH = 8;

  /** {@link PeerAddress#MAX_BYTES}, aligned. */
  private static final int NAME_BYTES = 32;

  /** The payload did not fit (linux/socket.h). */
  private static final int MSG_TRUNC = 0x20;

  private static final int ALIGNMENT = 64;

  private final MemorySegment memory;

  /** The same, for bulk copies: one of segments makes a segment of the array each time. */
  private final ByteBuffer bytes;

  private final int controlBytes;
  private final long vectors;
  private final long names;
  private final long controls;
  private final long payloads;

  MessageHeaders(int count, int controlBytes, int payloadBytes) {
    this.controlBytes = controlBytes;
    vectors = (long) count * HEADER_BYTES;
    names = vectors + (long) count * IOVEC_BYTES;
    controls = names + (long) count * NAME_BYTES;
    payloads = controls + (long) count * controlBytes;
    // Freed when nothing refers to it, for loops and their sockets end in no certain order.
    memory = Arena.ofAuto().allocate(payloads + payloadBytes, ALIGNMENT);
    bytes = memory.asByteBuffer();
    for (int i = 0; i < count; i++) {
      memory.set(JAVA_LONG_UNALIGNED, header(i) + VECTOR, memory.address() + vector(i));
      memory.set(JAVA_LONG_UNALIGNED, header(i) + VECTOR_LENGTH, 1);
      memory.set(JAVA_LONG_UNALIGNED, header(i) + CONTROL, memory.address() + control(i));
    }
  }

  private static long header(int i) {
    return (long) i * HEADER_BYTES;
  }

  private long vector(int i) {
    return vectors + (long) i * IOVEC_BYTES;
  }

  private long control(int i) {
    return controls + (long) i * controlBytes;
  }

  MemorySegment memory() {
    return memory;
  }

  /** The header's address for a system call. */
  long address(int i) {
    return memory.address() + header(i);
  }

  /** Where {@link #memory} has the name. */
  long name(int i) {
    return names + (long) i * NAME_BYTES;
  }

  /** Copies {@code length} bytes to the payloads, from byte {@code at} of them on. */
  void writePayload(int at, byte[] from, int offset, int length) {
    bytes.put((int) payloads + at, from, offset, length);
  }

  /** Copies {@code length} bytes of the payloads, from byte {@code at} of them on. */
  void readPayload(int at, byte[] to, int offset, int length) {
    bytes.get((int) payloads + at, to, offset, length);
  }

  /** The message's payload is, or is to be, in {@code length} bytes at {@code at} of payloads. */
  void payload(int i, int at, long length) {
    memory.set(JAVA_LONG_UNALIGNED, vector(i), memory.address() + payloads + at);
    memory.set(JAVA_LONG_UNALIGNED, vector(i) + IOVEC_LENGTH, length);
  }

  /** Expects a message: with its sender if {@code named}. */
  void expect(int i, boolean named) {
    memory.set(JAVA_LONG_UNALIGNED, header(i) + NAME, named ? memory.address() + name(i) : 0);
    memory.set(JAVA_INT_UNALIGNED, header(i) + NAME_LENGTH, named ? PeerAddress.MAX_BYTES : 0);
    memory.set(JAVA_LONG_UNALIGNED, header(i) + CONTROL_LENGTH, controlBytes);
  }

  /** Says where a message goes, and what is to be said of it. */
  void describe(int i, PeerAddress to, boolean named, int segmentBytes, int ecn) {
    memory.set(JAVA_LONG_UNALIGNED, header(i) + NAME, named ? memory.address() + name(i) : 0);
    memory.set(JAVA_INT_UNALIGNED, header(i) + NAME_LENGTH, named ? to.write(memory, name(i)) : 0);
    int said = ControlMessages.write(memory, control(i), segmentBytes, ecn, to);
    memory.set(JAVA_LONG_UNALIGNED, header(i) + CONTROL_LENGTH, said);
  }

  /** Bytes of a received message; -1 if it did not fit. */
  int received(int i) {
    boolean truncated = (memory.get(JAVA_INT_UNALIGNED, header(i) + FLAGS) & MSG_TRUNC) != 0;
    return truncated ? -1 : memory.get(JAVA_INT_UNALIGNED, header(i) + MESSAGE_LENGTH);
  }

  /** Reads what was said of a received message. */
  void readControl(int i, ControlMessages into) {
    into.read(memory, control(i), memory.get(JAVA_LONG_UNALIGNED, header(i) + CONTROL_LENGTH));
  }
}
