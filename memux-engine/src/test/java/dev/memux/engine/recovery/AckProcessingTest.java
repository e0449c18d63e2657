package dev.memux.engine.recovery;

import static dev.memux.engine.recovery.SenderFixture.DATAGRAM;
import static dev.memux.engine.recovery.SenderFixture.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.VarInt;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What acknowledgements do and which are refused: RFC 9000 §13.1, §21.4; RFC 9002 §5.1, Appendix
 * A.7.
 */
class AckProcessingTest {
  private final SenderFixture sender = SenderFixture.server();
  private final Recovery recovery = sender.recovery;

  @Test
  void acknowledgedPacketsLeaveFlightAndReportTheirFrames() throws ProtocolException {
    sender.send(3);
    assertEquals(3 * DATAGRAM, recovery.bytesInFlight());
    sender.now = 50 * MS;
    sender.ack(0, 2);
    assertEquals(List.of(0L, 2L), sender.acked);
    assertEquals(DATAGRAM, recovery.bytesInFlight());
    assertEquals(2, recovery.largestAcked(PacketSpace.APPLICATION));
    assertTrue(recovery.hasAckElicitingInFlight(PacketSpace.APPLICATION));
    sender.ack(1);
    assertEquals(0, recovery.bytesInFlight());
    assertFalse(recovery.hasAckElicitingInFlight(PacketSpace.APPLICATION));
  }

  @Test
  void aRepeatedAcknowledgementChangesNothing() throws ProtocolException {
    sender.send(2);
    sender.now = 50 * MS;
    sender.ack(0, 1);
    sender.now = 500 * MS;
    sender.ack(0, 1);
    assertEquals(List.of(0L, 1L), sender.acked);
    assertEquals(50 * MS, recovery.rtt().latestNanos());
    assertEquals(0, recovery.bytesInFlight());
  }

  /** RFC 9000 §13.1. */
  @Test
  void anAcknowledgementOfAPacketNeverSentIsAViolation() {
    sender.send(3);
    assertViolation(3);
    assertViolation(VarInt.MAX);
    assertEquals(3 * DATAGRAM, recovery.bytesInFlight(), "nothing was taken from it");
  }

  @Test
  void anAcknowledgementBeforeAnythingWasSentIsAViolation() {
    assertViolation(0);
  }

  @Test
  void spacesDoNotVouchForEachOther() throws ProtocolException {
    sender.send(PacketSpace.INITIAL);
    assertViolation(0);
    sender.ack(PacketSpace.INITIAL, 0);
  }

  /** RFC 9000 §21.4: the optimistic ACK attack. */
  @Test
  void anAcknowledgementOfASkippedNumberIsAViolation() {
    sender.send();
    long skipped = sender.skip();
    sender.send();
    assertViolation(skipped);
    assertViolation(0, 1, 2);
    assertEquals(2 * DATAGRAM, recovery.bytesInFlight());
  }

  @Test
  void skippedNumbersBetweenTheRangesAreHonest() throws ProtocolException {
    sender.send();
    sender.skip();
    sender.send();
    sender.skip();
    sender.ack(0, 2);
    assertEquals(List.of(0L, 2L), sender.acked);
  }

  @Test
  void onlyTheLatestSkippedNumbersAreRemembered() throws ProtocolException {
    long first = sender.skip();
    for (int i = 1; i < SkippedNumbers.MAX_REMEMBERED; i++) {
      sender.send();
      sender.skip();
    }
    assertViolation(first);
    sender.send();
    long last = sender.skip();
    sender.ack(first);
    assertViolation(last);
  }

  /** RFC 9000 §12.3: a number used twice is a nonce used twice. */
  @Test
  void packetNumbersMustGrow() {
    sender.send();
    sender.skip();
    for (long number = 0; number < 2; number++) {
      long used = number;
      assertThrows(
          IllegalArgumentException.class,
          () ->
              recovery.onPacketSent(
                  PacketSpace.APPLICATION, used, 100, true, true, new SentFrames(), 0));
    }
  }

  @Test
  void acknowledgementsOfAckOnlyPacketsAreValidAndChangeNothing() throws ProtocolException {
    sender.sendAckOnly();
    sender.sendAckOnly();
    assertEquals(0, recovery.bytesInFlight());
    sender.now = 10 * MS;
    sender.ack(0, 1);
    assertFalse(recovery.rtt().hasSample());
    assertTrue(sender.acked.isEmpty());
    assertViolation(2);
  }

