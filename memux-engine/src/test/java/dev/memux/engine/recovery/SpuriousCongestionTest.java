package dev.memux.engine.recovery;

import static dev.memux.engine.recovery.SenderFixture.DATAGRAM;
import static dev.memux.engine.recovery.SenderFixture.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.congestion.Cubic;
import dev.memux.engine.wire.ProtocolException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 9438 §4.9: reordering that looked like loss does not keep the window small. */
class SpuriousCongestionTest {
  private SenderFixture sender;
  private Recovery recovery;
  private long first;

  @BeforeEach
  void tenPacketsOfWhichTwoSeemLost() throws ProtocolException {
    sender = SenderFixture.established(new Cubic(DATAGRAM));
    recovery = sender.recovery;
    first = sender.nextNumber();
    sender.send(10);
    sender.now += 100 * MS;
    sender.ack(first + 4);
    assertEquals(7 * DATAGRAM, recovery.windowBytes());
    assertEquals(2, recovery.packetsLost());
  }

  @Test
  void isUndoneWhenAllLostPacketsWereLate() throws ProtocolException {
    sender.ack(first);
    assertEquals(7 * DATAGRAM, recovery.windowBytes(), "one is still missing");
    sender.ack(first + 1);
    assertEquals(10 * DATAGRAM, recovery.windowBytes());
    // What was sent before the reduction grows it again: there was no recovery period.
    sender.ackRange(first + 2, first + 9);
    assertTrue(recovery.windowBytes() > 10 * DATAGRAM);
  }

  @Test
  void laterLossesOfTheSamePeriodCountToo() throws ProtocolException {
    sender.ack(first + 8);
    assertEquals(5, recovery.packetsLost());
    assertEquals(1, recovery.congestionEvents());
    sender.ack(first, first + 1);
    assertEquals(7 * DATAGRAM, recovery.windowBytes());
    sender.ack(first + 2, first + 3, first + 5);
    assertEquals(10 * DATAGRAM, recovery.windowBytes());
  }

  @Test
  void isNotUndoneByPacketsLostBeforeIt() throws ProtocolException {
    sender.ackRange(first + 2, first + 9);
    sender.now += MS;
    sender.send(6);
    sender.now += 100 * MS;
    sender.ackRange(first + 12, first + 15);
    assertEquals(2, recovery.congestionEvents());
    long reduced = recovery.windowBytes();
    sender.ackRange(first, first + 1);
    assertEquals(2, recovery.spuriousLosses());
    assertEquals(reduced, recovery.windowBytes());
    sender.ackRange(first + 10, first + 11);
    assertEquals(7 * DATAGRAM, recovery.windowBytes(), "the first reduction stays");
  }

  @Test
  void isNotUndoneAfterALostPacketWasForgotten() throws ProtocolException {
    sender.now += 1000 * MS;
    sender.send();
    sender.now += 100 * MS;
    sender.ack(first + 10);
    long window = recovery.windowBytes();
    sender.ackRange(first, first + 10);
    assertEquals(5 + 2, recovery.spuriousLosses());
    assertEquals(window, recovery.windowBytes());
  }
}
