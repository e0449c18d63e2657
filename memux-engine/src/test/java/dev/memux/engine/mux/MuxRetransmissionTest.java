package dev.memux.engine.mux;

import static dev.memux.engine.mux.StreamType.BIDIRECTIONAL;
import static dev.memux.engine.mux.StreamType.UNIDIRECTIONAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.memux.engine.mux.MuxPair.Packet;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.ProtocolException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** After a loss, what is current is sent, not the old frame (RFC 9000 §13.3). */
class MuxRetransmissionTest {
  private static final byte[] DATA = new byte[1_000];

  private final MuxPair pair = new MuxPair(MuxPair.config(1_000, 1_000, 4, 4));
  private final Mux client = pair.client.mux;
  private final Mux server = pair.server.mux;

  @Test
  void creditIsSentAgainWithItsPresentValue() throws ProtocolException {
    server.onStream(0, 0, DATA, 0, 600, false);
    MuxPair.drain(server.stream(0));
    Packet first = pair.server.transmit();
    assertEquals(List.of("MAX_DATA 1600", "MAX_STREAM_DATA 0 1600"), first.text());
    server.onStream(0, 600, DATA, 0, 600, false);
    MuxPair.drain(server.stream(0));
    Packet second = pair.server.transmit();
    assertEquals(List.of("MAX_DATA 2200", "MAX_STREAM_DATA 0 2200"), second.text());
    first.lose();
    assertEquals(second.text(), pair.server.transmit().text());
  }

  @Test
  void creditOfAStreamThatNeedsNoneIsNotSentAgain() throws ProtocolException {
    server.onStream(0, 0, DATA, 0, 600, false);
    MuxPair.drain(server.stream(0));
    Packet packet = pair.server.transmit();
    server.onStream(0, 600, DATA, 0, 0, true);
    packet.lose();
    assertEquals(List.of("MAX_DATA 1600"), pair.server.transmit().text());
  }

  @Test
  void streamLimitsAreSentAgainWithTheirPresentValue() throws ProtocolException {
    for (int i = 0; i < 2; i++) {
      server.onControl(new ControlFrame.ResetStream(4L * i + 2, 0, 0));
    }
    Packet first = pair.server.transmit();
    assertEquals(List.of("MAX_STREAMS_UNI 6"), first.text());
    for (int i = 2; i < 4; i++) {
      server.onControl(new ControlFrame.ResetStream(4L * i + 2, 0, 0));
    }
    pair.server.transmit();
    first.lose();
    assertEquals(List.of("MAX_STREAMS_UNI 8"), pair.server.transmit().text());
  }

  @Test
  void resetsAndStopsAreSentAgainUntilTheyAreOfNoUse() throws ProtocolException {
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    MuxPair.write(stream, 100);
    pair.client.transmit();
    stream.reset(3);
    stream.stopSending(4);
    List<String> expected = List.of("RESET_STREAM 0 3 100", "STOP_SENDING 0 4");
    Packet first = pair.client.transmit();
    assertEquals(expected, first.text());
    first.lose();
    Packet second = pair.client.transmit();
    assertEquals(expected, second.text());
    client.onControl(new ControlFrame.ResetStream(0, 4, 0));
    second.lose();
    Packet third = pair.client.transmit();
    assertEquals(List.of("RESET_STREAM 0 3 100"), third.text(), "the peer has stopped");
    third.acknowledge();
    first.lose();
    assertNull(pair.client.transmit(1_000));
    assertEquals(0, client.streamCount());
  }

  @Test
  void aResetLostAfterItsCopyArrivedIsNotSentAgain() throws ProtocolException {
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    stream.reset(3);
    Packet first = pair.client.transmit();
    first.lose();
    Packet second = pair.client.transmit();
    second.acknowledge();
    first.lose();
    assertNull(pair.client.transmit(1_000));
    assertEquals(List.of("0 SENT"), pair.client.events());
    first.acknowledge();
    assertEquals(List.of(), pair.client.events());
  }

  @Test
  void aLostEndOfAResetStreamStaysLost() throws ProtocolException {
    // Nothing of a stream may follow its reset, whatever makes the scheduler look at it again.
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    MuxPair.write(stream, 10);
    stream.finish();
    pair.client.transmit().lose();
    stream.reset(1);
    pair.client.transmit().acknowledge();
    client.onControl(new ControlFrame.MaxStreamData(0, 5_000));
    assertFalse(client.hasPending());
    client.onControl(new ControlFrame.ResetStream(0, 1, 0));
    assertEquals(0, client.streamCount());
  }

  @Test
  void reportsOfBlockingAreSentAgainOnlyIfStillTrue() throws ProtocolException {
    MuxStream stream = pair.client.open(UNIDIRECTIONAL);
    MuxPair.write(stream, 1_001);
    pair.client.transmit();
    client.onControl(new ControlFrame.MaxStreamData(2, 2_000));
    Packet blocked = pair.client.transmit();
    assertEquals(List.of("DATA_BLOCKED 1000"), blocked.text());
    blocked.lose();
    Packet again = pair.client.transmit();
    assertEquals(blocked.text(), again.text());
    client.onControl(new ControlFrame.MaxData(1_001));
    pair.client.transmit().acknowledge();
    again.lose();
    assertNull(pair.client.transmit(1_000));
  }

