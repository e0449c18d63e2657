package dev.memux.engine.packet;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** An immutable connection ID of QUIC v1: 0 to 20 bytes that name a connection at one end. */
public final class ConnectionId {
  /** RFC 9000 §17.2: in version 1 a connection ID must not exceed 20 bytes. */
  public static final int MAX_BYTES = 20;

  /** The ID of an endpoint that tells its connections apart by address alone. */
  public static final ConnectionId EMPTY = new ConnectionId(new byte[0]);

  /** Never handed out of the package, never written to. */
  final byte[] bytes;

  private final int hash;

  private ConnectionId(byte[] bytes) {
    this.bytes = bytes;
    this.hash = Arrays.hashCode(bytes);
  }

  /** A copy of {@code length} bytes of {@code d} at {@code from}. */
  public static ConnectionId of(byte[] d, int from, int length) {
    if (length < 0 || length > MAX_BYTES) {
      throw new IllegalArgumentException("connection ID of " + length + " bytes");
    }
    return length == 0 ? EMPTY : new ConnectionId(Arrays.copyOfRange(d, from, from + length));
  }

  /** A copy of {@code bytes}. */
  public static ConnectionId of(byte[] bytes) {
    return of(bytes, 0, bytes.length);
  }

  /**
   * An unpredictable ID. A client's first Destination Connection ID is one, of at least 8 bytes
   * (RFC 9000 §7.2): it keys the Initial packets.
   */
  public static ConnectionId random(RandomGenerator random, int length) {
    if (length < 0 || length > MAX_BYTES) {
      throw new IllegalArgumentException("connection ID of " + length + " bytes");
    }
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return new ConnectionId(bytes);
  }

  public int length() {
    return bytes.length;
  }

  /** Writes the bytes, without a length, and returns the position after them. */
  public int writeTo(byte[] out, int at) {
    System.arraycopy(bytes, 0, out, at, bytes.length);
    return at + bytes.length;
  }

  public byte[] toByteArray() {
    return bytes.clone();
  }

  /** Whether these are the {@code length} bytes of {@code d} at {@code from}; no allocation. */
  public boolean matches(byte[] d, int from, int length) {
    return Arrays.equals(bytes, 0, bytes.length, d, from, from + length);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof ConnectionId other
        && hash == other.hash
        && Arrays.equals(bytes, other.bytes);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** Lower-case hexadecimal. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
