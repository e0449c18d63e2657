package dev.memux.engine.recovery;

import static dev.memux.engine.recovery.SenderFixture.DATAGRAM;
import static dev.memux.engine.recovery.SenderFixture.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.ProtocolException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 9002 §6.1 and Appendix A.10; late acknowledgements: RFC 9000 §13.3. */
class LossDetectionTest {
  private SenderFixture sender;
  private Recovery recovery;
  private long first;

  @BeforeEach
  void establish() throws ProtocolException {
    sender = SenderFixture.established();
    recovery = sender.recovery;
    first = sender.nextNumber();
  }

  /** §6.1.1. */
  @Test
  void aPacketThreeBeforeAnAcknowledgedOneIsLost() throws ProtocolException {
    sender.send(4);
    sender.now += 100 * MS;
    sender.ack(first + 3);
    assertEquals(List.of(first), sender.lost);
    assertEquals(2 * DATAGRAM, recovery.bytesInFlight());
    assertEquals(1, recovery.packetsLost());
  }

  /** §6.1.1. */
  @Test
  void reorderingByTwoIsNoLoss() throws ProtocolException {
    sender.send(3);
    sender.now += 100 * MS;
    sender.ack(first + 2);
    sender.ack(first, first + 1);
    assertEquals(List.of(), sender.lost);
  }

  /** §6.1.1: the threshold assumes that every number was sent (Appendix A.10). */
  @Test
  void skippedNumbersDoNotCountAsReordering() throws ProtocolException {
    sender.send();
    sender.skip();
    sender.send();
    sender.skip();
    sender.send();
    sender.send();
    sender.now += 100 * MS;
    sender.ack(first + 4);
    assertEquals(List.of(), sender.lost);
    sender.ack(first + 5);
    assertEquals(List.of(first), sender.lost);
  }

  @Test
  void ackOnlyPacketsCountAsReordering() throws ProtocolException {
    sender.send();
    sender.sendAckOnly();
    sender.sendAckOnly();
    sender.send();
    sender.now += 100 * MS;
    sender.ack(first + 3);
    assertEquals(List.of(first), sender.lost);
  }

  /** §6.1.2. */
  @Test
  void aPacketSentLongBeforeAnAcknowledgedOneIsLost() throws ProtocolException {
    sender.send();
    sender.now += 13 * MS;
    sender.send();
    sender.now += 100 * MS;
    sender.ack(first + 1);
    assertEquals(List.of(first), sender.lost);
  }

  /** §6.1.2. */
  @Test
  void aPacketSentShortlyBeforeAnAcknowledgedOneIsLostWhenItsTimeIsUp() throws ProtocolException {
    long sentNanos = sender.now;
    sender.send(2);
    sender.now += 100 * MS;
    sender.ack(first + 1);
    assertEquals(List.of(), sender.lost);
    long lossNanos = sentNanos + 100 * MS * 9 / 8;
    assertEquals(lossNanos, recovery.deadlineNanos());
    recovery.onTimeout(lossNanos - 1);
    assertEquals(List.of(), sender.lost);
    recovery.onTimeout(lossNanos);
    assertEquals(List.of(first), sender.lost);
    assertEquals(Long.MAX_VALUE, recovery.deadlineNanos());
  }

  /** §6.1: a packet sent after the largest acknowledged one is never lost, however old. */
  @Test
  void packetsAfterTheLargestAcknowledgedWait() throws ProtocolException {
    sender.send(10);
    sender.now += 100 * MS;
    sender.ack(first);
    sender.now += 10_000 * MS;
    recovery.onTimeout(sender.now);
    assertEquals(List.of(), sender.lost);
  }

  @Test
  void theTimerIsSetForEachPacketInTurn() throws ProtocolException {
    sender.send();
    sender.now += 2 * MS;
    sender.send();
    sender.now += 2 * MS;
    sender.send();
    sender.now += 100 * MS;
    sender.ack(first + 2);
    sender.expire();
    assertEquals(List.of(first), sender.lost);
    sender.expire();
    assertEquals(List.of(first, first + 1), sender.lost);
  }

