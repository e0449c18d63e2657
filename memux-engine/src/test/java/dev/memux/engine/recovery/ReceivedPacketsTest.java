package dev.memux.engine.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.EcnCounts;
import dev.memux.engine.wire.FrameReader;
import dev.memux.engine.wire.FrameSink;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.tls.EncryptionLevel;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9000 §12.3, §13.2. */
class ReceivedPacketsTest {
  private static final long MS = 1_000_000;
  private static final long MAX_ACK_DELAY = 25 * MS;

  private final ReceivedPackets received =
      new ReceivedPackets(PacketSpace.APPLICATION, MAX_ACK_DELAY);
  private final byte[] packet = new byte[1200];
  private final SentFrames sent = new SentFrames();

  /** §13.2.1. */
  @ParameterizedTest
  @EnumSource(names = {"INITIAL", "HANDSHAKE"})
  void handshakePacketsAreAcknowledgedAtOnce(PacketSpace space) {
    ReceivedPackets handshake = new ReceivedPackets(space, MAX_ACK_DELAY);
    handshake.onReceived(0, true, 7);
    assertTrue(handshake.ackDue(7));
  }

  /** §13.2.1: within max_ack_delay. */
  @Test
  void aSinglePacketWaitsForMaxAckDelay() {
    received.onReceived(0, true, 7);
    assertFalse(received.ackDue(7));
    assertTrue(received.hasUnacknowledged());
    assertEquals(7 + MAX_ACK_DELAY, received.ackDeadlineNanos());
    assertFalse(received.ackDue(7 + MAX_ACK_DELAY - 1));
    assertTrue(received.ackDue(7 + MAX_ACK_DELAY));
  }

  /** §13.2.2. */
  @Test
  void everySecondPacketIsAcknowledgedAtOnce() {
    for (int i = 0; i < 10; i += 2) {
      received.onReceived(i, true, i);
      assertFalse(received.ackDue(i));
      received.onReceived(i + 1, true, i);
      assertTrue(received.ackDue(i));
      acknowledge(i);
      assertFalse(received.ackDue(i));
      assertEquals(Long.MAX_VALUE, received.ackDeadlineNanos());
    }
  }

  /** §13.2.1: the sender is to slow down before the queue is full. */
  @Test
  void congestionIsReportedAtOnce() {
    received.onReceived(0, true, EcnCounts.ECT_0, 7);
    assertFalse(received.ackDue(7));
    acknowledge(7);
    received.onReceived(1, true, EcnCounts.CE, 8);
    assertTrue(received.ackDue(8));
  }

  /** §13.4.1: in this space and since its beginning. */
  @Test
  void ecnCodepointsAreCounted() throws ProtocolException {
    received.onReceived(0, true, 0);
    acknowledge(0);
    assertEquals(FrameType.ACK.code(), packet[0]);
    received.onReceived(1, true, EcnCounts.ECT_0, 1);
    received.onReceived(2, true, EcnCounts.ECT_0, 1);
    received.onReceived(3, false, EcnCounts.CE, 1);
    received.onReceived(4, false, EcnCounts.ECT_1, 1);
    acknowledge(1);
    received.onReceived(5, true, 0, 2);
    FrameWriter writer = writer(packet.length);
    assertTrue(received.writeAck(writer, 2, 3, sent));
    assertEquals(FrameType.ACK_ECN.code(), packet[0]);
    int end = writer.position();
    assertEquals(List.of((byte) 2, (byte) 1, (byte) 1), lastBytes(end, 3));
  }

  private List<Byte> lastBytes(int end, int count) {
    List<Byte> bytes = new ArrayList<>();
    for (int i = end - count; i < end; i++) {
      bytes.add(packet[i]);
    }
    return bytes;
  }

  /** §13.2.1: or two ends would acknowledge each other's ACKs for ever. */
  @Test
  void packetsThatAskForNothingAreAnsweredByNothing() {
    for (int i = 0; i < 100; i++) {
      received.onReceived(i * 5L, false, i);
    }
    assertFalse(received.hasUnacknowledged());
    assertEquals(Long.MAX_VALUE, received.ackDeadlineNanos());
  }

