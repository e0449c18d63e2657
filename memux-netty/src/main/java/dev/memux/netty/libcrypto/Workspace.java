package dev.memux.netty.libcrypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Native memory that all keys of an event loop use, one after the other: what goes in and out of
 * libcrypto by address, and a packet while it is sealed or opened. Goes when nobody uses it any
 * more.
 */
final class Workspace {
  /** The longest payload that UDP carries, in its own terms. */
  static final int MAX_PACKET_BYTES = 65_535;

  static final int BLOCK_BYTES = 16;

  private static final int IV = 0;
  private static final int LENGTH = 16;
  private static final int BLOCK = 32;
  private static final int ZEROS = 48;
  private static final int PACKET = 64;

  private static final ValueLayout.OfLong LONG =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final MemorySegment memory = Arena.ofAuto().allocate(PACKET + MAX_PACKET_BYTES, 64);
  private final long address = memory.address();

  /** Where an IV or nonce stands for libcrypto. */
  long iv() {
    return address + IV;
  }

  /** RFC 9001 §5.3: a nonce is 12 bytes. */
  void nonce(int first, long rest) {
    memory.set(INT, IV, first);
    memory.set(LONG, IV + Integer.BYTES, rest);
  }

  /** ChaCha20's IV is 16 bytes. */
  void iv(byte[] d, int from) {
    MemorySegment.copy(d, from, memory, JAVA_BYTE, IV, BLOCK_BYTES);
  }

  /** Where libcrypto says how much it has written. Nobody reads it. */
  long length() {
    return address + LENGTH;
  }

  /** A block that comes out. */
  long block() {
    return address + BLOCK;
  }

  /** The first five bytes of that block. */
  long mask() {
    return (memory.get(JAVA_BYTE, BLOCK) & 0xffL) << Integer.SIZE
        | (memory.get(INT, BLOCK + 1) & 0xffff_ffffL);
  }

  /** A block that stays zero. */
  long zeros() {
    return address + ZEROS;
  }

  /** Where a packet is. */
  long packet() {
    return address + PACKET;
  }

  /** Copies {@code bytes} to the packet's beginning. */
  void fill(byte[] from, int at, int bytes) {
    MemorySegment.copy(from, at, memory, JAVA_BYTE, PACKET, bytes);
  }

  /** Copies {@code bytes} of the packet from its {@code from}th byte on. */
  void take(int from, byte[] to, int at, int bytes) {
    MemorySegment.copy(memory, JAVA_BYTE, PACKET + from, to, at, bytes);
  }

  /** Nobody shall find what was there. */
  void wipe(int bytes) {
    memory.asSlice(PACKET, bytes).fill((byte) 0);
  }
}
