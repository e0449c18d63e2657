package dev.memux.engine.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.EcnCounts;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** draft-ietf-quic-ack-frequency, at the receiver of packets. */
class AckFrequencyTest {
  private static final long MS = 1_000_000;
  private static final long MIN_ACK_DELAY = MS;

  private final ReceivedPackets received = new ReceivedPackets(PacketSpace.APPLICATION, 25 * MS);
  private long sequence;

  private void request(long threshold, long delayMicros, long reordering) throws ProtocolException {
    received.onAckFrequency(
        new ControlFrame.AckFrequency(sequence++, threshold, delayMicros, reordering),
        MIN_ACK_DELAY);
  }

  private void acknowledge(long now) {
    FrameWriter writer = new FrameWriter();
    writer.reset(new byte[1200], 0, 1200);
    assertTrue(received.writeAck(writer, now, 3, new SentFrames()));
  }

  /** Returns after which of these packets an acknowledgement is due at once. */
  private List<Long> acknowledgedAfter(long... numbers) {
    List<Long> after = new ArrayList<>();
    for (long number : numbers) {
      received.onReceived(number, true, 0);
      if (received.ackDue(0)) {
        after.add(number);
        acknowledge(0);
      }
    }
    return after;
  }

  /** Draft §4: "after receiving more than this many". */
  @Test
  void packetsUpToTheThresholdWait() throws ProtocolException {
    request(3, 10_000, 0);
    assertEquals(List.of(3L, 7L), acknowledgedAfter(0, 1, 2, 3, 4, 5, 6, 7, 8));
  }

  /** Draft §4: "A value of 0 results in a receiver immediately acknowledging every packet." */
  @Test
  void aThresholdOfZeroLeavesNothingToWaitFor() throws ProtocolException {
    request(0, 10_000, 0);
    assertEquals(List.of(0L, 1L), acknowledgedAfter(0, 1));
  }

  /** Whatever is asked for, no gap may be forgotten before it was told. */
  @Test
  void aThresholdBeyondOurBoundIsTakenForIt() throws ProtocolException {
    request(1 << 30, 10_000, 0);
    long[] numbers = new long[(int) AckFrequency.MAX_THRESHOLD + 1];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = 2L * i;
    }
    assertEquals(List.of(2 * AckFrequency.MAX_THRESHOLD), acknowledgedAfter(numbers));
  }

  /** Draft §6: "max_ack_delay amount of time has passed". */
  @Test
  void theDelayIsTheOneAskedFor() throws ProtocolException {
    request(10, 4_000, 0);
    received.onReceived(0, true, 7);
    assertEquals(7 + 4 * MS, received.ackDeadlineNanos());
  }

  /** Draft §6.2.1, tables 1 and 2. */
  @Test
  void reorderingIsToldWhenAPacketCanBeTakenForLost() throws ProtocolException {
    request(60, 20_000, 3);
    assertEquals(List.of(5L, 9L, 10L), acknowledgedAfter(0, 1, 3, 4, 5, 8, 9, 10));
  }

  @Test
  void aLargerReorderingThresholdWaitsLonger() throws ProtocolException {
    request(60, 20_000, 5);
    assertEquals(List.of(7L, 9L), acknowledgedAfter(0, 1, 3, 5, 6, 7, 8, 9));
  }

  /** Draft §6.2: a packet that was taken for lost, and was only late. */
  @Test
  void aPacketThatIsLaterThanThatIsToldAtOnce() throws ProtocolException {
    request(60, 20_000, 3);
    assertEquals(List.of(5L, 2L), acknowledgedAfter(0, 1, 3, 4, 5, 2));
  }

  /** Draft §6.2: "SHOULD NOT send an immediate acknowledgment". */
  @Test
  void aReorderingThresholdOfZeroTellsNothingAtOnce() throws ProtocolException {
    request(60, 20_000, 0);
    assertEquals(List.of(), acknowledgedAfter(0, 5, 9, 3, 20));
  }

  /** RFC 9000 §13.2: what holds before anything is asked for. */
  @Test
  void aReorderingThresholdOfOneIsTheDefault() throws ProtocolException {
    request(60, 20_000, 1);
    assertEquals(List.of(2L, 1L), acknowledgedAfter(0, 2, 1));
  }

  /** Draft §4: "unless the Sequence Number value is greater than the largest processed". */
  @Test
  void aFrameThatWasOvertakenChangesNothing() throws ProtocolException {
    sequence = 5;
    request(3, 10_000, 0);
    sequence = 5;
    request(0, 10_000, 0);
    sequence = 4;
    request(0, 10_000, 0);
    assertEquals(List.of(3L), acknowledgedAfter(0, 1, 2, 3));
  }

  /** Draft §4: neither is a max_ack_delay that we could have. */
  @ParameterizedTest
  @ValueSource(longs = {0, 999, 16_384_000, (1L << 62) - 1})
  void aDelayOutOfRangeIsAViolation(long micros) {
    ProtocolException fault = assertThrows(ProtocolException.class, () -> request(3, micros, 0));
    assertEquals(TransportError.PROTOCOL_VIOLATION, fault.code());
    assertEquals(0xaf, fault.frameType());
  }

  @ParameterizedTest
  @ValueSource(longs = {1000, 16_383_999})
  void aDelayAtTheEdgeIsObeyed(long micros) throws ProtocolException {
    request(3, micros, 0);
    received.onReceived(0, true, 0);
    assertEquals(micros * 1000, received.ackDeadlineNanos());
  }

  /** Draft §5. */
  @Test
  void anImmediateAckLeavesAtOnce() throws ProtocolException {
    request(60, 20_000, 0);
    received.onImmediateAck(3);
    received.onReceived(0, true, 3);
    assertTrue(received.ackDue(3));
    acknowledge(3);
    assertFalse(received.ackDue(3));
  }

  /** Draft §6.3: "only when there is a transition from non-CE-marked to CE-marked". */
  @Test
  void congestionIsToldAtOnceWhenItBegins() throws ProtocolException {
    request(60, 20_000, 0);
    received.onReceived(0, true, EcnCounts.CE, 0);
    assertTrue(received.ackDue(0));
    acknowledge(0);
    received.onReceived(1, true, EcnCounts.CE, 0);
    assertFalse(received.ackDue(0));
    received.onReceived(2, true, 0, 0);
    received.onReceived(3, true, EcnCounts.CE, 0);
    assertTrue(received.ackDue(0));
  }
}