  /** §13.2.1: they are acknowledged with others. */
  @Test
  void packetsThatAskForNothingTravelWithOthers() throws ProtocolException {
    received.onReceived(0, false, 0);
    received.onReceived(1, true, 0);
    assertEquals(List.of("0-1"), acknowledgedRanges(1));
  }

  /** §13.2.1. */
  @Test
  void aGapIsReportedAtOnce() {
    received.onReceived(0, true, 0);
    acknowledge(0);
    received.onReceived(2, true, 1);
    assertTrue(received.ackDue(1));
  }

  /** §13.2.1: only gaps since the last ack-eliciting packet. */
  @Test
  void anOldGapIsNotReportedAgain() {
    received.onReceived(0, true, 0);
    received.onReceived(2, true, 0);
    acknowledge(0);
    received.onReceived(3, true, 1);
    assertFalse(received.ackDue(1));
  }

  /** §13.2.1. */
  @Test
  void aPacketThatComesLateIsReportedAtOnce() {
    received.onReceived(0, true, 0);
    received.onReceived(2, true, 0);
    acknowledge(0);
    received.onReceived(1, true, 1);
    assertTrue(received.ackDue(1));
  }

  /** §13.2.1: no packet is missing if what came between asked for nothing. */
  @Test
  void packetsThatAskForNothingLeaveNoGap() {
    received.onReceived(0, true, 0);
    acknowledge(0);
    received.onReceived(1, false, 1);
    received.onReceived(2, true, 1);
    assertFalse(received.ackDue(1));
  }

  /** §12.3. */
  @Test
  void duplicatesAreRecognised() {
    assertFalse(received.isDuplicate(5));
    received.onReceived(5, true, 0);
    assertTrue(received.isDuplicate(5));
    assertFalse(received.isDuplicate(4));
    assertFalse(received.isDuplicate(6));
  }

  @Test
  void theLargestIsRememberedForDecodingPacketNumbers() {
    assertEquals(-1, received.largest());
    received.onReceived(5, true, 0);
    received.onReceived(3, true, 0);
    assertEquals(5, received.largest());
    acknowledge(0);
    received.onAckAcknowledged(5);
    assertEquals(5, received.largest());
  }

  /** §13.2.4; §13.2.3: what is forgotten must not be accepted again. */
  @Test
  void anAcknowledgedAckIsNotRepeatedAndItsPacketsStayDuplicates() throws ProtocolException {
    for (long n : new long[] {0, 1, 4, 5, 9}) {
      received.onReceived(n, true, 0);
    }
    acknowledge(0);
    received.onAckAcknowledged(4);
    for (long n = 0; n <= 4; n++) {
      assertTrue(received.isDuplicate(n), "packet " + n);
    }
    received.onReceived(10, true, 0);
    assertEquals(List.of("9-10", "5-5"), acknowledgedRanges(0));
    received.onAckAcknowledged(2);
    assertTrue(received.isDuplicate(4), "an older ACK changes nothing");
  }

  /** §13.2.1: an older ACK, acknowledged meanwhile, did not speak of a packet that came later. */
  @Test
  void aPacketThatWaitsForItsAckIsNotPruned() throws ProtocolException {
    received.onReceived(7, true, 0);
    acknowledge(0);
    received.onReceived(5, true, 1);
    received.onAckAcknowledged(7);
    assertTrue(received.ackDue(1));
    assertEquals(List.of("7-7", "5-5"), acknowledgedRanges(1));
    assertFalse(received.ackDue(1));
    received.onAckAcknowledged(7);
    assertTrue(received.isDuplicate(5));
    assertTrue(received.isDuplicate(7));
  }

  @Test
  void nothingIsWrittenWhenAllIsAcknowledged() {
    FrameWriter writer = writer(packet.length);
    assertFalse(received.writeAck(writer, 0, 3, sent));
    received.onReceived(0, true, 0);
    assertTrue(received.writeAck(writer, 0, 3, sent));
    received.onAckAcknowledged(0);
    assertFalse(received.writeAck(writer, 0, 3, sent));
  }

