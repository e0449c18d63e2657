package dev.memux.engine.packet;

import static dev.memux.engine.packet.Rfc9001Samples.hex;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.QuicVersion;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class HeaderWriterTest {
  private static final ConnectionId DCID = ConnectionId.of(hex("0102030405060708"));
  private static final ConnectionId SCID = ConnectionId.of(hex("aabb"));

  /** RFC 9000 §17.2.2. */
  @Test
  void writesAnInitialWithItsToken() {
    byte[] out = new byte[64];
    int end =
        HeaderWriter.writeLong(
            out, 3, PacketType.INITIAL, QuicVersion.V1, DCID, SCID, hex("ccdd"), 0x1234, 2);
    HeaderWriter.patchLength(out, end, 2, 1000);
    assertArrayEquals(
        hex("c1 00000001 08 0102030405060708 02 aabb 02 ccdd 43fa 1234"),
        Arrays.copyOfRange(out, 3, end));
  }

  /** RFC 9000 §17.2.3, §17.2.4. */
  @Test
  void writesHandshakeAndZeroRttWithoutAToken() {
    byte[] out = new byte[64];
    int end =
        HeaderWriter.writeLong(
            out, 0, PacketType.HANDSHAKE, QuicVersion.V1, DCID, SCID, new byte[0], 7, 1);
    HeaderWriter.patchLength(out, end, 1, 4);
    assertArrayEquals(
        hex("e0 00000001 08 0102030405060708 02 aabb 4015 07"), Arrays.copyOf(out, end));
    end =
        HeaderWriter.writeLong(
            out, 0, PacketType.ZERO_RTT, QuicVersion.V1, DCID, SCID, new byte[0], 0x010203, 3);
    HeaderWriter.patchLength(out, end, 3, 4);
    assertArrayEquals(
        hex("d2 00000001 08 0102030405060708 02 aabb 4017 010203"), Arrays.copyOf(out, end));
  }

  /** RFC 9000 §17.3.1. */
  @Test
  void writesShortHeadersOfBothKeyPhases() {
    byte[] out = new byte[64];
    int end = HeaderWriter.writeShort(out, 0, DCID, false, 0xffff_ffff_01L, 1);
    assertArrayEquals(hex("40 0102030405060708 01"), Arrays.copyOf(out, end));
    end = HeaderWriter.writeShort(out, 0, DCID, true, 0x01020304, 4);
    assertArrayEquals(hex("47 0102030405060708 01020304"), Arrays.copyOf(out, end));
  }

  @Test
  void whatIsWrittenIsParsed() {
    byte[] out = new byte[200];
    int end =
        HeaderWriter.writeLong(
            out, 0, PacketType.INITIAL, QuicVersion.V1, DCID, SCID, new byte[70], 9, 1);
    HeaderWriter.patchLength(out, end, 1, 50);
    PacketHeader header = new PacketHeader();
    assertTrue(header.parse(out, 0, out.length, 8));
    assertEquals(PacketType.INITIAL, header.type());
    assertEquals(70, header.tokenLength());
    assertEquals(end - 1, header.packetNumberOffset());
    assertEquals(end + 50 + PacketSealer.TAG_BYTES, header.packetEnd());
  }

  @Test
  void refusesWhatCannotBeWritten() {
    byte[] out = new byte[200];
    for (PacketType type :
        new PacketType[] {
          PacketType.RETRY,
          PacketType.ONE_RTT,
          PacketType.VERSION_NEGOTIATION,
          PacketType.UNSUPPORTED_VERSION
        }) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              HeaderWriter.writeLong(out, 0, type, QuicVersion.V1, DCID, SCID, new byte[0], 0, 1));
    }
    assertThrows(
        IllegalArgumentException.class,
        () ->
            HeaderWriter.writeLong(
                out, 0, PacketType.HANDSHAKE, QuicVersion.V1, DCID, SCID, new byte[1], 0, 1));
    assertThrows(
        IllegalArgumentException.class, () -> HeaderWriter.patchLength(out, 30, 1, 16_367));
    HeaderWriter.patchLength(out, 30, 1, 16_366);
  }
}
