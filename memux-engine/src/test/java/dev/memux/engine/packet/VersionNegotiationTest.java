package dev.memux.engine.packet;

import static dev.memux.engine.packet.Rfc9001Samples.hex;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.QuicVersion;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class VersionNegotiationTest {
  private static final int V2 = 0x6b3343cf;

  private final PacketHeader header = new PacketHeader();

  /** RFC 9000 §17.2.1: the client's IDs come back crosswise. */
  @Test
  void answersWithTheConnectionIdsCrosswise() {
    byte[] datagram = hex("c0 ff00001d 03 010203 02 aabb 0000");
    assertTrue(header.parse(datagram, 0, datagram.length, 8));

    byte[] out = new byte[32];
    // RFC 9000 §17.2.1: six bits are arbitrary, two are not.
    int end = VersionNegotiation.write(out, 1, 0xd5, datagram, header, List.of(1, V2));

    assertArrayEquals(
        hex("d5 00000000 02 aabb 03 010203 00000001 6b3343cf"), Arrays.copyOfRange(out, 1, end));
  }

  /** RFC 9000 §17.2.1: rules of version 1 for IDs must not decide about the answer. */
  @Test
  void answersToConnectionIdsOf255Bytes() {
    byte[] datagram = hex("80 ff00001d ff" + "11".repeat(255) + "ff" + "22".repeat(255));
    assertTrue(header.parse(datagram, 0, datagram.length, 8));
    byte[] out = new byte[517 + 4];
    int end = VersionNegotiation.write(out, 0, 0, datagram, header, List.of(1));
    assertEquals(out.length, end);

    assertTrue(header.parse(out, 0, end, 8));
    assertEquals(PacketType.VERSION_NEGOTIATION, header.type());
    assertEquals(255, header.dcidLength());
    assertEquals(0x22, out[header.dcidFrom()]);
    assertEquals(0x11, out[header.scidFrom()]);
  }

  @Test
  void listsTheVersions() {
    byte[] packet = hex("80 00000000 00 00 1a2a3a4a 6b3343cf");
    assertTrue(header.parse(packet, 0, packet.length, 8));
    assertEquals(2, VersionNegotiation.versionCount(header));
    assertEquals(0x1a2a3a4a, VersionNegotiation.version(packet, header, 0));
    assertEquals(V2, VersionNegotiation.version(packet, header, 1));
    assertEquals(List.of(QuicVersion.V2), VersionNegotiation.spoken(packet, header));
  }
}
