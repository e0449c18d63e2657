package dev.memux.engine.packet;

/** Packet numbers on the wire: the low 1 to 4 bytes (RFC 9000 §17.1). */
public final class PacketNumbers {
  /** The largest packet number (RFC 9000 §12.3). */
  public static final long MAX = (1L << 62) - 1;

  /** The longest encoding of a packet number. */
  public static final int MAX_BYTES = 4;

  private PacketNumbers() {}

  /**
   * How many bytes of {@code packetNumber} to send so that the peer can restore the rest.
   *
   * @param largestAcked the largest number that the peer acknowledged in this space, -1 if none
   */
  public static int encodedBytes(long packetNumber, long largestAcked) {
    long unacked = packetNumber - largestAcked;
    if (unacked <= 0) {
      throw new IllegalArgumentException(packetNumber + " is not above " + largestAcked);
    }
    // RFC 9000 §17.1: able to represent more than twice the range that is not acknowledged.
    int bits = Long.SIZE - Long.numberOfLeadingZeros(unacked) + 1;
    int bytes = (bits + Byte.SIZE - 1) / Byte.SIZE;
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(unacked + " packet numbers are not acknowledged");
    }
    return bytes;
  }

  /**
   * The number closest to the next expected one that ends in {@code truncated} (RFC 9000 §A.3).
   * Above {@link #MAX} only if no valid number does.
   *
   * @param largestReceived the largest number of an authentic packet in this space, -1 if none
   */
  public static long decode(long truncated, int bytes, long largestReceived) {
    long expected = largestReceived + 1;
    long window = 1L << (bytes * Byte.SIZE);
    long halfWindow = window / 2;
    long candidate = (expected & -window) | truncated;
    if (candidate <= expected - halfWindow && candidate < (1L << 62) - window) {
      return candidate + window;
    }
    if (candidate > expected + halfWindow && candidate >= window) {
      return candidate - window;
    }
    return candidate;
  }

  /** What a header says of {@code packetNumber} in {@code bytes} bytes. */
  static long truncate(long packetNumber, int bytes) {
    return packetNumber & ((1L << (bytes * Byte.SIZE)) - 1);
  }

  /** The truncated packet number at {@code d[at..at + bytes)}, not protected. */
  static long read(byte[] d, int at, int bytes) {
    long truncated = 0;
    for (int i = 0; i < bytes; i++) {
      truncated = truncated << Byte.SIZE | (d[at + i] & 0xff);
    }
    return truncated;
  }
}
