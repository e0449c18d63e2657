package dev.memux.engine.packet;

import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.VarInt;

/**
 * Writes the headers of the packets that are protected, before their protection (RFC 9000 §17.2,
 * §17.3). Reserved bits are zero, as is the spin bit, which this implementation does not use.
 */
public final class HeaderWriter {
  /** Bytes of the Length field of a long header, whatever its value: it is written last. */
  private static final int LENGTH_FIELD_BYTES = 2;

  private static final int MAX_LENGTH = (1 << 14) - 1;

  private static final int KEY_PHASE_BIT = 0x04;

  private HeaderWriter() {}

  /**
   * Writes a long header, its Length field still to be set by {@link #patchLength}.
   *
   * @param token of Initial packets; empty for the other types
   * @param packetNumberBytes from {@link PacketNumbers#encodedBytes}
   * @return where the header, packet number included, ends and the payload begins
   */
  public static int writeLong(
      byte[] out,
      int from,
      PacketType type,
      QuicVersion version,
      ConnectionId dcid,
      ConnectionId scid,
      byte[] token,
      long packetNumber,
      int packetNumberBytes) {
    if (type == PacketType.RETRY) {
      throw new IllegalArgumentException("Retry packets have no numbers");
    }
    out[from] =
        (byte)
            (PacketHeader.FORM_BIT
                | PacketHeader.FIXED_BIT
                | VersionTraits.of(version).typeBits(type)
                | packetNumberBytes - 1);
    int at = writeBigEndian(out, from + 1, version.code(), Integer.BYTES);
    out[at++] = (byte) dcid.length();
    at = dcid.writeTo(out, at);
    out[at++] = (byte) scid.length();
    at = scid.writeTo(out, at);
    if (type == PacketType.INITIAL) {
      at = VarInt.write(out, at, token.length);
      System.arraycopy(token, 0, out, at, token.length);
      at += token.length;
    } else if (token.length != 0) {
      throw new IllegalArgumentException("token in a packet of type " + type);
    }
    return writeBigEndian(out, at + LENGTH_FIELD_BYTES, packetNumber, packetNumberBytes);
  }

  /** The most that a packet with a long header carries: its Length field has two bytes. */
  public static int maxPayloadBytes(int packetNumberBytes) {
    return MAX_LENGTH - packetNumberBytes - PacketSealer.TAG_BYTES;
  }

  /**
   * Sets the Length field of a long header once the payload is complete.
   *
   * @param headerEnd what {@link #writeLong} returned
   * @param payloadBytes before protection; the tag is added here
   */
  public static void patchLength(
      byte[] out, int headerEnd, int packetNumberBytes, int payloadBytes) {
    int length = packetNumberBytes + payloadBytes + PacketSealer.TAG_BYTES;
    if (length > MAX_LENGTH) {
      throw new IllegalArgumentException("packet of " + length + " bytes");
    }
    int at = headerEnd - packetNumberBytes - LENGTH_FIELD_BYTES;
    writeBigEndian(out, at, length | 1 << 14, LENGTH_FIELD_BYTES);
  }

  /**
   * Writes a short header.
   *
   * @return where the header, packet number included, ends and the payload begins
   */
  public static int writeShort(
      byte[] out,
      int from,
      ConnectionId dcid,
      boolean keyPhase,
      long packetNumber,
      int packetNumberBytes) {
    out[from] =
        (byte) (PacketHeader.FIXED_BIT | (keyPhase ? KEY_PHASE_BIT : 0) | packetNumberBytes - 1);
    int at = dcid.writeTo(out, from + 1);
    return writeBigEndian(out, at, packetNumber, packetNumberBytes);
  }

  /**
   * Clears the fixed bit of a header that has been written, which its peer must have allowed (RFC
   * 9287 §3.1). Before protection, which leaves the bit alone.
   */
  public static void clearFixedBit(byte[] out, int from) {
    out[from] &= (byte) ~PacketHeader.FIXED_BIT;
  }

  private static int writeBigEndian(byte[] out, int at, long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out[at + i] = (byte) (value >>> ((bytes - 1 - i) * Byte.SIZE));
    }
    return at + bytes;
  }
}
