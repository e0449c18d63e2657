package dev.memux.engine.recovery;

import static dev.memux.engine.recovery.SenderFixture.DATAGRAM;
import static dev.memux.engine.recovery.SenderFixture.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.ProtocolException;
import org.junit.jupiter.api.Test;

/** RFC 9002 §7.6. */
class PersistentCongestionTest {
  private final PersistentCongestion congestion = new PersistentCongestion();

  /** §7.6.3: the sender's example; packet 9's acknowledgement loses packets 2 to 8. */
  @Test
  void theExampleOfTheSpecification() {
    congestion.onAcked(0);
    long[] sent = {1, 2, 3, 4, 5, 6};
    for (long nanos : sent) {
      assertFalse(congestion.onLost(nanos, 6));
    }
    assertTrue(congestion.onLost(8, 6));
  }

  @Test
  void aSpanAsLongAsTheDurationIsNotYetEnough() {
    congestion.onLost(1, 6);
    assertFalse(congestion.onLost(7, 6));
    assertTrue(congestion.onLost(8, 6));
  }

  @Test
  void anAcknowledgedPacketBetweenTheLostOnesBreaksTheSpan() {
    congestion.onLost(1, 6);
    congestion.onLost(3, 6);
    congestion.onAcked(4);
    assertFalse(congestion.onLost(8, 6));
    assertFalse(congestion.onLost(14, 6));
    assertTrue(congestion.onLost(15, 6));
  }

  /** An acknowledgement may come before the loss of what was sent earlier is certain. */
  @Test
  void anAcknowledgementBeforeTheLossBreaksTheSpanToo() {
    congestion.onLost(1, 6);
    congestion.onAcked(9);
    assertFalse(congestion.onLost(7, 6));
    assertFalse(congestion.onLost(10, 6));
    assertFalse(congestion.onLost(16, 6));
    assertTrue(congestion.onLost(17, 6));
  }

  @Test
  void anAcknowledgementBeforeAnyLossCountsForTheNextSpan() {
    congestion.onAcked(5);
    assertFalse(congestion.onLost(1, 6));
    assertFalse(congestion.onLost(8, 6));
  }

  /** Spaces report in any order; §7.6.2 counts packets across all of them. */
  @Test
  void anAcknowledgementInsideTheSpanKeepsItsEndOnly() {
    congestion.onLost(1, 6);
    congestion.onLost(6, 6);
    congestion.onAcked(3);
    assertFalse(congestion.onLost(12, 6));
    assertTrue(congestion.onLost(13, 6));
  }

  @Test
  void anEstablishedSpanIsUsedUp() {
    congestion.onLost(1, 6);
    assertTrue(congestion.onLost(8, 6));
    assertFalse(congestion.onLost(9, 6));
    assertFalse(congestion.onLost(15, 6));
    assertTrue(congestion.onLost(16, 6));
  }

  @Test
  void aPacketThatWasNotLostAfterAllEndsTheSpan() {
    congestion.onLost(1, 6);
    congestion.onSpuriousLoss();
    assertFalse(congestion.onLost(8, 6));
  }

  /** §7.6.1: 3 × (100 ms + 1 ms + max_ack_delay 25 ms) at a steady round trip. */
  @Test
  void losingEverythingForLongLeavesTheMinimumWindow() throws ProtocolException {
    SenderFixture sender = SenderFixture.established();
    sender.send();
    sender.now += 379 * MS;
    sender.send();
    long last = probe(sender);
    sender.now += 100 * MS;
    sender.ack(last);
    assertEquals(1, sender.recovery.persistentCongestions());
    // The packet that was acknowledged lets it grow again: slow start.
    assertEquals(3 * DATAGRAM, sender.recovery.windowBytes());
  }

  @Test
  void losingEverythingForShortHalvesTheWindow() throws ProtocolException {
    SenderFixture sender = SenderFixture.established();
    sender.send();
    sender.now += 378 * MS;
    sender.send();
    long last = probe(sender);
    sender.now += 100 * MS;
    sender.ack(last);
    assertEquals(0, sender.recovery.persistentCongestions());
    assertEquals(5 * DATAGRAM, sender.recovery.windowBytes());
  }

  /** §7.6.2: who need not acknowledge a packet in time proves nothing by not doing so. */
  @Test
  void onlyAckElicitingPacketsMakeASpan() throws ProtocolException {
    SenderFixture sender = SenderFixture.established();
    sender.send();
    sender.now += 1000 * MS;
    sender.send(PacketSpace.APPLICATION, DATAGRAM, false, true);
    long last = probe(sender);
    sender.now += 100 * MS;
    sender.ack(last);
    assertEquals(2, sender.lost.size());
    assertEquals(0, sender.recovery.persistentCongestions());
  }

  /** §7.6.2: "a prior RTT sample existed when these two packets were sent". */
  @Test
  void packetsSentBeforeTheFirstSampleDoNotCount() throws ProtocolException {
    SenderFixture sender = SenderFixture.server();
    sender.recovery.onHandshakeConfirmed();
    for (int i = 0; i < 10; i++) {
      sender.send();
      sender.now += 10_000 * MS;
    }
    long last = sender.send();
    sender.now += 10 * MS;
    sender.ack(last);
    assertEquals(10, sender.lost.size());
    assertEquals(0, sender.recovery.persistentCongestions());
  }

  /** §7.6.2: an acknowledged Handshake packet between lost Application packets. */
  @Test
  void acknowledgementsInOtherSpacesCount() throws ProtocolException {
    SenderFixture sender = SenderFixture.server();
    sender.send(PacketSpace.HANDSHAKE);
    sender.now += 100 * MS;
    sender.ack(PacketSpace.HANDSHAKE, 0);
    sender.now += MS;
    sender.send();
    sender.now += 1000 * MS;
    sender.send(PacketSpace.HANDSHAKE);
    sender.now += 1000 * MS;
    sender.send();
    sender.ack(PacketSpace.HANDSHAKE, 1);
    sender.now += 5000 * MS;
    long last = sender.send();
    sender.now += 100 * MS;
    sender.ack(last);
    assertEquals(2, sender.lost.size());
    assertEquals(0, sender.recovery.persistentCongestions());
  }

  /** §5.2: the newest sample becomes the minimum. */
  @Test
  void theMinimumRoundTripStartsAgain() throws ProtocolException {
    SenderFixture sender = SenderFixture.established();
    sender.send();
    sender.now += 2000 * MS;
    sender.send();
    long last = probe(sender);
    sender.now += 180 * MS;
    sender.ack(last);
    assertEquals(1, sender.recovery.persistentCongestions());
    assertEquals(180 * MS, sender.recovery.rtt().minNanos());
  }

  /** Two packets later, so that all before are lost by time. */
  private static long probe(SenderFixture sender) {
    sender.now += 500 * MS;
    return sender.send();
  }
}
