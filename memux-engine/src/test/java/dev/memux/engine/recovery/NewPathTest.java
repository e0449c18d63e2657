package dev.memux.engine.recovery;

import static dev.memux.engine.recovery.SenderFixture.DATAGRAM;
import static dev.memux.engine.recovery.SenderFixture.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.congestion.NewReno;
import dev.memux.engine.wire.ProtocolException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 9000 §9.4: what was sent on the old path says nothing about the new one. */
class NewPathTest {
  private SenderFixture sender;
  private Recovery recovery;
  private long first;

  @BeforeEach
  void moveWithFivePacketsUnderWay() throws ProtocolException {
    sender = SenderFixture.established();
    recovery = sender.recovery;
    first = sender.nextNumber();
    sender.send(5);
    recovery.onNewPath(new NewReno(DATAGRAM), 0, 0);
  }

  @Test
  void everythingBeginsAnew() {
    assertEquals(0, recovery.bytesInFlight());
    assertEquals(10 * DATAGRAM, recovery.windowBytes());
    assertFalse(recovery.rtt().hasSample());
    assertEquals(RttEstimator.INITIAL_RTT_NANOS, recovery.rtt().smoothedNanos());
  }

  @Test
  void oldPacketsGiveNoSampleAndNoGrowth() throws ProtocolException {
    sender.now += 5000 * MS;
    sender.ack(first, first + 1, first + 2, first + 3, first + 4);
    assertFalse(recovery.rtt().hasSample());
    assertEquals(10 * DATAGRAM, recovery.windowBytes());
    assertEquals(0, recovery.bytesInFlight());
    assertEquals(List.of(first, first + 1, first + 2, first + 3, first + 4), sender.acked);
  }

  @Test
  void oldPacketsAreLostWithoutCongestion() throws ProtocolException {
    long fresh = sender.nextNumber();
    sender.send(4);
    sender.now += 100 * MS;
    sender.ack(fresh, fresh + 1, fresh + 2, fresh + 3);
    sender.now += 5000 * MS;
    recovery.onTimeout(sender.now);
    assertEquals(List.of(first, first + 1, first + 2, first + 3, first + 4), sender.lost);
    assertTrue(recovery.windowBytes() >= 10 * DATAGRAM);
    assertEquals(0, recovery.congestionEvents());
    assertEquals(0, recovery.bytesInFlight());
    assertEquals(100 * MS, recovery.rtt().latestNanos());
  }

  @Test
  void newPacketsCount() throws ProtocolException {
    long fresh = sender.nextNumber();
    sender.send(10);
    assertEquals(0, recovery.sendAllowanceBytes());
    sender.now += 60 * MS;
    sender.ack(fresh + 9);
    assertEquals(60 * MS, recovery.rtt().smoothedNanos());
    assertEquals(1, recovery.congestionEvents());
  }

  @Test
  void aSwitchEndsTheBackoff() {
    sender.expire();
    sender.expire();
    sender.expire();
    long patient = recovery.deadlineNanos();
    recovery.onPathSwitched(sender.now);
    assertEquals(0, recovery.ptoCount());
    assertTrue(recovery.deadlineNanos() < patient);
  }
}
