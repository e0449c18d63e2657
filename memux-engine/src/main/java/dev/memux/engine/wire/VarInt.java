package dev.memux.engine.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Variable-length integers of up to 62 bits (RFC 9000 §16). */
public final class VarInt {
  /** The largest value that can be encoded. */
  public static final long MAX = (1L << 62) - 1;

  static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private VarInt() {}

  /** Bytes of the shortest encoding of {@code value}. */
  public static int size(long value) {
    if (value < 1 << 6) {
      return 1;
    }
    if (value < 1 << 14) {
      return 2;
    }
    return value < 1 << 30 ? 4 : 8;
  }

  /** Bytes of the encoding that begins with {@code firstByte}. */
  public static int sizeOf(byte firstByte) {
    return 1 << ((firstByte & 0xff) >>> 6);
  }

  /**
   * Reads the integer at {@code at}; the caller has checked that {@link #sizeOf} bytes are there.
   */
  public static long read(byte[] buffer, int at) {
    return switch ((buffer[at] & 0xff) >>> 6) {
      case 0 -> buffer[at] & 0x3f;
      case 1 -> (short) SHORT.get(buffer, at) & 0x3fff;
      case 2 -> (int) INT.get(buffer, at) & 0x3fff_ffff;
      default -> (long) LONG.get(buffer, at) & MAX;
    };
  }

  /**
   * Writes {@code value} in its shortest encoding.
   *
   * @return the index after the last byte written
   */
  public static int write(byte[] buffer, int at, long value) {
    if (value < 0 || value > MAX) {
      throw new IllegalArgumentException("not a variable-length integer: " + value);
    }
    int size = size(value);
    switch (size) {
      case 1 -> buffer[at] = (byte) value;
      case 2 -> SHORT.set(buffer, at, (short) (value | 0x4000));
      case 4 -> INT.set(buffer, at, (int) (value | 0x8000_0000L));
      default -> LONG.set(buffer, at, value | 0xc000_0000_0000_0000L);
    }
    return at + size;
  }

  /**
   * Writes {@code value} in an encoding of {@code size} bytes, 2 or 4, for where its length has to
   * be known before its value is.
   */
  public static void write(byte[] buffer, int at, int value, int size) {
    if (size == 2 && value >>> 14 == 0) {
      SHORT.set(buffer, at, (short) (value | 0x4000));
    } else if (size == 4 && value >>> 30 == 0) {
      INT.set(buffer, at, value | 0x8000_0000);
    } else {
      throw new IllegalArgumentException(value + " in " + size + " bytes");
    }
  }
}
