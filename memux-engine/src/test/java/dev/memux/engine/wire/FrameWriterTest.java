package dev.memux.engine.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.tls.EncryptionLevel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every frame reads back as it was written, wherever it ends, and fits or leaves no trace. */
class FrameWriterTest {
  private static final int FROM = 7;
  private static final byte CANARY = (byte) 0xee;
  private static final long[] VALUES = {0, 63, 64, 16383, 16384, (1 << 30) - 1, 1 << 30, 1L << 59};

  private final byte[] buffer = new byte[4096];
  private final FrameWriter writer = new FrameWriter();
  private final FrameReader reader = new FrameReader();
  private final FrameRecorder recorder = new FrameRecorder();

  record Case(String expected, Predicate<FrameWriter> write) {
    @Override
    public String toString() {
      return expected;
    }
  }

  static Stream<Case> frames() {
    byte[] id = {1, 2, 3, 4, 5, 6, 7, 8};
    byte[] token = new byte[16];
    Stream<Case> fixed =
        Stream.of(
            new Case("HandshakeDone[]", FrameWriter::handshakeDone),
            new Case("ImmediateAck[]", FrameWriter::immediateAck),
            new Case("PathChallenge[data=-2]", w -> w.pathChallenge(-2)),
            new Case("PathResponse[data=5]", w -> w.pathResponse(5)),
            new Case(
                "StreamPriority[streamId=4, sequence=7, urgency=0, incremental=false, groupId=0]",
                w -> w.streamPriority(4, 7, 0, false, 0)),
            new Case(
                "NEW_CONNECTION_ID 70 3 0102030405060708 " + "00".repeat(16),
                w -> w.newConnectionId(70, 3, id, token)));
    Stream<Case> numbers =
        LongStream.of(VALUES)
            .boxed()
            .flatMap(
                v ->
                    Stream.of(
                        new Case(
                            "ResetStream[streamId=4, errorCode=" + v + ", finalSize=" + v + "]",
                            w -> w.resetStream(4, v, v)),
                        new Case(
                            "ResetStreamAt[streamId=4, errorCode=%d, finalSize=%d, reliableSize=%d]"
                                .formatted(v, v, v),
                            w -> w.resetStreamAt(4, v, v, v)),
                        new Case(
                            ("AckFrequency[sequence=%d, threshold=%d, maxAckDelayMicros=%d,"
                                    + " reorderingThreshold=%d]")
                                .formatted(v, v, v, v),
                            w -> w.ackFrequency(v, v, v, v)),
                        new Case(
                            ("StreamPriority[streamId=%d, sequence=%d, urgency=7, incremental=true,"
                                    + " groupId=%d]")
                                .formatted(v, v, v),
                            w -> w.streamPriority(v, v, 7, true, v)),
                        new Case(
                            "StopSending[streamId=" + v + ", errorCode=" + v + "]",
                            w -> w.stopSending(v, v)),
                        new Case("MaxData[maximum=" + v + "]", w -> w.maxData(v)),
                        new Case(
                            "MaxStreamData[streamId=" + v + ", maximum=9]",
                            w -> w.maxStreamData(v, 9)),
                        new Case(
                            "MaxStreams[bidirectional=true, maximum=" + v + "]",
                            w -> w.maxStreams(true, v)),
                        new Case(
                            "MaxStreams[bidirectional=false, maximum=" + v + "]",
                            w -> w.maxStreams(false, v)),
                        new Case("DataBlocked[limit=" + v + "]", w -> w.dataBlocked(v)),
                        new Case(
                            "StreamDataBlocked[streamId=8, limit=" + v + "]",
                            w -> w.streamDataBlocked(8, v)),
                        new Case(
                            "StreamsBlocked[bidirectional=true, limit=" + v + "]",
                            w -> w.streamsBlocked(true, v)),
                        new Case(
                            "StreamsBlocked[bidirectional=false, limit=" + v + "]",
                            w -> w.streamsBlocked(false, v)),
                        new Case(
                            "RetireConnectionId[sequence=" + v + "]",
                            w -> w.retireConnectionId(v))));
    return Stream.concat(fixed, numbers);
  }

