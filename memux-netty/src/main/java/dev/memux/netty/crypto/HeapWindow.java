package dev.memux.netty.crypto;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * What calls take for an array from some index on. Packets begin at the same places of the same
 * arrays, batch after batch, so that the segments of the last batch mostly serve again: the
 * compiler does not get rid of those that are made for each call.
 */
final class HeapWindow {
  /** As many packets as a batch has. */
  private static final int SLOTS = 64;

  /** Less than the size of packets in bulk, which thereby have a slot each. */
  private static final int SLOT_SHIFT = 10;

  private static final byte[] NOTHING = {};

  private final byte[][] arrays = new byte[SLOTS][];
  private final int[] froms = new int[SLOTS];
  private final MemorySegment[] segments = new MemorySegment[SLOTS];

  HeapWindow() {
    Arrays.fill(arrays, NOTHING);
    Arrays.fill(segments, MemorySegment.ofArray(NOTHING));
  }

  /**
   * @throws IndexOutOfBoundsException if the array has no {@code bytes} bytes there
   */
  @SuppressWarnings("ReferenceEquality") // the same array, not an equal one
  MemorySegment at(byte[] array, int from, int bytes) {
    Objects.checkFromIndexSize(from, bytes, array.length);
    int slot = from >>> SLOT_SHIFT & SLOTS - 1;
    if (array != arrays[slot] || from != froms[slot]) {
      arrays[slot] = array;
      froms[slot] = from;
      segments[slot] = MemorySegment.ofArray(array).asSlice(from);
    }
    return segments[slot];
  }
}
