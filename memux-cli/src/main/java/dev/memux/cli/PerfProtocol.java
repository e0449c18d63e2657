package dev.memux.cli;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What both ends of {@code memux perf} agree on. A client's stream begins with a header: what is
 * asked for (1 byte) and an amount (8 bytes).
 *
 * <ul>
 *   <li>{@link #DOWNLOAD}: the server sends the amount in bytes
 *   <li>{@link #UPLOAD}: the client sends the amount, the server answers with what it has got (8
 *       bytes)
 *   <li>{@link #REQUEST}: the client may send more, and ends; the server sends the amount
 *   <li>{@link #USAGE}: the server answers with its {@link PerfUsage}
 * </ul>
 *
 * <p>Data are a pattern whose period is a prime, so that bytes out of their place are noticed.
 */
public final class PerfProtocol {
  public static final String ALPN = "memux-perf";

  public static final int DOWNLOAD = 1;
  static final int UPLOAD = 2;
  static final int REQUEST = 3;
  public static final int USAGE = 4;

  public static final int HEADER_BYTES = 1 + Long.BYTES;

  /** What is written and read at once. */
  public static final int PIECE_BYTES = 64 << 10;

  /** What is read at once of a request: a large buffer would cost more than the rest of it. */
  private static final int SMALL_PIECE_BYTES = 512;

  private static final int PERIOD = 65_521;
  private static final byte[] PATTERN = makePattern();

  private PerfProtocol() {}

  private static byte[] makePattern() {
    byte[] bytes = new byte[PERIOD + PIECE_BYTES];
    int x = 1;
    for (int i = 0; i < PERIOD; i++) {
      x = x * 1_664_525 + 1_013_904_223;
      bytes[i] = (byte) (x >>> 24);
    }
    for (int i = PERIOD; i < bytes.length; i++) { // a piece is longer than a period
      bytes[i] = bytes[i - PERIOD];
    }
    return bytes;
  }

  /** The pattern, as much of it as holds a piece from any place of a period. */
  public static byte[] pattern() {
    return PATTERN.clone();
  }

  /** Where in {@link #pattern} a piece begins that stands after {@code at} bytes. */
  public static int patternIndex(long at) {
    return (int) (at % PERIOD);
  }

  /** Whether the first {@code length} bytes of {@code piece} are what stands after {@code at}. */
  public static boolean isData(byte[] piece, int length, long at) {
    int from = patternIndex(at);
    return Arrays.equals(piece, 0, length, PATTERN, from, from + length);
  }

  /** What a client's stream begins with. */
  public static byte[] header(int what, long amount) {
    return ByteBuffer.allocate(HEADER_BYTES).put((byte) what).putLong(amount).array();
  }

  static ByteBuffer readHeader(InputStream in) throws IOException {
    return ByteBuffer.wrap(readFully(in, HEADER_BYTES));
  }

  static long readLong(InputStream in) throws IOException {
    return ByteBuffer.wrap(readFully(in, Long.BYTES)).getLong();
  }

  static byte[] readFully(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("the stream ended after " + bytes.length + " of " + length + " bytes");
    }
    return bytes;
  }

  /** Reads to the end of what is small, and may be anything. */
  static void skipToEnd(InputStream in) throws IOException {
    byte[] piece = new byte[SMALL_PIECE_BYTES];
    while (in.read(piece) >= 0) {}
  }

  /** Writes the first {@code bytes} of the pattern. */
  public static void writeData(OutputStream out, long bytes) throws IOException {
    long at = 0;
    while (at < bytes) {
      int n = (int) Math.min(PIECE_BYTES, bytes - at);
      out.write(PATTERN, patternIndex(at), n);
      at += n;
    }
  }

  /**
   * Reads to the end, which must come after {@code bytes} of the pattern.
   *
   * @throws IOException if something else comes
   */
  static void readData(InputStream in, long bytes) throws IOException {
    byte[] piece = new byte[Math.clamp(bytes, 1, PIECE_BYTES)];
    long at = 0;
    for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
      if (at + n > bytes || !isData(piece, n, at)) {
        throw new IOException("what arrived after byte " + at + " is not what was sent");
      }
      at += n;
    }
    if (at < bytes) {
      throw new EOFException("the stream ended after " + at + " of " + bytes + " bytes");
    }
  }
}
