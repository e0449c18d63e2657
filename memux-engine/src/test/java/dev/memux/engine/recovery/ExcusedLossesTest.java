package dev.memux.engine.recovery;

import static dev.memux.engine.recovery.SenderFixture.DATAGRAM;
import static dev.memux.engine.recovery.SenderFixture.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.ProtocolException;
import org.junit.jupiter.api.Test;

/** RFC 9000 §9.4: what was lost elsewhere is no sign of congestion here. */
class ExcusedLossesTest {
  private final ExcusedLosses excused = new ExcusedLosses();

  @Test
  void allBeforeASwitchAreExcused() {
    assertFalse(excused.include(0));
    excused.onPathSwitched(10);
    assertTrue(excused.include(9));
    assertFalse(excused.include(10));
  }

  @Test
  void theLastProbesAreExcused() {
    for (int i = 0; i <= ExcusedLosses.MAX_PROBES; i++) {
      excused.onProbeSent(100 + i);
    }
    assertFalse(excused.include(100), "more than are remembered");
    assertTrue(excused.include(101));
    assertTrue(excused.include(100 + ExcusedLosses.MAX_PROBES));
    assertFalse(excused.include(101 + ExcusedLosses.MAX_PROBES));
  }

  @Test
  void whatWentToTheAddressBeforeIsSentAgainWithTheSameWindow() throws ProtocolException {
    SenderFixture sender = SenderFixture.established();
    Recovery recovery = sender.recovery;
    long window = recovery.windowBytes();
    long first = sender.nextNumber();
    sender.send(5);
    recovery.onPathSwitched(sender.now);
    assertEquals(5 * DATAGRAM, recovery.bytesInFlight());
    assertEquals(Recovery.MAX_PROBES, recovery.probesPending(PacketSpace.APPLICATION));
    long fresh = sender.nextNumber();
    sender.send(4);
    sender.now += 100 * MS;
    sender.ack(fresh, fresh + 1, fresh + 2, fresh + 3);
    sender.now += 5000 * MS;
    recovery.onTimeout(sender.now);
    assertTrue(sender.lost.contains(first));
    assertEquals(5, sender.lost.size());
    assertEquals(0, recovery.congestionEvents());
    assertEquals(0, recovery.bytesInFlight());
    assertTrue(recovery.windowBytes() >= window);
  }

  @Test
  void aLostProbeOfAnotherPathIsNoCongestion() throws ProtocolException {
    SenderFixture sender = SenderFixture.established();
    long probe = sender.nextNumber();
    sender.send(1);
    sender.recovery.onPathProbeSent(probe);
    sender.send(4);
    sender.now += 100 * MS;
    sender.ack(probe + 1, probe + 2, probe + 3, probe + 4);
    assertTrue(sender.lost.contains(probe));
    assertEquals(0, sender.recovery.congestionEvents());
  }
}
