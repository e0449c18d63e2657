package dev.memux.tls;

import java.util.Arrays;

/**
 * Writes one handshake message (RFC 8446 §4), whose length is filled in by {@link #finish}, or a
 * structure in the same notation.
 */
final class HandshakeWriter {
  private static final int HEADER_BYTES = 4;

  private byte[] data = new byte[512];
  private final int headerBytes;
  private int at;

  /** A message. */
  HandshakeWriter(HandshakeType type) {
    u8(type.code());
    u24(0);
    headerBytes = HEADER_BYTES;
  }

  /** A structure without a header. */
  HandshakeWriter() {
    headerBytes = 0;
  }

  HandshakeWriter u8(int value) {
    reserve(1);
    data[at++] = (byte) value;
    return this;
  }

  HandshakeWriter u16(int value) {
    return u8(value >> 8).u8(value);
  }

  HandshakeWriter u24(int value) {
    return u8(value >> 16).u16(value);
  }

  /** The low 32 bits. */
  HandshakeWriter u32(long value) {
    return u16((int) (value >> 16)).u16((int) value);
  }

  HandshakeWriter bytes(byte[] value) {
    reserve(value.length);
    System.arraycopy(value, 0, data, at, value.length);
    at += value.length;
    return this;
  }

  /** A vector with a length of one byte. */
  HandshakeWriter vector8(byte[] value) {
    int mark = open(1);
    bytes(value);
    close(mark, 1);
    return this;
  }

  /** A vector with a length of two bytes. */
  HandshakeWriter vector16(byte[] value) {
    int mark = open(2);
    bytes(value);
    close(mark, 2);
    return this;
  }

  /** A vector with a length of three bytes. */
  HandshakeWriter vector24(byte[] value) {
    int mark = open(3);
    bytes(value);
    close(mark, 3);
    return this;
  }

  /** Begins a vector; what {@link #close} needs to end it. */
  int open(int lengthBytes) {
    reserve(lengthBytes);
    at += lengthBytes;
    return at;
  }

  /** Ends the vector begun at {@code mark}. */
  void close(int mark, int lengthBytes) {
    int length = at - mark;
    if (length >> (8 * lengthBytes) != 0) {
      throw new IllegalArgumentException(
          length + " bytes do not fit a vector with a length of " + lengthBytes + " bytes");
    }
    for (int i = 1; i <= lengthBytes; i++, length >>= 8) {
      data[mark - i] = (byte) length;
    }
  }

  /** Begins an extension; ended by {@link #close} with two length bytes. */
  int openExtension(ExtensionType type) {
    u16(type.code());
    return open(2);
  }

  /** How much is written, with the header. */
  int length() {
    return at;
  }

  /** The message or structure. */
  byte[] finish() {
    if (headerBytes > 0) {
      close(headerBytes, headerBytes - 1);
    }
    return Arrays.copyOf(data, at);
  }

  private void reserve(int count) {
    if (count > data.length - at) {
      data = Arrays.copyOf(data, Math.max(2 * data.length, at + count));
    }
  }
}