  @ParameterizedTest
  @MethodSource("frames")
  void aFrameReadsBackAndIsNeverWrittenInPart(Case frame) throws ProtocolException {
    begin(buffer.length - FROM - 1);
    assertTrue(frame.write.test(writer));
    int size = writer.position() - FROM;
    assertEquals(List.of(frame.expected), readBack());
    for (int room = 0; room <= size; room++) {
      begin(room);
      assertEquals(room == size, frame.write.test(writer), "room for " + room);
      assertEquals(room == size ? FROM + size : FROM, writer.position());
      assertUntouched(room == size ? FROM + size : FROM);
    }
  }

  @Test
  void datagramsReadBackForEveryRoom() throws ProtocolException {
    // RFC 9221 §4: without a length where only so it fits, and then nothing can follow.
    for (int length : new int[] {0, 1, 62, 63, 64, 65, 1000}) {
      byte[] datagram = new byte[length];
      Arrays.fill(datagram, (byte) 0xab);
      for (int room = 0; room <= length + 10; room++) {
        begin(room);
        assertEquals(room > length, writer.datagram(datagram), length + " into " + room);
        assertUntouched(writer.position());
        if (room > length) {
          String payload = "ab".repeat(length);
          assertTrue(readBack().getFirst().endsWith(" " + payload), length + " into " + room);
          assertTrue(writer.position() <= FROM + room);
        }
      }
    }
  }

  @Test
  void pingFitsOneByte() throws ProtocolException {
    begin(0);
    assertFalse(writer.ping());
    begin(1);
    assertTrue(writer.ping());
    assertEquals(List.of(), readBack());
  }

  @Test
  void streamFramesReadBackForEveryRoomAndEveryAmountOfData() throws ProtocolException {
    // RFC 9000 §19.8. All sizes of ID, offset and length field that fit 0 to 80 bytes.
    for (long id : new long[] {0, 63, 64, 1 << 20}) {
      for (long offset : new long[] {0, 1, 63, 64, 20_000, 1L << 40}) {
        for (int room = 0; room <= 80; room++) {
          for (int available = 0; available <= 90; available++) {
            checkStream(id, offset, room, available, true);
            checkStream(id, offset, room, available, false);
          }
        }
      }
    }
  }

  @Test
  void streamFramesReadBackAroundTheSizesOfTheLengthField() throws ProtocolException {
    byte[] large = new byte[20_000];
    for (int room : new int[] {16_380, 16_384, 16_385, 16_386, 16_387, 16_388, 16_389, 16_390}) {
      for (int available = 16_370; available < 16_400; available++) {
        writer.reset(large, 0, room);
        int length = writer.stream(4, 0, available, true);
        Arrays.fill(large, writer.position(), room, (byte) 0);
        writer.advance(length);
        recorder.frames.clear();
        reader.read(large, 0, writer.position(), EncryptionLevel.APPLICATION, recorder);
        assertEquals(1, recorder.frames.size());
        assertEquals(
            "STREAM 4 0 " + "00".repeat(length) + (length == available ? " FIN" : ""),
            recorder.frames.getFirst());
      }
    }
  }

  private void checkStream(long id, long offset, int room, int available, boolean fin)
      throws ProtocolException {
    begin(room);
    String what = id + " " + offset + " room " + room + " available " + available;
    int length = writer.stream(id, offset, available, fin);
    int header = 1 + VarInt.size(id) + (offset == 0 ? 0 : VarInt.size(offset));
    if (length < 0) {
      assertEquals(FROM, writer.position(), what);
      // Nothing may be said only if not even one byte, or the empty frame's length, fits.
      assertTrue(room < header + 1, what);
      assertUntouched(FROM);
      return;
    }
    assertEquals(Math.min(available, room - header), length, what);
    for (int i = 0; i < length; i++) {
      buffer[writer.position() + i] = (byte) i;
    }
    writer.advance(length);
    boolean ends = fin && length == available;
    assertEquals(
        List.of("STREAM " + id + " " + offset + " " + hex(length) + (ends ? " FIN" : "")),
        readBack(),
        what);
    assertUntouched(FROM + room);
    if (length < available || length == room - header) {
      assertEquals(0, writer.remaining(), what + ": data is left over, so the packet is full");
    }
  }

  @Test
  void aStreamFrameThatFillsThePacketOmitsItsLength() {
    begin(12);
    assertEquals(10, writer.stream(4, 0, 10, false));
    assertEquals(0x08, buffer[FROM]);
    begin(12);
    assertEquals(10, writer.stream(4, 0, 11, true));
    assertEquals(0x08, buffer[FROM], "no FIN: a byte is left");
  }

