package dev.memux.tls;

import java.util.Arrays;

/**
 * Reads the structures of RFC 8446 §3. The only code that takes bytes out of a message: whatever is
 * not there, or is there too much, is a decode_error.
 */
final class HandshakeReader {
  private final byte[] data;
  private int at;
  private final int end;

  HandshakeReader(byte[] data, int from, int end) {
    this.data = data;
    this.at = from;
    this.end = end;
  }

  boolean hasMore() {
    return at < end;
  }

  int u8() throws TlsAlertException {
    return data[take(1)] & 0xff;
  }

  int u16() throws TlsAlertException {
    int from = take(2);
    return (data[from] & 0xff) << 8 | (data[from + 1] & 0xff);
  }

  int u24() throws TlsAlertException {
    return u16() << 8 | u8();
  }

  long u32() throws TlsAlertException {
    return (long) u16() << 16 | u16();
  }

  byte[] bytes(int count) throws TlsAlertException {
    int from = take(count);
    return Arrays.copyOfRange(data, from, from + count);
  }

  /** All that is left. */
  byte[] rest() throws TlsAlertException {
    return bytes(end - at);
  }

  /** A vector with a length of one byte, at least {@code min} bytes long. */
  HandshakeReader vector8(int min) throws TlsAlertException {
    return vector(u8(), min);
  }

  /** A vector with a length of two bytes, at least {@code min} bytes long. */
  HandshakeReader vector16(int min) throws TlsAlertException {
    return vector(u16(), min);
  }

  /** A vector with a length of three bytes, at least {@code min} bytes long. */
  HandshakeReader vector24(int min) throws TlsAlertException {
    return vector(u24(), min);
  }

  /** What is left as numbers of two bytes. */
  int[] u16List() throws TlsAlertException {
    if ((end - at) % 2 != 0) {
      throw new TlsAlertException(
          AlertDescription.DECODE_ERROR, "a list of 16-bit numbers has an odd length");
    }
    int[] values = new int[(end - at) / 2];
    for (int i = 0; i < values.length; i++) {
      values[i] = u16();
    }
    return values;
  }

  int remaining() {
    return end - at;
  }

  /** Nothing may be left. */
  void finish() throws TlsAlertException {
    if (at != end) {
      throw new TlsAlertException(AlertDescription.DECODE_ERROR, "bytes after the end of a field");
    }
  }

  private HandshakeReader vector(int length, int min) throws TlsAlertException {
    if (length < min) {
      throw new TlsAlertException(AlertDescription.DECODE_ERROR, "a vector is too short");
    }
    int from = take(length);
    return new HandshakeReader(data, from, from + length);
  }

  private int take(int count) throws TlsAlertException {
    if (count > end - at) {
      throw new TlsAlertException(AlertDescription.DECODE_ERROR, "a field is cut off");
    }
    int from = at;
    at += count;
    return from;
  }
}
