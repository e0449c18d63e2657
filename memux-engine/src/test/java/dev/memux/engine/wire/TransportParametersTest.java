package dev.memux.engine.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9000 §7.4, §18. */
class TransportParametersTest {
  private static final String TOKEN = "000102030405060708090a0b0c0d0e0f";
  private static final String ADDRESSES = "7f000001 01bb 00000000000000000000000000000001 01bb";

  @Test
  void whatIsNotSentHasTheDefaultsOfTheRfc() throws ProtocolException {
    TransportParameters p = TransportParameters.decode(new byte[0], true);
    assertEquals(65527, p.maxUdpPayloadBytes());
    assertEquals(3, p.ackDelayExponent());
    assertEquals(25, p.maxAckDelayMillis());
    assertEquals(2, p.activeConnectionIdLimit());
    assertEquals(0, p.maxIdleTimeoutMillis());
    assertEquals(0, p.initialMaxData());
    assertEquals(0, p.initialMaxStreamsBidi());
    assertFalse(p.disableActiveMigration());
    assertNull(p.initialSourceConnectionId());
    assertEquals(0, p.encode().length);
  }

  @Test
  void everyParameterReadsBack() throws ProtocolException {
    byte[] address = bytes(ADDRESSES + "04 01020304" + TOKEN);
    TransportParameters sent =
        new TransportParameters(
            bytes("0102"),
            30_000,
            bytes(TOKEN),
            1400,
            1,
            2,
            3,
            4,
            1L << 60,
            6,
            20,
            16383,
            true,
            address,
            VarInt.MAX,
            new byte[0],
            bytes("0a".repeat(20)),
            65_535,
            true,
            true,
            16_383_000,
            true,
            new VersionInformation(0x6b3343cf, List.of(1, 0x6b3343cf, 0x1a2a3a4a)),
            TransportParameters.DEFAULT_MAX_RECORD_BYTES);
    TransportParameters read = TransportParameters.decode(sent.encode(), true);
    assertArrayEquals(sent.encode(), read.encode());
    assertArrayEquals(bytes("0102"), read.originalDestinationConnectionId());
    assertEquals(30_000, read.maxIdleTimeoutMillis());
    assertArrayEquals(bytes(TOKEN), read.statelessResetToken());
    assertEquals(1400, read.maxUdpPayloadBytes());
    assertEquals(1, read.initialMaxData());
    assertEquals(2, read.initialMaxStreamDataBidiLocal());
    assertEquals(3, read.initialMaxStreamDataBidiRemote());
    assertEquals(4, read.initialMaxStreamDataUni());
    assertEquals(1L << 60, read.initialMaxStreamsBidi());
    assertEquals(6, read.initialMaxStreamsUni());
    assertEquals(20, read.ackDelayExponent());
    assertEquals(16383, read.maxAckDelayMillis());
    assertTrue(read.disableActiveMigration());
    assertArrayEquals(address, read.preferredAddress());
    assertEquals(VarInt.MAX, read.activeConnectionIdLimit());
    assertArrayEquals(new byte[0], read.initialSourceConnectionId());
    assertArrayEquals(bytes("0a".repeat(20)), read.retrySourceConnectionId());
    assertEquals(65_535, read.maxDatagramFrameBytes());
    assertTrue(read.resetStreamAt());
    assertEquals(16_383_000, read.minAckDelayMicros());
    assertTrue(read.greaseQuicBit());
    assertEquals(sent.versionInformation(), read.versionInformation());
  }

  /** RFC 9368 §4: what cannot be read is a TRANSPORT_PARAMETER_ERROR. */
  @ParameterizedTest
  @CsvSource({
    "too short, 00, both",
    "empty, '', both",
    "not whole versions, 00000001 00000001 00, both",
    "chosen version 0, 00000000 00000001, both",
    "available version 0, 00000001 00000001 00000000, both",
    "chosen one not available, 00000001 6b3343cf, client",
    "none available, 00000001, client",
  })
  void versionInformationThatCannotBeReadIsRefused(String what, String value, String sender)
      throws ProtocolException {
    byte[] bytes = bytes(value);
    byte[] encoded = new byte[2 + bytes.length];
    encoded[0] = 0x11;
    encoded[1] = (byte) bytes.length;
    System.arraycopy(bytes, 0, encoded, 2, bytes.length);
    assertRefused(encoded, false);
    if (sender.equals("both")) {
      assertRefused(encoded, true);
    } else {
      // RFC 9368 §3: a server may be giving up what it has chosen.
      TransportParameters.decode(encoded, true);
    }
  }

