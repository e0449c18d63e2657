package dev.memux.tls;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** As much of DER (X.690) as key files need. */
final class Der {
  static final int INTEGER = 0x02;
  static final int OCTET_STRING = 0x04;
  static final int OBJECT_IDENTIFIER = 0x06;
  static final int SEQUENCE = 0x30;
  static final int EXPLICIT_0 = 0xa0;

  private final byte[] data;
  private int at;
  private final int end;

  Der(byte[] data) {
    this(data, 0, data.length);
  }

  private Der(byte[] data, int from, int end) {
    this.data = data;
    this.at = from;
    this.end = end;
  }

  boolean hasMore() {
    return at < end;
  }

  boolean nextIs(int tag) {
    return hasMore() && (data[at] & 0xff) == tag;
  }

  /**
   * Goes past the next element and returns its content.
   *
   * @throws IllegalArgumentException if it has another tag or is malformed
   */
  Der read(int tag) {
    if (!nextIs(tag)) {
      throw new IllegalArgumentException("no DER element with tag " + tag);
    }
    at++;
    int length = readLength();
    if (length > end - at) {
      throw new IllegalArgumentException("a DER element is cut off");
    }
    at += length;
    return new Der(data, at - length, at);
  }

  /** All that is left. */
  byte[] rest() {
    return Arrays.copyOfRange(data, at, end);
  }

  static byte[] element(int tag, byte[]... contents) {
    int length = 0;
    for (byte[] content : contents) {
      length += content.length;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else {
      int lengthBytes = (32 - Integer.numberOfLeadingZeros(length) + 7) / 8;
      out.write(0x80 | lengthBytes);
      for (int i = lengthBytes - 1; i >= 0; i--) {
        out.write(length >> (8 * i));
      }
    }
    for (byte[] content : contents) {
      out.writeBytes(content);
    }
    return out.toByteArray();
  }

  private int readLength() {
    int first = readByte();
    if (first < 0x80) {
      return first;
    }
    int lengthBytes = first & 0x7f;
    if (lengthBytes == 0 || lengthBytes > 3) {
      throw new IllegalArgumentException("a DER length of " + lengthBytes + " bytes");
    }
    int length = 0;
    for (int i = 0; i < lengthBytes; i++) {
      length = length << 8 | readByte();
    }
    return length;
  }

  private int readByte() {
    if (!hasMore()) {
      throw new IllegalArgumentException("a DER element is cut off");
    }
    return data[at++] & 0xff;
  }
}
