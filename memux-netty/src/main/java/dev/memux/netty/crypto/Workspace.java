package dev.memux.netty.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Native memory that all keys of an event loop use, one after the other: what goes in and out of
 * libraries by address. Goes when nobody uses it any more.
 */
final class Workspace {
  static final int BLOCK_BYTES = 16;

  /** What {@link #context} has room for. */
  static final int CONTEXT_BYTES = 128;

  /** The longest key there is, with room to spare. */
  private static final int MAX_KEY_BYTES = 64;

  private static final int IV = 0;
  private static final int LENGTH = 16;
  private static final int BLOCK = 32;
  private static final int ZEROS = 48;
  private static final int KEY = 64;
  private static final int CONTEXT = KEY + MAX_KEY_BYTES;

  private static final ValueLayout.OfLong LONG =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG_OF_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final MemorySegment memory = Arena.ofAuto().allocate(CONTEXT + CONTEXT_BYTES, 64);
  private final long address = memory.address();

  /** Where an IV or nonce stands. */
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
    putBlock(IV, d, from);
  }

  private void putBlock(int at, byte[] d, int from) {
    memory.set(LONG, at, (long) LONG_OF_BYTES.get(d, from));
    memory.set(LONG, at + Long.BYTES, (long) LONG_OF_BYTES.get(d, from + Long.BYTES));
  }

  /** Where libcrypto says how much it has written. Nobody reads it. */
  long length() {
    return address + LENGTH;
  }

  /** A block that comes out, or goes in: a tag, for one. */
  long block() {
    return address + BLOCK;
  }

  /** Takes the block from {@code d}. */
  void putBlock(byte[] d, int from) {
    putBlock(BLOCK, d, from);
  }

  /** Copies the block to {@code d}. */
  void takeBlock(byte[] d, int at) {
    LONG_OF_BYTES.set(d, at, memory.get(LONG, BLOCK));
    LONG_OF_BYTES.set(d, at + Long.BYTES, memory.get(LONG, BLOCK + Long.BYTES));
  }

  /** Whether the block is what {@code d} has; takes as long for every answer. */
  boolean isBlock(byte[] d, int from) {
    long difference = memory.get(LONG, BLOCK) ^ (long) LONG_OF_BYTES.get(d, from);
    difference |=
        memory.get(LONG, BLOCK + Long.BYTES) ^ (long) LONG_OF_BYTES.get(d, from + Long.BYTES);
    return difference == 0;
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

  /** Where {@link #putKey} puts a key. */
  long key() {
    return address + KEY;
  }

  /** For as long as the library takes to set itself up for it; {@link #wipeKey} then. */
  void putKey(byte[] key) {
    MemorySegment.copy(key, 0, memory, JAVA_BYTE, KEY, key.length);
  }

  /** Nobody shall find what was there. */
  void wipeKey() {
    memory.asSlice(KEY, MAX_KEY_BYTES).fill((byte) 0);
  }

  /** What a library keeps while it works on one packet. */
  long context() {
    return address + CONTEXT;
  }
}