  /** A limit of our own: nobody speaks hundreds of versions. */
  @Test
  void versionInformationIsBounded() throws ProtocolException {
    List<Integer> most = Collections.nCopies(255, 1);
    TransportParameters.decode(encoded(new VersionInformation(1, most)), false);
    List<Integer> more = Collections.nCopies(256, 1);
    assertRefused(encoded(new VersionInformation(1, more)), false);
  }

  private static byte[] encoded(VersionInformation information) {
    return TransportParameters.builder().versionInformation(information).build().encode();
  }

  /** RFC 9287 §3. */
  @Test
  void greaseQuicBitWithAValueIsRefused() throws ProtocolException {
    assertTrue(TransportParameters.decode(bytes("6ab2 00"), false).greaseQuicBit());
    assertRefused(bytes("6ab2 01 00"), false);
    assertRefused(bytes("6ab2 01 00"), true);
  }

  /** RFC 9000 §7.4.1: versions are negotiated anew each time, and so is the fixed bit. */
  @Test
  void versionsAreNotRemembered() {
    TransportParameters sent =
        TransportParameters.builder()
            .greaseQuicBit(true)
            .versionInformation(new VersionInformation(1, List.of(1)))
            .build();
    assertNull(sent.remembered().versionInformation());
    assertFalse(sent.remembered().greaseQuicBit());
  }

  /** RFC 9000 §18.1, §7.4.2: any number of kinds of them, all ignored, none of them one of ours. */
  @Test
  void reservedParametersAreIgnored() throws ProtocolException {
    byte[] plain = TransportParameters.builder().initialMaxData(7).build().encode();
    Random random = new Random(1);
    for (int i = 0; i < 1000; i++) {
      byte[] greased = ReservedParameter.random(random).appendTo(plain);
      assertArrayEquals(plain, Arrays.copyOf(greased, plain.length));
      assertTrue(ReservedParameter.isReserved(VarInt.read(greased, plain.length)));
      assertEquals(7, TransportParameters.decode(greased, i % 2 == 0).initialMaxData());
    }
    for (long id : new long[] {0x11, 0x1d, 0x20, 0x2ab2, 0xff04de1bL, 0x4d454d5558L}) {
      assertFalse(ReservedParameter.isReserved(id));
    }
  }

  /**
   * draft-ietf-quic-ack-frequency §3: nobody can delay less than at most and more than at least.
   */
  @Test
  void aLeastAckDelayAboveTheLongestIsRefused() throws ProtocolException {
    TransportParameters within =
        TransportParameters.builder().maxAckDelayMillis(20).minAckDelayMicros(20_000).build();
    assertEquals(20_000, TransportParameters.decode(within.encode(), false).minAckDelayMicros());
    byte[] above =
        TransportParameters.builder()
            .maxAckDelayMillis(20)
            .minAckDelayMicros(20_001)
            .build()
            .encode();
    ProtocolException fault =
        assertThrows(ProtocolException.class, () -> TransportParameters.decode(above, false));
    assertEquals(TransportError.TRANSPORT_PARAMETER_ERROR, fault.code());
  }

  /** draft-ietf-quic-ack-frequency §3: it holds for one connection, so no 0-RTT goes by it. */
  @Test
  void aLeastAckDelayIsNotRemembered() {
    TransportParameters sent = TransportParameters.builder().minAckDelayMicros(1000).build();
    assertEquals(TransportParameters.NO_ACK_FREQUENCY, sent.remembered().minAckDelayMicros());
  }

  @Test
  void earlyDataMayRelyOnDatagramsAndResetsAsRemembered() {
    // RFC 9221 §3, draft-ietf-quic-reliable-stream-reset §3
    TransportParameters before =
        TransportParameters.builder().maxDatagramFrameBytes(1000).resetStreamAt(true).build();
    assertTrue(before.allowsAllOf(before.remembered()));
    assertFalse(with(999, true).allowsAllOf(before.remembered()));
    assertFalse(with(1000, false).allowsAllOf(before.remembered()));
    assertTrue(with(1001, true).allowsAllOf(before.remembered()));
    // QMux §5.2, §8.2
    TransportParameters large = TransportParameters.builder().maxRecordBytes(20_000).build();
    assertTrue(large.allowsAllOf(large.remembered()));
    assertFalse(with(0, false).allowsAllOf(large.remembered()));
    // docs/stream-priority.md §2
    TransportParameters taking = TransportParameters.builder().streamPriority(true).build();
    assertTrue(taking.allowsAllOf(taking.remembered()));
    assertTrue(taking.allowsAllOf(with(0, false).remembered()));
    assertFalse(with(0, false).allowsAllOf(taking.remembered()));
  }

  private static TransportParameters with(long maxDatagramFrameBytes, boolean resetStreamAt) {
    return TransportParameters.builder()
        .maxDatagramFrameBytes(maxDatagramFrameBytes)
        .resetStreamAt(resetStreamAt)
        .build();
  }

