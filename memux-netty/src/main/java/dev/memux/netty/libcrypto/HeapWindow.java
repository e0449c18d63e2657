package dev.memux.netty.libcrypto;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * What calls take for an array from some index on. Packet after packet begins at the same place of
 * the same array, so that the segment of the last time mostly serves again: the compiler does not
 * get rid of one that is made for each call.
 */
final class HeapWindow {
  private byte[] array = {};
  private int from;
  private MemorySegment segment = MemorySegment.ofArray(array);

  @SuppressWarnings("ReferenceEquality") // the same array, not an equal one
  MemorySegment at(byte[] array, int from, int bytes) {
    Objects.checkFromIndexSize(from, bytes, array.length);
    if (array != this.array || from != this.from) {
      this.array = array;
      this.from = from;
      segment = MemorySegment.ofArray(array).asSlice(from);
    }
    return segment;
  }
}