  /** §13.2.3: a peer that leaves a gap after every packet. */
  @Test
  void rangesAreBoundedAndWhatIsForgottenCountsAsDuplicate() throws ProtocolException {
    int packets = 10 * ReceivedPackets.MAX_RANGES;
    for (long i = 0; i < packets; i++) {
      received.onReceived(2 * i, true, 0);
    }
    List<String> ranges = acknowledgedRanges(0);
    assertEquals(ReceivedPackets.MAX_RANGES, ranges.size());
    long largest = 2L * (packets - 1);
    assertEquals(largest + "-" + largest, ranges.getFirst());
    long oldest = largest - 2 * (ReceivedPackets.MAX_RANGES - 1);
    assertEquals(oldest + "-" + oldest, ranges.getLast());
    for (long n = 0; n < oldest - 1; n++) {
      assertTrue(received.isDuplicate(n), "packet " + n);
    }
    assertFalse(received.isDuplicate(oldest - 1));
    assertFalse(received.isDuplicate(oldest + 1));
  }

  /** A packet that is itself the range to drop: old, and one too many. */
  @Test
  void aPacketBelowAllRangesOfAFullSetIsForgottenAtOnce() {
    for (long i = 1; i <= ReceivedPackets.MAX_RANGES; i++) {
      received.onReceived(100 * i, true, 0);
    }
    received.onReceived(50, true, 0);
    assertTrue(received.isDuplicate(50));
    assertTrue(received.isDuplicate(49));
    assertFalse(received.isDuplicate(51));
  }

  /** §13.2.5, §19.3: from the arrival of the largest, not of the last. */
  @Test
  void theDelayIsThatOfTheLargestPacket() throws ProtocolException {
    received.onReceived(1, true, 10 * MS);
    received.onReceived(0, true, 12 * MS);
    FrameWriter writer = writer(packet.length);
    assertTrue(received.writeAck(writer, 18 * MS, 3, sent));
    assertEquals(1000, read(writer).delay());
  }

  @Test
  void theRecordNamesTheLargestAcknowledged() {
    received.onReceived(7, true, 0);
    received.onReceived(3, true, 0);
    acknowledge(0);
    assertEquals(SentFrames.Kind.ACK, sent.kind(0));
    assertEquals(7, sent.a(0));
  }

  /** §13.2.3: older ranges are omitted. */
  @Test
  void asManyRangesAsFitAreWrittenTheHighestFirst() throws ProtocolException {
    for (long i = 0; i < 50; i++) {
      received.onReceived(3 * i, true, 0);
    }
    FrameWriter writer = writer(20);
    assertTrue(received.writeAck(writer, 0, 3, sent));
    AckFrame ack = read(writer);
    assertEquals(147, ack.largest());
    assertTrue(ack.rangeCount() >= 5, () -> ack.rangeCount() + " ranges");
    assertEquals(144, ack.largest(1));
    assertFalse(received.hasUnacknowledged());
  }

