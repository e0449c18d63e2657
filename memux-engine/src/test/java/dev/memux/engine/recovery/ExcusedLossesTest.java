package dev.memux.engine.recovery;

import static dev.memux.engine.recovery.SenderFixture.DATAGRAM;
import static dev.memux.engine.recovery.SenderFixture.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.congestion.CongestionController;
import dev.memux.engine.congestion.Cubic;
import dev.memux.engine.congestion.NewReno;
import dev.memux.engine.wire.ProtocolException;
import java.util.ArrayList;
import java.util.List;
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

  @Test
  void theControllerHearsNothingOfThem() throws ProtocolException {
    // BBR looks at each lost packet, whatever becomes of the window.
    Listening congestion = new Listening();
    SenderFixture sender = SenderFixture.established(congestion);
    long probe = sender.nextNumber();
    sender.send(1);
    sender.recovery.onPathProbeSent(probe);
    sender.send(4);
    sender.now += 100 * MS;
    sender.ack(probe + 1, probe + 2, probe + 3, probe + 4);
    assertTrue(sender.lost.contains(probe));
    assertEquals(List.of(), congestion.lost);
    assertEquals(1, congestion.forgotten);
    assertEquals(0, sender.recovery.bytesInFlight());
  }

  /** Has a fixed window, and remembers what it is told of losses. */
  private static final class Listening implements CongestionController {
    final List<Long> lost = new ArrayList<>();
    int forgotten;

    @Override
    public long windowBytes() {
      return 100 * DATAGRAM;
    }

    @Override
    public void onRttSample(
        long sentNanos, long nowNanos, long smoothedNanos, boolean applicationLimited) {}

    @Override
    public void onPacketAcked(
        int bytes, long sentNanos, long nowNanos, boolean applicationLimited) {}

    @Override
    public void onPacketLost(long packetNumber, int bytes, long sentNanos, long nowNanos) {
      lost.add(packetNumber);
    }

    @Override
    public void onPacketForgotten(int bytes, long sentNanos) {
      forgotten++;
    }

    @Override
    public boolean onPacketsLost(long newestSentNanos, long nowNanos) {
      return false;
    }

    @Override
    public boolean onCongestionMarked(long packets, long newestSentNanos, long nowNanos) {
      return false;
    }

    @Override
    public void onSpuriousCongestion() {}

    @Override
    public void onDatagramBytes(int bytes) {}

    @Override
    public void onPersistentCongestion() {}
  }

  @Test
  void aLateAcknowledgementOfOneTakesNoReductionBack() throws ProtocolException {
    SenderFixture sender = SenderFixture.established(new Cubic(DATAGRAM));
    long first = sender.nextNumber();
    sender.send(2);
    sender.recovery.onPathProbeSent(first);
    sender.send(8);
    sender.now += 100 * MS;
    sender.ack(first + 4); // two are lost, of which one counts
    assertEquals(2, sender.recovery.packetsLost());
    assertEquals(1, sender.recovery.congestionEvents());
    long reduced = sender.recovery.windowBytes();
    sender.ack(first);
    assertEquals(reduced, sender.recovery.windowBytes());
  }

  @Test
  void aProbeOfAnotherPathSaysNothingOfThisOnesRoundTrip() throws ProtocolException {
    SenderFixture sender = SenderFixture.established();
    long smoothed = sender.recovery.rtt().smoothedNanos();
    long probe = sender.send();
    sender.recovery.onPathProbeSent(probe);
    sender.now += 5 * MS;
    sender.ack(probe);
    assertEquals(smoothed, sender.recovery.rtt().smoothedNanos());
    assertEquals(100 * MS, sender.recovery.rtt().minNanos());
  }

  @Test
  void whoGoesBackAndForthGetsNoMoreThanAProbeTimeoutWouldSend() throws ProtocolException {
    SenderFixture sender = SenderFixture.established();
    sender.send(5);
    int granted = 0;
    for (int i = 0; i < 100; i++) {
      sender.now += MS;
      sender.recovery.onPathSwitched(sender.now);
      while (sender.recovery.probesPending(PacketSpace.APPLICATION) > 0) {
        sender.send();
        granted++;
      }
    }
    assertEquals(Recovery.MAX_PROBES, granted);
  }

  @Test
  void whoGoesBackAndForthGetsOneFreshWindow() throws ProtocolException {
    SenderFixture sender = SenderFixture.established();
    sender.recovery.onNewPath(new NewReno(DATAGRAM), 0, sender.now);
    sender.send(5);
    sender.now += MS;
    sender.recovery.onNewPath(new NewReno(DATAGRAM), 0, sender.now);
    assertEquals(5 * DATAGRAM, sender.recovery.bytesInFlight());
    sender.now += 10_000 * MS;
    sender.recovery.onNewPath(new NewReno(DATAGRAM), 0, sender.now);
    assertEquals(0, sender.recovery.bytesInFlight());
  }
}