  @Test
  void dataThatFitsButForItsLengthIsPaddedInFront() {
    begin(13);
    assertEquals(11, writer.stream(4, 0, 11, true));
    begin(13);
    assertEquals(10, writer.stream(4, 0, 10, true));
    assertEquals(0x0b, buffer[FROM], "with its length it fits exactly");
    begin(67);
    assertEquals(64, writer.stream(4, 0, 64, true), "a length of two bytes would not fit");
    assertEquals(0, buffer[FROM]);
    assertEquals(0x09, buffer[FROM + 1]);
  }

  @Test
  void cryptoFramesReadBackForEveryRoomAndEveryAmountOfData() throws ProtocolException {
    for (long offset : new long[] {0, 63, 64, 20_000}) {
      for (int room = 0; room <= 80; room++) {
        for (int available = 0; available <= 90; available++) {
          begin(room);
          int length = writer.crypto(offset, available);
          String what = offset + " room " + room + " available " + available;
          if (length < 0) {
            assertEquals(FROM, writer.position(), what);
            assertTrue(available == 0 || room < 1 + VarInt.size(offset) + 2, what);
            continue;
          }
          for (int i = 0; i < length; i++) {
            buffer[writer.position() + i] = (byte) i;
          }
          writer.advance(length);
          assertEquals(List.of("CRYPTO " + offset + " " + hex(length)), readBack(), what);
          assertTrue(length == available || writer.remaining() <= 1, what);
          assertUntouched(FROM + room);
        }
      }
    }
  }

  @Test
  void anAckHoldsTheHighestRangesThatFit() throws ProtocolException {
    Random random = new Random(3);
    for (int round = 0; round < 300; round++) {
      RangeSet received = new RangeSet();
      long at = random.nextInt(1000);
      int count = 1 + random.nextInt(80);
      for (int i = 0; i < count; i++) {
        long end =
            at + 1L + (random.nextInt(4) == 0 ? random.nextInt(100_000) : random.nextInt(60));
        received.add(at, end);
        at = end + 1L + (random.nextInt(4) == 0 ? random.nextInt(100_000) : random.nextInt(60));
      }
      int room = random.nextInt(200);
      begin(room);
      if (!writer.ack(received, round)) {
        assertEquals(FROM, writer.position());
        assertTrue(room < 16, "the highest range fits 16 bytes");
        continue;
      }
      String line = readBack().getFirst();
      int ranges = line.split(" ", -1).length - 3;
      StringBuilder expected = new StringBuilder("ACK delay " + round);
      for (int i = 0; i < ranges; i++) {
        int range = received.size() - 1 - i;
        expected.append(' ').append(received.start(range)).append("..");
        expected.append(received.end(range) - 1);
      }
      assertEquals(expected.toString(), line);
      assertTrue(ranges == received.size() || writer.remaining() < 10);
      assertUntouched(FROM + room);
    }
  }

  /** RFC 9000 §19.3.2. */
  @Test
  void anAckHasEcnCountsWhereThereAreAny() throws ProtocolException {
    RangeSet received = new RangeSet();
    received.add(0, 90);
    EcnCounts ecn = new EcnCounts();
    ecn.onPacket(0);
    begin(100);
    assertTrue(writer.ack(received, 1, ecn));
    assertEquals(List.of("ACK delay 1 0..89"), readBack());
    for (int i = 0; i < 70; i++) {
      ecn.onPacket(EcnCounts.ECT_0);
    }
    ecn.onPacket(EcnCounts.ECT_1);
    ecn.onPacket(EcnCounts.CE);
    ecn.onPacket(EcnCounts.CE);
    for (int room = 0; room <= 12; room++) {
      begin(room);
      boolean written = writer.ack(received, 1, ecn);
      assertEquals(room >= 12, written, "room " + room);
      assertUntouched(FROM + room);
    }
    assertEquals(List.of("ACK delay 1 0..89 ECN 70 1 2"), readBack());
  }