  @Test
  void aStreamsReportOfBlockingIsSentAgainOnlyIfStillTrue() throws ProtocolException {
    MuxStream stream = pair.client.open(UNIDIRECTIONAL);
    client.onControl(new ControlFrame.MaxData(100_000));
    MuxPair.write(stream, 1_001);
    Packet blocked = pair.client.transmit();
    assertEquals(List.of("STREAM 2 0+1000", "STREAM_DATA_BLOCKED 2 1000"), blocked.text());
    blocked.lose();
    Packet again = pair.client.transmit();
    assertEquals(List.of("STREAM_DATA_BLOCKED 2 1000", "STREAM 2 0+1000"), again.text());
    client.onControl(new ControlFrame.MaxStreamData(2, 1_001));
    pair.client.transmit().acknowledge();
    again.lose();
    assertEquals(List.of("STREAM 2 0+1000"), pair.client.transmit().text());
  }

  @Test
  void aReportOfTooFewStreamsIsSentAgainOnlyIfStillTrue() throws ProtocolException {
    for (int i = 0; i < 4; i++) {
      pair.client.open(BIDIRECTIONAL);
    }
    assertNull(client.open(BIDIRECTIONAL, Priority.DEFAULT));
    Packet blocked = pair.client.transmit();
    blocked.lose();
    Packet again = pair.client.transmit();
    assertEquals(List.of("STREAMS_BLOCKED_BIDI 4"), again.text());
    client.onControl(new ControlFrame.MaxStreams(true, 5));
    again.lose();
    assertNull(pair.client.transmit(1_000));
  }

  @Test
  void nothingOfAStreamThatIsOverIsSentAgain() throws ProtocolException {
    MuxStream stream = pair.client.open(UNIDIRECTIONAL);
    MuxPair.write(stream, 100);
    stream.finish();
    Packet packet = pair.client.transmit();
    packet.acknowledge();
    assertEquals(List.of("2 SENT CLOSED"), pair.client.events());
    packet.lose();
    packet.acknowledge();
    assertFalse(client.hasPending());
    assertEquals(List.of(), pair.client.events());
  }

  @Test
  void aProbeRepeatsWhatIsStillUnderWay() throws ProtocolException {
    // RFC 9002 §6.2.4: what is sent again may be acknowledged in either packet, or in both.
    MuxStream stream = pair.client.open(UNIDIRECTIONAL);
    MuxPair.write(stream, 100);
    stream.finish();
    Packet packet = pair.client.transmit();
    packet.lose();
    Packet probe = pair.client.transmit();
    assertEquals(packet.text(), probe.text());
    packet.acknowledge();
    probe.lose();
    assertNull(pair.client.transmit(1_000));
    assertEquals(List.of("2 SENT CLOSED"), pair.client.events());
  }

  @Test
  void lostDataCompetesAtItsStreamsPriority() throws ProtocolException {
    MuxStream low = pair.client.open(BIDIRECTIONAL, new Priority(5, true));
    MuxPair.write(low, 200);
    Packet lost = pair.client.transmit();
    MuxStream high = pair.client.open(BIDIRECTIONAL, new Priority(1, true));
    MuxPair.write(high, 100);
    lost.lose();
    assertEquals(List.of("STREAM 4 0+100", "STREAM 0 0+200"), pair.client.transmit().text());
  }

  @Test
  void aPriorityMayChangeWhileDataIsLost() throws ProtocolException {
    MuxStream first = pair.client.open(BIDIRECTIONAL, new Priority(3, true));
    MuxStream second = pair.client.open(BIDIRECTIONAL, new Priority(3, true));
    MuxPair.write(first, 100);
    MuxPair.write(second, 100);
    pair.client.transmit().lose();
    second.setPriority(new Priority(0, true));
    assertEquals(new Priority(0, true), second.priority());
    assertEquals(List.of("STREAM 4 0+100", "STREAM 0 0+100"), pair.client.transmit().text());
  }

  @Test
  void dataGoesByUrgencyAndAmongEqualsByTurns() throws ProtocolException {
    MuxPair wide = new MuxPair(MuxPair.config(100_000, 500_000, 10, 10));
    MuxStream a = wide.client.open(BIDIRECTIONAL, new Priority(3, true));
    MuxStream b = wide.client.open(BIDIRECTIONAL, new Priority(3, true));
    MuxStream c = wide.client.open(BIDIRECTIONAL, new Priority(7, true));
    for (MuxStream stream : List.of(c, a, b)) {
      MuxPair.write(stream, 10_000);
    }
    int[] packets = new int[3];
    for (int i = 0; i < 16; i++) {
      Packet packet = wide.client.transmit();
      packets[Integer.parseInt(packet.text().getFirst().split(" ", -1)[1]) / 4]++;
    }
    assertEquals(8, packets[0]);
    assertEquals(8, packets[1]);
    c.setPriority(Priority.CRITICAL);
    assertEquals("STREAM 8 0+1198", wide.client.transmit().text().getFirst());
  }

  @Test
  void aStreamThatIsOverKeepsItsPriority() throws ProtocolException {
    MuxStream stream = pair.client.open(UNIDIRECTIONAL, new Priority(2, true));
    stream.finish();
    pair.exchange();
    stream.setPriority(Priority.DEFAULT);
    assertEquals(new Priority(2, true), stream.priority());
    assertNotNull(stream.toString());
  }
}
