package dev.memux.engine.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.nio.ByteBuffer;

/** Data whose every byte tells its offset. */
final class Bytes {
  private Bytes() {}

  static byte[] of(long offset, int length) {
    byte[] data = new byte[length];
    for (int i = 0; i < length; i++) {
      data[i] = at(offset + i);
    }
    return data;
  }

  static byte at(long offset) {
    return (byte) (offset * 31 + (offset >>> 8) * 7 + (offset >>> 16));
  }

  static ByteBuffer buffer(long offset, int length) {
    return ByteBuffer.wrap(of(offset, length));
  }

  static void assertAt(long offset, byte[] data, int from, int length) {
    byte[] actual = java.util.Arrays.copyOfRange(data, from, from + length);
    assertArrayEquals(of(offset, length), actual, "from offset " + offset);
  }

  static void assertAt(long offset, ByteBuffer flipped) {
    byte[] data = new byte[flipped.remaining()];
    flipped.get(data);
    assertAt(offset, data, 0, data.length);
  }
}
