package dev.memux.engine.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.tls.EncryptionLevel;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames as peers may send them (RFC 9000 §12.4, §19). */
class FrameReaderTest {
  private static final String TOKEN = "000102030405060708090a0b0c0d0e0f";

  private final FrameReader reader = new FrameReader();
  private final FrameRecorder recorder = new FrameRecorder();

  /** One frame of each type, in hex; each fails wherever it is cut. */
  static Stream<String> oneOfEach() {
    return Stream.of(
        "01",
        "02 05 03 00 02",
        "02 4100 03 02 02 00 01 4040 05",
        "03 05 03 00 02 01 02 4003",
        "04 08 7fff 80010000",
        "05 08 7fff",
        "06 40c8 03 aabbcc",
        "07 02 aabb",
        "0a 08 03 aabbcc",
        "0b 08 03 aabbcc",
        "0b 08 00",
        "0e 08 4100 03 aabbcc",
        "0f 08 c000000000000100 03 aabbcc",
        "10 8fffffff",
        "11 08 8fffffff",
        "12 4064",
        "13 4064",
        "14 8fffffff",
        "15 08 8fffffff",
        "16 4064",
        "17 4064",
        "18 02 01 08 1122334455667788 " + TOKEN,
        "19 4003",
        "1a 0102030405060708",
        "1b 0102030405060708",
        "1c 0a 4006 03 626164",
        "1d 4100 03 626164",
        "1e",
        "24 08 7fff 80010000 4003",
        "31 03 aabbcc",
        "31 00");
  }

  @ParameterizedTest
  @MethodSource("oneOfEach")
  void aFrameCutAnywhereIsMalformed(String hex) throws ProtocolException {
    byte[] whole = bytes(hex);
    read(whole);
    for (int length = 1; length < whole.length; length++) {
      // In an array of its own and in one that has more: neither must be read beyond.
      byte[] cut = Arrays.copyOf(whole, length);
      assertFault(TransportError.FRAME_ENCODING_ERROR, cut);
      int end = length;
      ProtocolException fault =
          assertThrows(
              ProtocolException.class,
              () -> reader.read(whole, 0, end, EncryptionLevel.APPLICATION, recorder));
      assertEquals(TransportError.FRAME_ENCODING_ERROR, fault.code());
      assertEquals(whole[0], fault.frameType(), "RFC 9000 §19.19 names the frame");
    }
  }

  @Test
  void aStreamFrameWithoutLengthReachesTheEndOfThePacket() throws ProtocolException {
    // RFC 9000 §19.8: no LEN bit.
    read("01 08 04 aabbcc");
    read("09 04");
    read("0c 04 4064 aa");
    read("0d 04 4064");
    assertEquals(
        List.of("STREAM 4 0 aabbcc", "STREAM 4 0  FIN", "STREAM 4 100 aa", "STREAM 4 100  FIN"),
        recorder.frames);
  }

  @Test
  void aDatagramWithoutLengthReachesTheEndOfThePacket() throws ProtocolException {
    // RFC 9221 §4: no LEN bit.
    read("01 30 aabbcc");
    read("30");
    assertEquals(List.of("DATAGRAM 4 aabbcc", "DATAGRAM 1 "), recorder.frames);
  }

  @Test
  void aResetThatPromisesMoreThanThereIsIsMalformed() {
    // draft-ietf-quic-reliable-stream-reset §4
    assertFault(TransportError.FRAME_ENCODING_ERROR, bytes("24 08 00 05 06"));
  }

  @Test
  void aStreamPriorityReadsAsWritten() throws ProtocolException {
    // docs/stream-priority.md §3
    byte[] whole = bytes("c000004d454d5558 08 4100 05 01 80010000");
    assertTrue(read(whole));
    assertEquals(
        List.of(
            "StreamPriority[streamId=8, sequence=256, urgency=5, incremental=true, groupId=65536]"),
        recorder.frames);
    for (int length = 1; length < whole.length; length++) {
      assertFault(TransportError.FRAME_ENCODING_ERROR, Arrays.copyOf(whole, length));
    }
  }