  @Test
  void everyParameterCutAnywhereIsRefused() throws ProtocolException {
    byte[] whole =
        bytes(
            "0f04 01020304" + "0d 2d" + ADDRESSES + "04 01020304" + TOKEN + "01 02 4064" + "0c00");
    TransportParameters.decode(whole, true);
    int whereOneEnds = 0;
    for (int length = 1; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      try {
        TransportParameters.decode(cut, true);
        whereOneEnds++;
      } catch (ProtocolException e) {
        assertEquals(TransportError.TRANSPORT_PARAMETER_ERROR, e.code());
      }
    }
    assertEquals(3, whereOneEnds);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0c00 0c00", // known, twice
        "01 01 05 01 01 05",
        "1b00 1b00", // unknown, twice: RFC 9000 §7.4 excepts none
        "401b00 1b00",
        "03 02 44af", // max_udp_payload_size 1199
        "1d 01 00", // reset_stream_at with a value
        "c000004d454d5558 01 00", // stream_priority with a value
        "20 00", // max_datagram_frame_size without one
        "08 08 d000000000000001", // 2^60 + 1 streams
        "09 08 d000000000000001",
        "0a 01 15", // ack_delay_exponent 21
        "0b 04 80004000", // max_ack_delay 2^14
        "0e 01 01", // active_connection_id_limit 1
        "0e 01 00",
        "0c 01 00", // disable_active_migration with a value
        "04 00", // a number without bytes
        "04 02 05 05", // and with one too many
        "04 01 40", // and with one too few
        "04 04 4005", // a value beyond the end
        "04 ffffffffffffffff 05",
        "0f 15 111111111111111111111111111111111111111111", // an ID of 21 bytes
        "02 0f 0102030405060708090a0b0c0d0e0f",
        "02 11 000102030405060708090a0b0c0d0e0f10",
        "0d 00",
        "0d 29" + ADDRESSES + "00" + TOKEN, // preferred_address without an ID
        "0d 2a" + ADDRESSES + "02 01" + TOKEN, // its ID longer than it is
        "0d 2b" + ADDRESSES + "01 01" + TOKEN + "00",
        "0d 3e" + ADDRESSES + "15" + "010101010101010101010101010101010101010101" + TOKEN
      })
  void refusesWhatIsMalformedOrOutOfRange(String hex) {
    assertRefused(bytes(hex), true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"00 01 11", "02 10" + TOKEN, "0d 2a" + ADDRESSES + "01 01" + TOKEN, "10 00"})
  void aClientMustNotSendAServersParameters(String hex) throws ProtocolException {
    // RFC 9000 §18.2.
    TransportParameters.decode(bytes(hex), true);
    assertRefused(bytes(hex), false);
  }

  @Test
  void unknownParametersAreIgnored() throws ProtocolException {
    // RFC 9000 §7.4.2, and §18.1: 31 * N + 27 are reserved to exercise this.
    TransportParameters p =
        TransportParameters.decode(
            bytes("1b 03 aabbcc 403a 00 c000004d454d5559 01 01 12 00 04 01 07 ffffffffffffffff 00"),
            false);
    assertEquals(7, p.initialMaxData());
  }

  @Test
  void theirNumberIsBounded() throws ProtocolException {
    byte[] encoded = new byte[3 * 200];
    for (int i = 0; i < 200; i++) {
      VarInt.write(encoded, 3 * i, 1000 + i);
    }
    TransportParameters.decode(Arrays.copyOf(encoded, 3 * 128), true);
    assertRefused(Arrays.copyOf(encoded, 3 * 129), true);
  }

  @Test
  void noBytesThrowAnythingButAProtocolException() {
    Random random = new Random(18);
    byte[] valid = bytes("0f04 01020304 0d 2d" + ADDRESSES + "04 01020304" + TOKEN + "01024064");
    for (int i = 0; i < 100_000; i++) {
      byte[] encoded = valid.clone();
      for (int j = random.nextInt(4); j >= 0; j--) {
        encoded[random.nextInt(encoded.length)] = (byte) random.nextInt();
      }
      try {
        TransportParameters.decode(encoded, random.nextBoolean());
      } catch (ProtocolException e) {
        assertEquals(TransportError.TRANSPORT_PARAMETER_ERROR, e.code());
      }
    }
  }

  private static void assertRefused(byte[] encoded, boolean fromServer) {
    ProtocolException e =
        assertThrows(
            ProtocolException.class, () -> TransportParameters.decode(encoded, fromServer));
    assertEquals(TransportError.TRANSPORT_PARAMETER_ERROR, e.code());
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }
}
