package dev.memux.engine.recovery;

import static dev.memux.engine.recovery.SenderFixture.DATAGRAM;
import static dev.memux.engine.recovery.SenderFixture.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.ProtocolException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How acknowledgements and losses reach the window: RFC 9002 §7. */
class CongestionResponseTest {
  private SenderFixture sender;
  private Recovery recovery;
  private long first;

  @BeforeEach
  void establish() throws ProtocolException {
    sender = SenderFixture.established();
    recovery = sender.recovery;
    first = sender.nextNumber();
  }

  @Test
  void theAllowanceIsTheWindowLessWhatIsInFlight() {
    assertEquals(10 * DATAGRAM, recovery.sendAllowanceBytes());
    sender.send(3);
    assertEquals(7 * DATAGRAM, recovery.sendAllowanceBytes());
    sender.sendAckOnly();
    assertEquals(7 * DATAGRAM, recovery.sendAllowanceBytes(), "§7: only ACK frames are free");
  }

  /** §7.5. */
  @Test
  void probesMayOverfillTheWindow() {
    sender.send(10);
    sender.expire();
    assertEquals(0, recovery.sendAllowanceBytes());
    assertEquals(2, recovery.probesPending(PacketSpace.APPLICATION));
    sender.send(2);
    assertEquals(-2 * DATAGRAM, recovery.sendAllowanceBytes());
  }

  /** Against a peer that never acknowledges: the window, and two probes for each doubled wait. */
  @Test
  void whatIsInFlightIsBoundedWithoutAcknowledgements() {
    while (recovery.sendAllowanceBytes() >= DATAGRAM) {
      sender.send();
    }
    long began = sender.now;
    for (int i = 0; i < 20; i++) {
      sender.expire();
      while (recovery.probesPending(PacketSpace.APPLICATION) > 0) {
        sender.send();
      }
    }
    assertEquals((10 + 2 * 20) * DATAGRAM, recovery.bytesInFlight());
    assertTrue(sender.now - began > 8 * 3600 * 1000 * MS, "that took a night");
  }

  /** §7.3.2: "a single packet can be sent prior to reduction". */
  @Test
  void onePacketMayLeaveWhenTheWindowIsReduced() throws ProtocolException {
    sender.send(10);
    sender.now += 100 * MS;
    sender.ack(first + 3);
    assertEquals(5 * DATAGRAM, recovery.windowBytes());
    assertEquals(8 * DATAGRAM, recovery.bytesInFlight());
    assertEquals(DATAGRAM, recovery.sendAllowanceBytes());
    sender.sendAckOnly();
    assertEquals(DATAGRAM, recovery.sendAllowanceBytes(), "an ACK does not use it");
    sender.send();
    assertEquals(-4 * DATAGRAM, recovery.sendAllowanceBytes());
  }

  /** §7.3.2. */
  @Test
  void lossesOfOneRoundTripReduceTheWindowOnce() throws ProtocolException {
    sender.send(10);
    sender.now += 100 * MS;
    for (int i = 3; i < 10; i++) {
      sender.ack(first + i);
    }
    assertEquals(List.of(first, first + 1, first + 2), sender.lost);
    sender.expire();
    assertEquals(1, recovery.congestionEvents());
    assertEquals(5 * DATAGRAM, recovery.windowBytes());
  }

  /**
   * Appendix A.7: losses count before the acknowledgements of the same frame, which then grow
   * nothing.
   */
  @Test
  void anAcknowledgementThatRevealsALossDoesNotGrowTheWindow() throws ProtocolException {
    sender.send(10);
    sender.now += 100 * MS;
    sender.ack(first + 1, first + 2, first + 3, first + 4);
    assertEquals(5 * DATAGRAM, recovery.windowBytes());
  }

  /** §7.3.1. */
  @Test
  void slowStartDoublesTheWindowInARoundTrip() throws ProtocolException {
    sender.send(10);
    recovery.onApplicationLimited(true);
    sender.now += 100 * MS;
    sender.ackRange(first, first + 9);
    assertEquals(20 * DATAGRAM, recovery.windowBytes(), "a full window is not application limited");
  }

  /** §7.8. */
  @Test
  void anUnderusedWindowDoesNotGrow() throws ProtocolException {
    sender.send(9);
    recovery.onApplicationLimited(true);
    sender.now += 100 * MS;
    sender.ackRange(first, first + 8);
    assertEquals(10 * DATAGRAM, recovery.windowBytes());
  }

  /** §7.8: a pacing delay is no lack of data. */
  @Test
  void aWindowThatThePacerKeepsOpenGrows() throws ProtocolException {
    sender.send(5);
    recovery.onApplicationLimited(false);
    sender.now += 100 * MS;
    sender.ackRange(first, first + 4);
    assertEquals(15 * DATAGRAM, recovery.windowBytes());
  }

  /** §7.8: who waits for credit between bursts has the pacer for an excuse, but no use for more. */
  @Test
  void aWindowOfWhichOnlyAPartIsEverUsedGrowsNoFurtherThanTwiceThat() throws ProtocolException {
    for (int i = 0; i < 20; i++) {
      long from = sender.nextNumber();
      sender.send(7);
      recovery.onApplicationLimited(false);
      sender.now += 100 * MS;
      sender.ackRange(from, from + 6);
    }
    assertEquals(17 * DATAGRAM, recovery.windowBytes(), "grown once, from less than twice seven");
  }

  /** §7.4: what was padded counts like data. */
  @Test
  void paddedPacketsCountInBothDirections() throws ProtocolException {
    sender.send(PacketSpace.APPLICATION, DATAGRAM, false, true);
    assertEquals(9 * DATAGRAM, recovery.sendAllowanceBytes());
    sender.send(4);
    sender.now += 100 * MS;
    sender.ackRange(first, first + 4);
    assertEquals(15 * DATAGRAM, recovery.sendAllowanceBytes());
  }
}