  @Test
  void theExamplesOfTheDescriptionAreWhatTheySay() throws ProtocolException {
    // docs/stream-priority.md §6
    read("c000004d454d5558 04 00 00 01 00  0a 04 05 68656c6c6f");
    read("c000004d454d5558 04 01 07 01 00  c000004d454d5558 08 00 01 01 00");
    read("c000004d454d5558 0c 00 03 01 412c");
    assertEquals(
        List.of(
            "StreamPriority[streamId=4, sequence=0, urgency=0, incremental=true, groupId=0]",
            "STREAM 4 0 68656c6c6f",
            "StreamPriority[streamId=4, sequence=1, urgency=7, incremental=true, groupId=0]",
            "StreamPriority[streamId=8, sequence=0, urgency=1, incremental=true, groupId=0]",
            "StreamPriority[streamId=12, sequence=0, urgency=3, incremental=true, groupId=300]"),
        recorder.frames);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "c000004d454d5558 08 00 08 00 00", // urgency 8
        "c000004d454d5558 08 00 ffffffffffffffff 00 00",
        "c000004d454d5558 08 00 03 02 00", // incremental 2
        "c000004d454d5558 08 00 03 ffffffffffffffff 00",
      })
  void aStreamPriorityOfNoMeaningIsMalformed(String hex) {
    // docs/stream-priority.md §4
    assertFault(TransportError.FRAME_ENCODING_ERROR, bytes(hex));
  }

  @Test
  void readsWhatItShould() throws ProtocolException {
    oneOfEach().forEach(this::readUnchecked);
    assertEquals(
        List.of(
            "ACK delay 3 3..5",
            "ACK delay 3 254..256 251..252 180..185",
            "ACK delay 3 3..5 ECN 1 2 3",
            "ResetStream[streamId=8, errorCode=16383, finalSize=65536]",
            "StopSending[streamId=8, errorCode=16383]",
            "CRYPTO 200 aabbcc",
            "NEW_TOKEN aabb",
            "STREAM 8 0 aabbcc",
            "STREAM 8 0 aabbcc FIN",
            "STREAM 8 0  FIN",
            "STREAM 8 256 aabbcc",
            "STREAM 8 256 aabbcc FIN",
            "MaxData[maximum=268435455]",
            "MaxStreamData[streamId=8, maximum=268435455]",
            "MaxStreams[bidirectional=true, maximum=100]",
            "MaxStreams[bidirectional=false, maximum=100]",
            "DataBlocked[limit=268435455]",
            "StreamDataBlocked[streamId=8, limit=268435455]",
            "StreamsBlocked[bidirectional=true, limit=100]",
            "StreamsBlocked[bidirectional=false, limit=100]",
            "NEW_CONNECTION_ID 2 1 1122334455667788 " + TOKEN,
            "RetireConnectionId[sequence=3]",
            "PathChallenge[data=72623859790382856]",
            "PathResponse[data=72623859790382856]",
            "ConnectionClose[application=false, errorCode=10, frameType=6, reason=bad]",
            "ConnectionClose[application=true, errorCode=256, frameType=0, reason=bad]",
            "HandshakeDone[]",
            "ResetStreamAt[streamId=8, errorCode=16383, finalSize=65536, reliableSize=3]",
            "DATAGRAM 5 aabbcc",
            "DATAGRAM 2 "),
        recorder.frames);
  }

  @Test
  void aPacketMayHoldAllOfThem() throws ProtocolException {
    StringBuilder all = new StringBuilder("0000");
    oneOfEach().forEach(frame -> all.append(frame).append("00"));
    read(all.toString());
    assertEquals(30, recorder.frames.size());
  }

  @Test
  void aPacketWithoutFramesIsAViolation() {
    // RFC 9000 §12.4.
    ProtocolException fault =
        assertThrows(
            ProtocolException.class,
            () -> reader.read(new byte[9], 5, 5, EncryptionLevel.APPLICATION, recorder));
    assertEquals(TransportError.PROTOCOL_VIOLATION, fault.code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"21", "20", "3f", "4021", "7fff", "80f0700f", "c000004d454d5558"})
  void anUnknownTypeIsMalformed(String hex) {
    // RFC 9000 §12.4: "of an unknown type as a connection error of type FRAME_ENCODING_ERROR".
    assertFault(TransportError.FRAME_ENCODING_ERROR, bytes(hex));
  }

  @ParameterizedTest
  @EnumSource(EncryptionLevel.class)
  void packetsDoNotKnowTheFramesOfRecords(EncryptionLevel level) {
    // QMux §4.2, §4.3: they are QMux's alone, so that RFC 9000 §12.4 holds.
    for (String hex : List.of("ff5153300d0a0d0a00", "f48c67529ef8c7bd00", "f48c67529ef8c7be00")) {
      byte[] frame = bytes(hex);
      ProtocolException fault =
          assertThrows(
              ProtocolException.class,
              () -> reader.read(frame, 0, frame.length, level, recorder),
              hex);
      assertEquals(TransportError.FRAME_ENCODING_ERROR, fault.code(), hex);
    }
  }

  @Test
  void recordsHaveTheFramesThatQmuxNames() throws ProtocolException {
    // QMux §4, §9; docs/stream-priority.md §3.
    List<FrameType> legal =
        List.of(
            FrameType.PADDING,
            FrameType.RESET_STREAM,
            FrameType.STOP_SENDING,
            FrameType.STREAM,
            FrameType.MAX_DATA,
            FrameType.MAX_STREAM_DATA,
            FrameType.MAX_STREAMS_BIDI,
            FrameType.MAX_STREAMS_UNI,
            FrameType.DATA_BLOCKED,
            FrameType.STREAM_DATA_BLOCKED,
            FrameType.STREAMS_BLOCKED_BIDI,
            FrameType.STREAMS_BLOCKED_UNI,
            FrameType.CONNECTION_CLOSE,
            FrameType.APPLICATION_CLOSE,
            FrameType.RESET_STREAM_AT,
            FrameType.DATAGRAM,
            FrameType.STREAM_PRIORITY,
            FrameType.QX_PING,
            FrameType.QX_PING_RESPONSE,
            FrameType.QX_TRANSPORT_PARAMETERS);
    for (FrameType type : FrameType.values()) {
      assertEquals(legal.contains(type), type.isLegalInRecord(), type.name());
    }
    byte[] record = bytes("0000" + "f48c67529ef8c7bd05" + "00" + "f48c67529ef8c7be04" + "1009");
    reader.readRecord(record, 0, record.length, recorder);
    assertEquals(
        List.of(
            "QxPing[response=false, sequence=5]",
            "QxPing[response=true, sequence=4]",
            "MaxData[maximum=9]"),
        recorder.frames);
  }

  @ParameterizedTest
  @ValueSource(strings = {"4000", "4001", "80000001", "c000000000000001", "400a040100", "401e"})
  void aTypeNotInItsShortestEncodingIsAViolation(String hex) {
    assertFault(TransportError.PROTOCOL_VIOLATION, bytes(hex)); // RFC 9000 §12.4
  }

  @ParameterizedTest
  @EnumSource(
      value = EncryptionLevel.class,
      names = {"INITIAL", "HANDSHAKE"})
  void beforeTheHandshakeEndsOnlyItsFramesAreLegal(EncryptionLevel level) {
    // RFC 9000 §12.4, table 3, and §17.2.2, §17.2.4.
    List<Integer> legal = List.of(0x01, 0x02, 0x03, 0x06, 0x1c);
    oneOfEach()
        .forEach(
            hex -> {
              byte[] frame = bytes(hex);
              if (legal.contains((int) frame[0])) {
                readUnchecked(hex, level);
              } else {
                ProtocolException fault =
                    assertThrows(
                        ProtocolException.class,
                        () -> reader.read(frame, 0, frame.length, level, recorder),
                        hex);
                assertEquals(TransportError.PROTOCOL_VIOLATION, fault.code(), hex);
              }
            });
  }

  @Test
  void earlyDataHoldsNothingThatAnswersTheServer() {
    // RFC 9000 §12.4: ACK, CRYPTO, NEW_TOKEN, RETIRE_CONNECTION_ID, PATH_RESPONSE, HANDSHAKE_DONE.
    List<Integer> illegal = List.of(0x02, 0x03, 0x06, 0x07, 0x19, 0x1b, 0x1e);
    oneOfEach()
        .forEach(
            hex -> {
              byte[] frame = bytes(hex);
              if (!illegal.contains((int) frame[0])) {
                readUnchecked(hex, EncryptionLevel.EARLY);
              } else {
                ProtocolException fault =
                    assertThrows(
                        ProtocolException.class,
                        () -> reader.read(frame, 0, frame.length, EncryptionLevel.EARLY, recorder),
                        hex);
                assertEquals(TransportError.PROTOCOL_VIOLATION, fault.code(), hex);
              }
            });
  }

  @Test
  void onlyPaddingAcksAndClosesNeedNoAcknowledgement() throws ProtocolException {
    // RFC 9002 §2: ack-eliciting.
    List<Integer> silent = List.of(0x02, 0x03, 0x1c, 0x1d);
    for (String hex : oneOfEach().toList()) {
      assertEquals(!silent.contains((int) bytes(hex)[0]), read(hex), hex);
    }
    assertFalse(read("00 00 00"));
    assertTrue(read("0205030002 01 00"));
    assertTrue(read("01 0205030002"));
  }

  @ParameterizedTest
  @CsvSource({
    "0x12, d000000000000001", // 2^60 + 1
    "0x13, d000000000000001",
    "0x16, d000000000000001",
    "0x17, d000000000000001",
    "0x12, ffffffffffffffff",
    "0x17, ffffffffffffffff"
  })
  void aStreamLimitAboveTwoToThePowerOf60IsMalformed(String type, String limit) {
    // RFC 9000 §19.11, §19.14.
    assertFault(TransportError.FRAME_ENCODING_ERROR, bytes(type.substring(2) + limit));
  }

  @Test
  void aStreamLimitOfTwoToThePowerOf60IsFine() throws ProtocolException {
    read("12 d000000000000000");
    assertEquals(
        List.of("MaxStreams[bidirectional=true, maximum=1152921504606846976]"), recorder.frames);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0e 04 ffffffffffffffff 01 aa", // RFC 9000 §19.8
        "0e 04 fffffffffffffffe 02 aabb",
        "0c 04 ffffffffffffffff aa",
        "06 ffffffffffffffff 01 aa" // RFC 9000 §19.6
      })
  void dataBeyondTheLargestOffsetIsMalformed(String hex) {
    assertFault(TransportError.FRAME_ENCODING_ERROR, bytes(hex));
  }

  @Test
  void dataUpToTheLargestOffsetIsFine() throws ProtocolException {
    read("0f 04 fffffffffffffffe 01 aa");
    read("0f 04 ffffffffffffffff 00");
    assertEquals(
        List.of("STREAM 4 4611686018427387902 aa FIN", "STREAM 4 4611686018427387903  FIN"),
        recorder.frames);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "02 05 00 00 06", // first range
        "02 05 00 01 02 02 00", // 3..5, gap of 3: largest would be -1
        "02 05 00 01 02 00 02", // 3..5, then 1..-1
        "02 05 00 01 05 00 00",
        "02 ffffffffffffffff 00 01 00 ffffffffffffffff ffffffffffffffff"
      })
  void anAckOfNegativePacketNumbersIsMalformed(String hex) {
    assertFault(TransportError.FRAME_ENCODING_ERROR, bytes(hex)); // RFC 9000 §19.3.1
  }

  @Test
  void anAckReachesDownToPacketNumberZero() throws ProtocolException {
    read("02 05 00 01 02 01 00");
    read("02 00 00 00 00");
    assertEquals(List.of("ACK delay 0 3..5 0..0", "ACK delay 0 0..0"), recorder.frames);
  }

  @Test
  void anAckThatPromisesMoreRangesThanItHasIsMalformed() {
    assertFault(
        TransportError.FRAME_ENCODING_ERROR,
        bytes("02 c000000000100000 00 ffffffffffffffff 00" + "0000".repeat(1000)));
  }

  @Test
  void ofAnAckOnlyTheHighestRangesAreKept() throws ProtocolException {
    // A range takes two bytes of the peer's and sixteen of ours, for as long as the connection
    // lives.
    int ranges = AckFrame.MAX_RANGES + 500;
    byte[] tail = new byte[2 * ranges];
    byte[] head =
        bytes("02 80100000 00 8" + Integer.toHexString(0x1000_0000 | ranges).substring(1) + " 00");
    byte[] frame = Arrays.copyOf(head, head.length + tail.length);
    int[] count = new int[1];
    reader.read(
        frame,
        0,
        frame.length,
        EncryptionLevel.APPLICATION,
        new OnlyAcks() {
          @Override
          public void onAck(AckFrame ack) {
            count[0] = ack.rangeCount();
            assertEquals(0x100000, ack.largest());
            assertEquals(0x100000 - 2, ack.largest(1));
          }
        });
    assertEquals(AckFrame.MAX_RANGES, count[0]);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "18 01 02 08 1122334455667788 " + TOKEN, // retires more than there are
        "18 01 00 00 " + TOKEN, // no ID
        "18 01 00 15 112233445566778811223344556677881122334455 " + TOKEN, // 21 bytes
        "18 01 00 ff 1122334455667788 " + TOKEN,
        "07 00" // RFC 9000 §19.7: an empty token
      })
  void refusesIllegalConnectionIdsAndTokens(String hex) {
    assertFault(TransportError.FRAME_ENCODING_ERROR, bytes(hex)); // RFC 9000 §19.15
  }

  @ParameterizedTest
  @ValueSource(strings = {"01", "14"})
  void connectionIdsHaveOneToTwentyBytes(String length) throws ProtocolException {
    read("18 01 01 " + length + "ab".repeat(Integer.parseInt(length, 16)) + TOKEN);
    assertEquals(1, recorder.frames.size());
  }

  @Test
  void aReasonThatIsNotUtf8IsReadAllTheSame() throws ProtocolException {
    read("1c 00 00 03 ff6fc3");
    assertEquals(1, recorder.frames.size());
  }

  @Test
  void aFaultEndsThePacketAfterTheFramesBeforeIt() {
    assertFault(TransportError.FRAME_ENCODING_ERROR, bytes("10 04 21 10 05"));
    assertEquals(List.of("MaxData[maximum=4]"), recorder.frames);
  }

  @Test
  void noPayloadThrowsAnythingButAProtocolException() {
    Random random = new Random(19);
    List<byte[]> seeds = oneOfEach().map(FrameReaderTest::bytes).toList();
    for (int i = 0; i < 200_000; i++) {
      byte[] payload;
      if (random.nextBoolean()) {
        payload = new byte[1 + random.nextInt(40)];
        random.nextBytes(payload);
        payload[0] &= 0x1f;
      } else {
        payload = seeds.get(random.nextInt(seeds.size())).clone();
        payload[random.nextInt(payload.length)] = (byte) random.nextInt();
      }
      try {
        EncryptionLevel level = EncryptionLevel.values()[random.nextInt(4)];
        reader.read(payload, 0, payload.length, level, recorder);
      } catch (ProtocolException expected) {
        assertTrue(
            expected.code() == TransportError.FRAME_ENCODING_ERROR
                || expected.code() == TransportError.PROTOCOL_VIOLATION);
      }
      recorder.frames.clear();
    }
  }

  private abstract static class OnlyAcks implements FrameSink {
    @Override
    public void onStream(long id, long offset, byte[] data, int from, int length, boolean fin) {
      throw new AssertionError();
    }

    @Override
    public void onDatagram(byte[] data, int from, int length, int frameBytes) {
      throw new AssertionError();
    }

    @Override
    public void onCrypto(long offset, byte[] data, int from, int length) {
      throw new AssertionError();
    }

    @Override
    public void onControl(ControlFrame frame) {
      throw new AssertionError();
    }
  }

  private boolean read(String hex) throws ProtocolException {
    return read(bytes(hex));
  }

  private boolean read(byte[] payload) throws ProtocolException {
    return reader.read(payload, 0, payload.length, EncryptionLevel.APPLICATION, recorder);
  }

  private void readUnchecked(String hex) {
    readUnchecked(hex, EncryptionLevel.APPLICATION);
  }

  private void readUnchecked(String hex, EncryptionLevel level) {
    byte[] payload = bytes(hex);
    try {
      reader.read(payload, 0, payload.length, level, recorder);
    } catch (ProtocolException e) {
      throw new AssertionError(hex, e);
    }
  }

  private void assertFault(long code, byte[] payload) {
    ProtocolException fault = assertThrows(ProtocolException.class, () -> read(payload));
    assertEquals(code, fault.code(), fault.reason());
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }
}