  @Test
  void anAckThatDoesNotFitStaysDue() {
    received.onReceived(0, true, 0);
    received.onReceived(1, true, 0);
    assertFalse(received.writeAck(writer(3), 0, 3, sent));
    assertTrue(received.ackDue(0));
    assertTrue(received.hasUnacknowledged());
    assertTrue(sent.isEmpty());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void agreesWithASet(long seed) throws ProtocolException {
    Random random = new Random(seed);
    TreeSet<Long> accepted = new TreeSet<>();
    TreeSet<Long> waiting = new TreeSet<>();
    List<Long> acksSent = new ArrayList<>();
    long newest = 0;
    for (int step = 0; step < 20_000; step++) {
      newest += random.nextInt(4) == 0 ? random.nextInt(5) : 1;
      long number = random.nextInt(4) == 0 ? Math.max(0, newest - random.nextInt(60)) : newest;
      boolean duplicate = received.isDuplicate(number);
      if (accepted.contains(number)) {
        assertTrue(duplicate, "packet " + number + " would be accepted twice, seed " + seed);
      }
      if (!duplicate) {
        boolean ackEliciting = random.nextInt(3) > 0;
        accepted.add(number);
        if (ackEliciting) {
          waiting.add(number);
        }
        received.onReceived(number, ackEliciting, step);
      }
      assertEquals(!waiting.isEmpty(), received.hasUnacknowledged());
      if (received.ackDue(step) && random.nextInt(3) > 0) {
        FrameWriter writer = writer(packet.length);
        assertTrue(received.writeAck(writer, step, 3, sent));
        AckFrame ack = read(writer);
        checkTruth(ack, accepted);
        assertEquals(received.largest(), ack.largest());
        if (ack.rangeCount() < ReceivedPackets.MAX_RANGES) {
          assertTrue(waiting.stream().allMatch(n -> contains(ack, n)), "seed " + seed);
        }
        waiting.clear();
        acksSent.add(ack.largest());
      }
      if (!acksSent.isEmpty() && random.nextInt(20) == 0) {
        received.onAckAcknowledged(acksSent.remove(random.nextInt(acksSent.size())));
      }
    }
  }

  private static boolean contains(AckFrame ack, long number) {
    for (int i = 0; i < ack.rangeCount(); i++) {
      if (ack.smallest(i) <= number && number <= ack.largest(i)) {
        return true;
      }
    }
    return false;
  }

  /** Every number acknowledged was accepted, and every range ends where something is missing. */
  private static void checkTruth(AckFrame ack, NavigableSet<Long> accepted) {
    assertTrue(ack.rangeCount() <= ReceivedPackets.MAX_RANGES);
    for (int i = 0; i < ack.rangeCount(); i++) {
      long length = ack.largest(i) - ack.smallest(i) + 1;
      assertEquals(length, accepted.subSet(ack.smallest(i), true, ack.largest(i), true).size());
      assertFalse(accepted.contains(ack.largest(i) + 1));
    }
  }

  private void acknowledge(long now) {
    assertTrue(received.writeAck(writer(packet.length), now, 3, sent));
  }

  private List<String> acknowledgedRanges(long now) throws ProtocolException {
    FrameWriter writer = writer(packet.length);
    assertTrue(received.writeAck(writer, now, 3, sent));
    AckFrame ack = read(writer);
    List<String> ranges = new ArrayList<>();
    for (int i = 0; i < ack.rangeCount(); i++) {
      ranges.add(ack.smallest(i) + "-" + ack.largest(i));
    }
    return ranges;
  }

  private FrameWriter writer(int room) {
    FrameWriter writer = new FrameWriter();
    writer.reset(packet, 0, room);
    return writer;
  }

  private AckFrame read(FrameWriter writer) throws ProtocolException {
    AckOnly sink = new AckOnly();
    new FrameReader().read(packet, 0, writer.position(), EncryptionLevel.APPLICATION, sink);
    return sink.copy;
  }

  private static final class AckOnly implements FrameSink {
    private final AckFrame copy = new AckFrame();

    @Override
    public void onStream(
        long streamId, long offset, byte[] data, int from, int length, boolean fin) {
      throw new AssertionError("no STREAM was written");
    }

    @Override
    public void onDatagram(byte[] data, int from, int length, int frameBytes) {
      throw new AssertionError("no DATAGRAM was written");
    }

    @Override
    public void onCrypto(long offset, byte[] data, int from, int length) {
      throw new AssertionError("no CRYPTO was written");
    }

    @Override
    public void onAck(AckFrame ack) {
      copy.reset(ack.delay());
      for (int i = 0; i < ack.rangeCount(); i++) {
        copy.addRange(ack.smallest(i), ack.largest(i));
      }
    }

    @Override
    public void onControl(ControlFrame frame) {
      throw new AssertionError("no " + frame + " was written");
    }
  }
}