  /** A peer that never acknowledges must not make us keep a record for each of our ACKs. */
  @Test
  void ackOnlyPacketsLeaveNoRecords() throws ProtocolException {
    long before = sender.send();
    for (int i = 0; i < 1_000_000; i++) {
      sender.sendAckOnly();
    }
    long after = sender.send();
    sender.now = 10 * MS;
    sender.ack(before, after);
    assertEquals(List.of(before, after), sender.acked);
  }

  /** RFC 9002 §5.1: the largest is newly acknowledged. */
  @Test
  void onlyTheLargestAcknowledgedGivesASample() throws ProtocolException {
    sender.send(2);
    sender.now = 30 * MS;
    sender.ack(1);
    assertEquals(30 * MS, recovery.rtt().latestNanos());
    sender.now = 300 * MS;
    sender.ack(0, 1);
    assertEquals(30 * MS, recovery.rtt().latestNanos());
  }

  /** RFC 9002 §5.1: a peer may wait without limit before it acknowledges what asks for nothing. */
  @Test
  void packetsThatAreNotAckElicitingGiveNoSample() throws ProtocolException {
    sender.send(PacketSpace.APPLICATION, DATAGRAM, false, true);
    sender.now = 30 * MS;
    sender.ack(0);
    assertFalse(recovery.rtt().hasSample());
    assertEquals(0, recovery.bytesInFlight());
  }

  /** RFC 9002 §5.1: one ack-eliciting packet among the newly acknowledged is enough. */
  @Test
  void aPaddedPacketThatTravelsWithAnAckElicitingOneGivesASample() throws ProtocolException {
    sender.send();
    sender.now = 5 * MS;
    sender.send(PacketSpace.APPLICATION, DATAGRAM, false, true);
    sender.now = 30 * MS;
    sender.ack(0, 1);
    assertEquals(25 * MS, recovery.rtt().latestNanos());
  }

  /** RFC 9002 §5.3: Initial packets are acknowledged at once. */
  @Test
  void theDelayOfInitialAcknowledgementsIsIgnored() throws ProtocolException {
    for (int i = 0; i < 2; i++) {
      long number = sender.send(PacketSpace.INITIAL);
      sender.now += (100 + 80 * i) * MS;
      recovery.onAckReceived(PacketSpace.INITIAL, SenderFixture.frame(number), 80 * MS, sender.now);
    }
    assertEquals(110 * MS, recovery.rtt().smoothedNanos());
    long number = sender.send(PacketSpace.HANDSHAKE);
    sender.now += 190 * MS;
    recovery.onAckReceived(PacketSpace.HANDSHAKE, SenderFixture.frame(number), 80 * MS, sender.now);
    assertEquals(110 * MS, recovery.rtt().smoothedNanos());
  }

  /** RFC 9002 §2: ack-eliciting packets are always in flight. */
  @Test
  void anAckElicitingPacketThatIsNotInFlightIsMisuse() {
    assertThrows(
        IllegalArgumentException.class,
        () -> sender.send(PacketSpace.APPLICATION, DATAGRAM, true, false));
  }

  /** The largest ranges a packet can hold, against a long flight and against nothing. */
  @Test
  void framesWithManyRangesAreExact() throws ProtocolException {
    int packets = 10_000;
    sender.send(packets);
    sender.now = 100 * MS;
    AckFrame ack = new AckFrame();
    ack.reset(0);
    for (long n = packets - 1L; n >= packets - 1200; n -= 2) {
      ack.addRange(n, n);
    }
    recovery.onAckReceived(PacketSpace.APPLICATION, ack, 0, sender.now);
    assertEquals(600, sender.acked.size());
    assertEquals(packets - 600 - 1, sender.lost.size(), "all but the one below the largest");
    for (int i = 0; i < 10_000; i++) {
      recovery.onAckReceived(PacketSpace.APPLICATION, ack, 0, sender.now);
    }
    assertEquals(600, sender.acked.size());
  }

  private void assertViolation(long... numbers) {
    ProtocolException fault = assertThrows(ProtocolException.class, () -> sender.ack(numbers));
    assertEquals(TransportError.PROTOCOL_VIOLATION, fault.code());
    assertEquals(2, fault.frameType());
  }
}
