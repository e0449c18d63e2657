package dev.memux.engine.recovery;

import static dev.memux.engine.recovery.SenderFixture.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.ProtocolException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 9002 §6.2 once the handshake is confirmed. */
class PtoTest {
  private SenderFixture sender;
  private Recovery recovery;
  private long first;

  @BeforeEach
  void establish() throws ProtocolException {
    sender = SenderFixture.established();
    recovery = sender.recovery;
    first = sender.nextNumber();
  }

  /** §6.2.1. */
  @Test
  void thePeriodIsTheRoundTripItsVariationAndThePeersDelay() {
    RttEstimator rtt = recovery.rtt();
    assertEquals(
        rtt.smoothedNanos() + Math.max(4 * rtt.variationNanos(), MS) + 25 * MS,
        recovery.ptoNanos(PacketSpace.APPLICATION));
    recovery.onMaxAckDelay(40 * MS);
    assertEquals(
        rtt.smoothedNanos() + Math.max(4 * rtt.variationNanos(), MS) + 40 * MS,
        recovery.ptoNanos(PacketSpace.APPLICATION));
  }

  @Test
  void nothingInFlightNeedsNoTimer() throws ProtocolException {
    assertEquals(Long.MAX_VALUE, recovery.deadlineNanos());
    long number = sender.send();
    assertTrue(recovery.deadlineNanos() < Long.MAX_VALUE);
    sender.now += 100 * MS;
    sender.ack(number);
    assertEquals(Long.MAX_VALUE, recovery.deadlineNanos());
  }

  @Test
  void packetsThatAreNotAckElicitingArmNoTimer() {
    sender.sendAckOnly();
    sender.send(PacketSpace.APPLICATION, 1200, false, true);
    assertEquals(Long.MAX_VALUE, recovery.deadlineNanos());
  }

  /** §6.2.1: restarted whenever an ack-eliciting packet is sent or acknowledged. */
  @Test
  void theTimerCountsFromTheLastAckElicitingPacket() throws ProtocolException {
    long pto = recovery.ptoNanos(PacketSpace.APPLICATION);
    sender.send();
    assertEquals(sender.now + pto, recovery.deadlineNanos());
    sender.now += 10 * MS;
    sender.send();
    assertEquals(sender.now + pto, recovery.deadlineNanos());
    long lastSent = sender.now;
    sender.now += 90 * MS;
    sender.ack(first);
    assertEquals(lastSent + recovery.ptoNanos(PacketSpace.APPLICATION), recovery.deadlineNanos());
  }

  /** §6.2, §6.2.4: two ack-eliciting packets, and nothing is lost by that. */
  @Test
  void expiryAsksForTwoProbesWithTheOldestFramesAndDeclaresNoLoss() {
    sender.send(5);
    sender.expire();
    assertEquals(2, recovery.probesPending(PacketSpace.APPLICATION));
    assertEquals(List.of(first, first + 1), sender.probed);
    assertEquals(List.of(), sender.lost);
    assertEquals(5 * 1200, recovery.bytesInFlight());
  }

  /** §7.5: probes count as in flight. */
  @Test
  void probesSentAreCountedDownAndInFlight() {
    sender.send();
    sender.expire();
    sender.sendAckOnly();
    assertEquals(2, recovery.probesPending(PacketSpace.APPLICATION), "an ACK is no probe");
    sender.send();
    assertEquals(1, recovery.probesPending(PacketSpace.APPLICATION));
    sender.send();
    sender.send();
    assertEquals(0, recovery.probesPending(PacketSpace.APPLICATION));
    assertEquals(4 * 1200, recovery.bytesInFlight());
  }

  /** §6.2.1. */
  @Test
  void everyExpiryDoublesThePeriod() {
    long pto = recovery.ptoNanos(PacketSpace.APPLICATION);
    sender.send();
    for (int i = 0; i < 10; i++) {
      assertEquals(sender.now + (pto << i), recovery.deadlineNanos());
      sender.expire();
      assertEquals(i + 1, recovery.ptoCount());
      sender.send(2);
    }
  }

  /** §6.2.1. */
  @Test
  void anAcknowledgementEndsTheBackoffAndTheProbes() throws ProtocolException {
    sender.send();
    sender.expire();
    sender.expire();
    sender.ack(first);
    assertEquals(0, recovery.ptoCount());
    assertEquals(0, recovery.probesPending(PacketSpace.APPLICATION));
  }

  @Test
  void anAcknowledgementOfNothingNewLeavesTheBackoff() throws ProtocolException {
    sender.send();
    sender.expire();
    sender.ack(first - 1);
    assertEquals(1, recovery.ptoCount());
  }

  /** A socket that blocks must not double the period again and again because the timer is late. */
  @Test
  void probesThatCouldNotLeaveDoNotExpireAtOnceAgain() {
    sender.send();
    sender.now += 100_000 * MS;
    recovery.onTimeout(sender.now);
    assertEquals(1, recovery.ptoCount());
    assertTrue(recovery.deadlineNanos() > sender.now);
  }

  @Test
  void anEarlyTimeoutDoesNothing() {
    sender.send();
    recovery.onTimeout(recovery.deadlineNanos() - 1);
    assertEquals(0, recovery.ptoCount());
    assertEquals(0, recovery.probesPending(PacketSpace.APPLICATION));
  }

  /**
   * A peer that keeps the connection alive for months without acknowledging cannot make the timer
   * wrap.
   */
  @Test
  void theBackoffNeverOverflows() {
    sender.send();
    long before = 0;
    for (int i = 0; i < 100; i++) {
      sender.expire();
      sender.send(2);
      long wait = recovery.deadlineNanos() - sender.now;
      assertTrue(wait >= before, () -> "wait " + wait);
      before = wait;
    }
  }

  @Test
  void anAbsurdRoundTripDoesNotOverflowTheBackoff() throws ProtocolException {
    sender.send();
    sender.now += 1000L * 24 * 3600 * 1000 * MS;
    sender.ack(first);
    sender.send();
    for (int i = 0; i < 5; i++) {
      assertTrue(recovery.deadlineNanos() > sender.now);
      sender.expire();
      sender.send();
    }
  }
}
