package dev.memux.engine.packet;

/** How a mask of {@link HeaderProtection} is put on a header, or taken off (RFC 9001 §5.4.1). */
final class HeaderMask {
  private HeaderMask() {}

  /** Adds the mask to the first byte: the low four bits of long headers, five of short ones. */
  static byte firstByte(byte firstByte, long mask) {
    return (byte) (firstByte ^ ((mask >>> 32) & (firstByte < 0 ? 0x0f : 0x1f)));
  }

  /** Adds the mask to the packet number. */
  static void packetNumber(byte[] d, int at, int bytes, long mask) {
    for (int i = 0; i < bytes; i++) {
      d[at + i] ^= (byte) (mask >>> (24 - i * Byte.SIZE));
    }
  }
}
