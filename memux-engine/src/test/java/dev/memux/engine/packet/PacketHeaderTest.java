package dev.memux.engine.packet;

import static dev.memux.engine.packet.Rfc9001Samples.hex;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.QuicVersion;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PacketHeaderTest {
  private static final int LOCAL_CID_BYTES = 8;
  private static final String CIDS = "08 0102030405060708 02 aabb ";
  private static final String TWENTY_BYTES = "00".repeat(20);

  private static final byte[] INITIAL = hex("c0 00000001" + CIDS + "02 ccdd 14" + TWENTY_BYTES);
  private static final byte[] ZERO_RTT = hex("d0 00000001" + CIDS + "14" + TWENTY_BYTES);
  private static final byte[] HANDSHAKE = hex("e0 00000001" + CIDS + "14" + TWENTY_BYTES);
  private static final byte[] RETRY = hex("f0 00000001" + CIDS + "ccddee" + "00".repeat(16));
  private static final byte[] NEGOTIATION = hex("80 00000000" + CIDS + "00000001 6b3343cf");
  private static final byte[] OTHER_VERSION = hex("80 709a50c4" + CIDS + "0102");
  private static final byte[] ONE_RTT = hex("40 0102030405060708" + TWENTY_BYTES);

  private final PacketHeader header = new PacketHeader();

  @Test
  void readsAnInitial() {
    assertTrue(parse(INITIAL));
    assertEquals(PacketType.INITIAL, header.type());
    assertTrue(header.isLong());
    assertEquals(QuicVersion.V1, header.quicVersion());
    assertIds();
    assertEquals(18, header.tokenFrom());
    assertEquals(2, header.tokenLength());
    assertEquals(21, header.packetNumberOffset());
    assertEquals(41, header.packetEnd());
  }

  @Test
  void readsZeroRttAndHandshake() {
    assertTrue(parse(ZERO_RTT));
    assertEquals(PacketType.ZERO_RTT, header.type());
    assertIds();
    assertEquals(0, header.tokenLength());
    assertEquals(18, header.packetNumberOffset());
    assertTrue(parse(HANDSHAKE));
    assertEquals(PacketType.HANDSHAKE, header.type());
    assertIds();
    assertEquals(18, header.packetNumberOffset());
    assertEquals(38, header.packetEnd());
  }

  @Test
  void readsARetry() {
    assertTrue(parse(RETRY));
    assertEquals(PacketType.RETRY, header.type());
    assertIds();
    assertEquals(17, header.tokenFrom());
    assertEquals(3, header.tokenLength());
    assertEquals(20, header.payloadFrom());
    assertEquals(36, header.packetEnd());
  }

  /** RFC 9000 §17.2.5.2. */
  @Test
  void dropsARetryWithAnEmptyToken() {
    assertFalse(parse(hex("f0 00000001" + CIDS + "00".repeat(16))));
    assertFalse(parse(hex("f0 00000001" + CIDS)));
  }

  @Test
  void readsAShortHeader() {
    assertTrue(parse(ONE_RTT));
    assertEquals(PacketType.ONE_RTT, header.type());
    assertFalse(header.isLong());
    assertEquals(1, header.dcidFrom());
    assertEquals(LOCAL_CID_BYTES, header.dcidLength());
    assertEquals(0, header.scidLength());
    assertEquals(9, header.packetNumberOffset());
    assertEquals(ONE_RTT.length, header.packetEnd());
  }

  /** RFC 9000 §10.3: shorter than 21 bytes is no packet; a stateless reset may have just 21. */
  @Test
  void readsAShortHeaderOfExactly21Bytes() {
    assertTrue(header.parse(ONE_RTT, 0, 21, LOCAL_CID_BYTES));
    assertFalse(header.parse(ONE_RTT, 0, 20, LOCAL_CID_BYTES));
    assertTrue(header.parse(ONE_RTT, 0, 21, ConnectionId.MAX_BYTES));
    assertEquals(21, header.packetNumberOffset());
  }

  /** RFC 9287 §3: who sends grease_quic_bit, as all endpoints here do, takes them. */
  @Test
  void readsPacketsWithoutTheFixedBit() {
    for (byte[] packet : List.of(INITIAL, ZERO_RTT, HANDSHAKE, RETRY, ONE_RTT)) {
      assertTrue(parse(packet));
      PacketType type = header.type();
      int payloadFrom = header.payloadFrom();
      byte[] unfixed = packet.clone();
      unfixed[0] ^= 0x40;
      assertTrue(parse(unfixed));
      assertEquals(type, header.type());
      assertEquals(payloadFrom, header.payloadFrom());
    }
  }

  /** RFC 9369 §3.1, §3.2. */
  @Test
  void readsTheTypesOfVersion2() {
    List<byte[]> packets = List.of(INITIAL, ZERO_RTT, HANDSHAKE, RETRY);
    List<PacketType> types =
        List.of(PacketType.INITIAL, PacketType.ZERO_RTT, PacketType.HANDSHAKE, PacketType.RETRY);
    for (int i = 0; i < packets.size(); i++) {
      byte[] packet = packets.get(i).clone();
      packet[0] = (byte) ((packet[0] & 0xcf) | ((i + 1) & 3) << 4);
      packet[1] = 0x6b;
      packet[2] = 0x33;
      packet[3] = 0x43;
      packet[4] = (byte) 0xcf;
      assertTrue(parse(packet));
      assertEquals(types.get(i), header.type());
      assertEquals(QuicVersion.V2, header.quicVersion());
    }
  }

  /** RFC 8999 §6: only the form bit of a Version Negotiation packet means something. */
  @Test
  void readsVersionNegotiationWhateverTheUnusedBitsAre() {
    for (int firstByte = 0x80; firstByte <= 0xff; firstByte++) {
      byte[] packet = NEGOTIATION.clone();
      packet[0] = (byte) firstByte;
      assertTrue(parse(packet));
      assertEquals(PacketType.VERSION_NEGOTIATION, header.type());
      assertIds();
      assertEquals(17, header.payloadFrom());
    }
  }

  /** RFC 8999 §6: to be ignored without a version, or if one is truncated. */
  @Test
  void dropsVersionNegotiationWithAnIncompleteList() {
    for (int cut = 1; cut < 8; cut++) {
      assertEquals(
          cut == 4, header.parse(NEGOTIATION, 0, NEGOTIATION.length - cut, LOCAL_CID_BYTES));
    }
    assertFalse(header.parse(NEGOTIATION, 0, NEGOTIATION.length - 8, LOCAL_CID_BYTES));
  }

  /** RFC 8999 §5.1: connection IDs of other versions have up to 255 bytes, and no fixed bit. */
  @Test
  void readsTheInvariantsOfOtherVersions() {
    assertTrue(parse(OTHER_VERSION));
    assertEquals(PacketType.UNSUPPORTED_VERSION, header.type());
    assertEquals(0x709a50c4, header.version());
    assertNull(header.quicVersion());
    assertIds();
    assertEquals(OTHER_VERSION.length, header.packetEnd());

    byte[] longIds = hex("80 ff000001 ff" + "11".repeat(255) + "ff" + "22".repeat(255));
    assertTrue(parse(longIds));
    assertEquals(6, header.dcidFrom());
    assertEquals(255, header.dcidLength());
    assertEquals(262, header.scidFrom());
    assertEquals(255, header.scidLength());
    assertEquals(longIds.length, header.payloadFrom());
  }

  /** RFC 9000 §17.2. */
  @Test
  void dropsVersion1WithAConnectionIdOver20Bytes() {
    String rest = "00 14" + TWENTY_BYTES;
    assertTrue(parse(hex("c0 00000001 14" + "11".repeat(20) + "14" + "22".repeat(20) + rest)));
    assertFalse(parse(hex("c0 00000001 15" + "11".repeat(21) + "00" + rest)));
    assertFalse(parse(hex("c0 00000001 00 15" + "22".repeat(21) + rest)));
  }

  @Test
  void dropsATokenThatRunsOutOfTheDatagram() {
    for (String length :
        new String[] {"13", "3f", "4013", "7fff", "bfffffff", "ffffffffffffffff"}) {
      assertFalse(parse(hex("c0 00000001" + CIDS + length + "00".repeat(18))), length);
    }
  }

  @Test
  void dropsALengthThatRunsOutOfTheDatagram() {
    for (String length : new String[] {"15", "7fff", "bfffffff", "ffffffffffffffff"}) {
      assertFalse(parse(hex("e0 00000001" + CIDS + length + TWENTY_BYTES)), length);
    }
  }

  /** RFC 9000 §16: lengths need not be in their shortest encoding. */
  @Test
  void acceptsLengthsInLongerEncodings() {
    assertTrue(parse(hex("c0 00000001" + CIDS + "c000000000000002 ccdd 80000014" + TWENTY_BYTES)));
    assertEquals(2, header.tokenLength());
    assertEquals(31, header.packetNumberOffset());
    assertEquals(51, header.packetEnd());
  }

  /** RFC 9000 §12.2: what stands behind a packet too short to be opened is still processed. */
  @Test
  void skipsAPacketThatIsTooShort() {
    byte[] datagram = concat(hex("e0 00000001" + CIDS + "00"), HANDSHAKE);
    assertTrue(parse(datagram));
    assertEquals(18, header.packetEnd());
    assertTrue(header.parse(datagram, header.packetEnd(), datagram.length, LOCAL_CID_BYTES));
    assertEquals(PacketType.HANDSHAKE, header.type());
    assertEquals(datagram.length, header.packetEnd());
  }

  @Test
  void walksThroughACoalescedDatagram() {
    byte[] datagram = concat(INITIAL, ZERO_RTT, HANDSHAKE, ONE_RTT);
    PacketType[] types = {
      PacketType.INITIAL, PacketType.ZERO_RTT, PacketType.HANDSHAKE, PacketType.ONE_RTT
    };
    int at = 0;
    for (PacketType type : types) {
      assertTrue(header.parse(datagram, at, datagram.length, LOCAL_CID_BYTES));
      assertEquals(type, header.type());
      assertEquals(0x01, datagram[header.dcidFrom()]);
      at = header.packetEnd();
    }
    assertEquals(datagram.length, at);
    assertFalse(header.parse(datagram, at, datagram.length, LOCAL_CID_BYTES));
  }

  @Test
  void dropsWhateverIsCutOffAnywhere() {
    for (byte[] packet : List.of(INITIAL, ZERO_RTT, HANDSHAKE)) {
      for (int end = 0; end < packet.length; end++) {
        assertFalse(header.parse(packet, 0, end, LOCAL_CID_BYTES));
      }
    }
    // Without a Length field a cut in what follows the header cannot be seen.
    assertShortestParsed(RETRY, 17 + 1 + 16);
    assertShortestParsed(ONE_RTT, PacketHeader.MIN_SHORT_PACKET_BYTES);
    assertShortestParsed(OTHER_VERSION, 17);
  }

  @Test
  void readsNothingBeyondTheEnd() {
    // The bytes behind the end would make each of these complete.
    for (byte[] packet :
        List.of(INITIAL, ZERO_RTT, HANDSHAKE, RETRY, ONE_RTT, NEGOTIATION, OTHER_VERSION)) {
      for (int end = 0; end < packet.length; end++) {
        byte[] cut = Arrays.copyOf(packet, end);
        assertEquals(
            header.parse(cut, 0, end, LOCAL_CID_BYTES),
            header.parse(packet, 0, end, LOCAL_CID_BYTES));
      }
    }
  }

  @Test
  void neverThrowsAndNeverLeavesTheDatagramOnRandomBytes() {
    SplittableRandom random = new SplittableRandom(20261121);
    int parsed = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] d = new byte[random.nextInt(64)];
      random.nextBytes(d);
      if (d.length > 5 && random.nextBoolean()) {
        // Otherwise version 1 would hardly ever occur.
        d[0] |= (byte) 0xc0;
        d[1] = 0;
        d[2] = 0;
        d[3] = 0;
        d[4] = (byte) random.nextInt(2);
        d[5] = (byte) random.nextInt(24);
      }
      parsed += parseAnywhere(d, random);
    }
    assertTrue(parsed > 10_000, () -> "the inputs reached too little");
  }

  @Test
  void neverThrowsAndNeverLeavesTheDatagramOnFlippedBits() {
    SplittableRandom random = new SplittableRandom(20261122);
    List<byte[]> packets =
        List.of(INITIAL, ZERO_RTT, HANDSHAKE, RETRY, ONE_RTT, NEGOTIATION, OTHER_VERSION);
    int parsed = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] d = packets.get(random.nextInt(packets.size())).clone();
      for (int flips = random.nextInt(1, 4); flips > 0; flips--) {
        d[random.nextInt(d.length)] ^= (byte) (1 << random.nextInt(8));
      }
      parsed += parseAnywhere(d, random);
    }
    assertTrue(parsed > 10_000, () -> "the inputs reached too little");
  }

  /** Parses all packets of {@code d} inside a larger array; returns how many there were. */
  private int parseAnywhere(byte[] d, SplittableRandom random) {
    int from = random.nextInt(4);
    byte[] array = new byte[from + d.length];
    System.arraycopy(d, 0, array, from, d.length);
    int localCidBytes = random.nextInt(ConnectionId.MAX_BYTES + 1);
    int parsed = 0;
    int at = from;
    while (header.parse(array, at, array.length, localCidBytes)) {
      assertWithin(at, array.length);
      at = header.packetEnd();
      parsed++;
    }
    return parsed;
  }

  private void assertWithin(int from, int end) {
    assertTrue(header.packetEnd() > from && header.packetEnd() <= end);
    assertInside(header.dcidFrom(), header.dcidLength(), from, header.packetEnd());
    assertInside(header.scidFrom(), header.scidLength(), from, header.packetEnd());
    assertInside(header.tokenFrom(), header.tokenLength(), from, header.packetEnd());
    assertInside(header.payloadFrom(), 0, from, header.packetEnd());
  }

  private static void assertInside(int at, int length, int from, int end) {
    assertTrue(length >= 0 && at > from && at + length <= end);
  }

  private void assertShortestParsed(byte[] packet, int shortest) {
    for (int end = 0; end <= packet.length; end++) {
      assertEquals(end >= shortest, header.parse(packet, 0, end, LOCAL_CID_BYTES), "end " + end);
    }
  }

  private void assertIds() {
    assertEquals(6, header.dcidFrom());
    assertEquals(8, header.dcidLength());
    assertEquals(15, header.scidFrom());
    assertEquals(2, header.scidLength());
  }

  private boolean parse(byte[] d) {
    return header.parse(d, 0, d.length, LOCAL_CID_BYTES);
  }

  private static byte[] concat(byte[]... parts) {
    byte[] all = new byte[Arrays.stream(parts).mapToInt(p -> p.length).sum()];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  @Test
  void tellsWhetherADatagramBeginsWithAnInitialPacket() {
    // RFC 9000 §17.2, table 5, and RFC 9369 §3.2: the type bits of Initial packets; §17.3.
    for (QuicVersion version : QuicVersion.values()) {
      int initial = version == QuicVersion.V1 ? 0 : 1;
      for (int type = 0; type < 4; type++) {
        for (int fixed : new int[] {0, 0x40}) {
          byte[] datagram = new byte[7];
          datagram[1] = (byte) (0x80 | fixed | type << 4);
          ByteBuffer.wrap(datagram).putInt(2, version.code());
          assertEquals(
              type == initial, PacketHeader.isInitial(datagram, 1, 6), version + " " + type);
          assertFalse(PacketHeader.isInitial(datagram, 1, 4), "cut off");
        }
      }
    }
    byte[] other = {(byte) 0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 0};
    assertFalse(PacketHeader.isInitial(other, 0, 6), "a version that nobody speaks");
    assertFalse(PacketHeader.isInitial(new byte[] {0x40, 0, 0, 0, 1, 0}, 0, 6));
    assertFalse(PacketHeader.isInitial(new byte[1], 0, 0));
  }
}