  @Test
  void anAckOfOneByteRangesFillsAPacket() throws ProtocolException {
    RangeSet received = new RangeSet();
    for (int i = 0; i < 40_000; i++) {
      received.add(2L * i, 2L * i + 1);
    }
    byte[] large = new byte[70_000];
    writer.reset(large, 0, large.length);
    assertTrue(writer.ack(received, 0));
    reader.read(large, 0, writer.position(), EncryptionLevel.APPLICATION, recorder);
    assertTrue(recorder.frames.getFirst().startsWith("ACK delay 0 79998..79998 79996..79996 "));
  }

  @Test
  void aCloseFitsWithoutItsReason() throws ProtocolException {
    begin(5);
    assertTrue(writer.connectionClose(true, 300, 6, "why"));
    assertEquals(
        "ConnectionClose[application=true, errorCode=300, frameType=0, reason=]",
        readBack().getFirst());
    begin(6);
    assertTrue(writer.connectionClose(false, 300, 6, "why"));
    assertEquals(
        "ConnectionClose[application=false, errorCode=300, frameType=6, reason=]",
        readBack().getFirst());
    begin(3);
    assertFalse(writer.connectionClose(false, 300, 6, "why"));
    assertUntouched(FROM);
  }

  @Test
  void aLongReasonIsCutBetweenCharacters() throws ProtocolException {
    // RFC 9000 §19.19: the reason is UTF-8.
    for (int room = 4; room < 300; room++) {
      for (String reason : List.of("ä".repeat(200), "x€😀".repeat(60))) {
        begin(room);
        assertTrue(writer.connectionClose(true, 1, 0, reason));
        String line = readBack().getFirst();
        String read = line.substring(line.indexOf("reason=") + 7, line.length() - 1);
        assertTrue(reason.startsWith(read), read);
        assertTrue(read.getBytes(StandardCharsets.UTF_8).length <= 256);
        assertTrue(read.getBytes(StandardCharsets.UTF_8).length > Math.min(room - 4, 256) - 4);
        assertUntouched(FROM + room);
      }
    }
  }

  @Test
  void paddingStopsAtTheEndOfThePayload() {
    begin(10);
    writer.padTo(FROM + 5);
    assertEquals(FROM + 5, writer.position());
    writer.padTo(FROM + 50);
    assertEquals(FROM + 10, writer.position());
    writer.padTo(0);
    assertEquals(FROM + 10, writer.position());
    assertUntouched(FROM + 10);
  }

  @Test
  void moreThanFitsCannotBeAdvancedOver() {
    begin(10);
    assertThrows(IllegalArgumentException.class, () -> writer.advance(11));
    assertThrows(IllegalArgumentException.class, () -> writer.advance(-1));
  }

  @Test
  void framesOfRecordsReadBack() throws ProtocolException { // QMux §4.2, §4.3
    begin(100);
    assertTrue(writer.qxTransportParameters(new byte[] {4, 1, 9}));
    assertTrue(writer.qxPing(false, 5));
    assertTrue(writer.qxPing(true, VarInt.MAX));
    recorder.frames.clear();
    reader.readRecord(buffer, FROM, writer.position(), recorder);
    assertTrue(recorder.frames.getFirst().startsWith("QxTransportParameters"));
    assertEquals(
        List.of(
            "QxPing[response=false, sequence=5]",
            "QxPing[response=true, sequence=" + VarInt.MAX + "]"),
        recorder.frames.subList(1, 3));
    assertUntouched(writer.position());
  }

  @Test
  void framesOfRecordsThatDoNotFitAreNotBegun() {
    begin(8);
    assertFalse(writer.qxPing(false, 5));
    assertFalse(writer.qxTransportParameters(new byte[1]));
    assertEquals(FROM, writer.position());
    assertUntouched(FROM);
  }

  private void begin(int room) {
    Arrays.fill(buffer, CANARY);
    writer.reset(buffer, FROM, FROM + room);
  }

  private List<String> readBack() throws ProtocolException {
    recorder.frames.clear();
    reader.read(buffer, FROM, writer.position(), EncryptionLevel.APPLICATION, recorder);
    return recorder.frames;
  }

  private void assertUntouched(int from) {
    for (int i = from; i < Math.min(buffer.length, from + 64); i++) {
      assertEquals(CANARY, buffer[i], "written beyond the end");
    }
  }

  private static String hex(int length) {
    byte[] data = new byte[length];
    for (int i = 0; i < length; i++) {
      data[i] = (byte) i;
    }
    return HexFormat.of().formatHex(data);
  }
}
