package dev.memux.engine.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * A transport parameter that means nothing, and never will (RFC 9000 §18.1): sent so that peers
 * keep the habit of ignoring what they do not know. Immutable.
 */
public final class ReservedParameter {
  /** RFC 9000 §18.1: IDs of the form 31 * N + 27. */
  private static final long STEP = 31;

  private static final long FIRST = 27;

  /** The largest N whose ID is a variable-length integer. */
  private static final long MAX_N = (VarInt.MAX - FIRST) / STEP;

  /** Enough to be neither flag nor number; more would be of no use. */
  private static final int MAX_VALUE_BYTES = 16;

  private final long id;
  private final byte[] value;

  private ReservedParameter(long id, byte[] value) {
    this.id = id;
    this.value = value;
  }

  /** Any of them, with short IDs as likely as long ones. */
  public static ReservedParameter random(RandomGenerator random) {
    byte[] drawn = new byte[Long.BYTES + 2 + MAX_VALUE_BYTES]; // at once: each call has its price
    random.nextBytes(drawn);
    long n = ByteBuffer.wrap(drawn).getLong() >>> 1;
    n = (n % MAX_N) >>> (drawn[Long.BYTES] & 0x3f);
    int length = (drawn[Long.BYTES + 1] & 0xff) % (MAX_VALUE_BYTES + 1);
    byte[] value = Arrays.copyOfRange(drawn, Long.BYTES + 2, Long.BYTES + 2 + length);
    return new ReservedParameter(STEP * n + FIRST, value);
  }

  /** Whether a parameter is one of those. */
  public static boolean isReserved(long id) {
    return id % STEP == FIRST;
  }

  /** The encoded parameters, with this one behind them. */
  public byte[] appendTo(byte[] encoded) {
    int bytes = VarInt.size(id) + VarInt.size(value.length) + value.length;
    byte[] all = Arrays.copyOf(encoded, encoded.length + bytes);
    int at = VarInt.write(all, encoded.length, id);
    at = VarInt.write(all, at, value.length);
    System.arraycopy(value, 0, all, at, value.length);
    return all;
  }
}