  /** §6.2.1: the probe timer is not set while a loss timer runs. */
  @Test
  void aLossTimerReplacesTheProbeTimer() throws ProtocolException {
    sender.send(3);
    sender.now += 100 * MS;
    sender.ack(first + 1);
    sender.expire();
    assertEquals(List.of(first), sender.lost);
    assertEquals(0, recovery.ptoCount());
    assertEquals(List.of(), sender.probed);
    assertTrue(recovery.deadlineNanos() < Long.MAX_VALUE, "then the probe timer");
    sender.expire();
    assertEquals(1, recovery.ptoCount());
  }

  /** §6.1: also for what only counts as in flight. */
  @Test
  void paddedPacketsAreLostLikeOthers() throws ProtocolException {
    sender.send(PacketSpace.APPLICATION, DATAGRAM, false, true);
    sender.send(3);
    sender.now += 100 * MS;
    sender.ack(first + 3);
    assertEquals(List.of(first), sender.lost);
    assertEquals(2 * DATAGRAM, recovery.bytesInFlight());
  }

  /** Another space's packets are judged by their own acknowledgements (§6). */
  @Test
  void spacesAreSeparate() throws ProtocolException {
    SenderFixture server = SenderFixture.server();
    server.send(PacketSpace.INITIAL);
    for (int i = 0; i < 10; i++) {
      server.send(PacketSpace.HANDSHAKE);
    }
    server.now = 200 * MS;
    server.ack(PacketSpace.HANDSHAKE, 9);
    assertEquals(List.of(0L, 1L, 2L, 3L, 4L, 5L, 6L), server.lost);
    assertTrue(server.recovery.hasAckElicitingInFlight(PacketSpace.INITIAL));
  }

  /**
   * The loss of what a largest acknowledged ack-only packet reveals does not wait for another
   * acknowledgement.
   */
  @Test
  void anAcknowledgedAckOnlyPacketRevealsLosses() throws ProtocolException {
    sender.send();
    sender.sendAckOnly();
    sender.sendAckOnly();
    sender.sendAckOnly();
    sender.now += 100 * MS;
    sender.ack(first + 3);
    assertEquals(List.of(first), sender.lost);
  }

  /** RFC 9000 §13.3. */
  @Test
  void aLateAcknowledgementIsReportedAndCounted() throws ProtocolException {
    sender.send(4);
    sender.now += 100 * MS;
    sender.ack(first + 3);
    assertEquals(List.of(first), sender.lost);
    sender.now += 10 * MS;
    sender.forgetEvents();
    sender.ack(first);
    assertEquals(List.of(first), sender.acked);
    assertEquals(1, recovery.spuriousLosses());
    sender.ack(first);
    assertEquals(1, recovery.spuriousLosses(), "once");
    assertEquals(2 * DATAGRAM, recovery.bytesInFlight(), "it left flight when it was lost");
  }

  /** RFC 9000 §13.3: after a PTO. */
  @Test
  void lostPacketsAreForgottenAfterAProbeTimeout() throws ProtocolException {
    sender.send(4);
    sender.now += 100 * MS;
    sender.ack(first + 3);
    long next = sender.send();
    sender.now += 100 * MS;
    sender.ack(next);
    assertEquals(126 * MS, recovery.ptoNanos(PacketSpace.APPLICATION));
    next = sender.send();
    sender.now += 100 * MS;
    sender.ack(next);
    sender.forgetEvents();
    sender.ack(first);
    assertEquals(List.of(), sender.acked);
    assertEquals(0, recovery.spuriousLosses());
  }

  /** Losses free the congestion window, so it does not bound how many there are to remember. */
  @Test
  void onlyTheLatestLostPacketsAreRemembered() throws ProtocolException {
    int packets = LostPackets.MAX_REMEMBERED + 10;
    sender.send(packets + 3);
    sender.now += 100 * MS;
    sender.ackRange(first + packets + 2, first + packets + 2);
    assertEquals(packets, sender.lost.size());
    sender.now += MS;
    sender.forgetEvents();
    sender.ackRange(first, first + packets - 1);
    assertEquals(LostPackets.MAX_REMEMBERED, sender.acked.size());
    assertEquals(first + 10, sender.acked.getFirst());
  }
}
