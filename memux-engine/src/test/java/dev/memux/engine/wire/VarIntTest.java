package dev.memux.engine.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9000 §16 and the samples of appendix A.1. */
class VarIntTest {
  @ParameterizedTest
  @CsvSource({
    "c2197c5eff14e88c, 151288809941952652",
    "9d7f3e7d, 494878333",
    "7bbd, 15293",
    "4025, 37",
    "25, 37"
  })
  void readsTheSamplesOfAppendixA1(String hex, long value) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertEquals(bytes.length, VarInt.sizeOf(bytes[0]));
    assertEquals(value, VarInt.read(bytes, 0));
  }

  @ParameterizedTest
  @CsvSource({
    "c2197c5eff14e88c, 151288809941952652",
    "9d7f3e7d, 494878333",
    "7bbd, 15293",
    "25, 37"
  })
  void writesTheShortestOfTheSamplesOfAppendixA1(String hex, long value) {
    byte[] expected = HexFormat.of().parseHex(hex);
    byte[] written = new byte[expected.length];
    assertEquals(expected.length, VarInt.write(written, 0, value));
    assertArrayEquals(expected, written);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "63, 1",
    "64, 2",
    "16383, 2",
    "16384, 4",
    "1073741823, 4",
    "1073741824, 8",
    "4611686018427387903, 8"
  })
  void takesTheFewestBytesOnBothSidesOfEachBorder(long value, int size) {
    byte[] buffer = new byte[12];
    Arrays.fill(buffer, (byte) 0xff);
    assertEquals(size, VarInt.size(value));
    assertEquals(2 + size, VarInt.write(buffer, 2, value));
    assertEquals(size, VarInt.sizeOf(buffer[2]));
    assertEquals(value, VarInt.read(buffer, 2));
    assertEquals((byte) 0xff, buffer[1]);
    assertEquals((byte) 0xff, buffer[2 + size]);
  }

  @ParameterizedTest
  @CsvSource({"0, 2", "16383, 2", "0, 4", "16383, 4", "1073741823, 4"})
  void writesInAsManyBytesAsAsked(int value, int size) {
    byte[] buffer = new byte[6];
    VarInt.write(buffer, 1, value, size);
    assertEquals(size, VarInt.sizeOf(buffer[1]));
    assertEquals(value, VarInt.read(buffer, 1));
    assertEquals(0, buffer[1 + size]);
  }

  @ParameterizedTest
  @CsvSource({"16384, 2", "1073741824, 4", "-1, 2", "-1, 4", "5, 1", "5, 8"})
  void refusesWhatDoesNotFitIntoThem(int value, int size) {
    assertThrows(IllegalArgumentException.class, () -> VarInt.write(new byte[9], 0, value, size));
  }

  @Test
  void readsBackAnyValue() {
    Random random = new Random(16);
    byte[] buffer = new byte[8];
    for (int i = 0; i < 10_000; i++) {
      long value = random.nextLong() >>> (2 + random.nextInt(62));
      VarInt.write(buffer, 0, value);
      assertEquals(value, VarInt.read(buffer, 0));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, VarInt.MAX + 1, Long.MAX_VALUE})
  void refusesToWriteWhatHasNoEncoding(long value) {
    assertThrows(IllegalArgumentException.class, () -> VarInt.write(new byte[8], 0, value));
  }
}
