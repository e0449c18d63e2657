package dev.memux.engine.mux;

import static dev.memux.engine.mux.StreamType.BIDIRECTIONAL;
import static dev.memux.engine.mux.StreamType.UNIDIRECTIONAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9000 §2.1, §3.2, §4.6. */
class StreamLimitTest {
  private static final byte[] ONE = new byte[1];

  @Test
  void idsSayWhoOpenedTheStreamAndItsType() {
    MuxPair pair = new MuxPair(MuxConfig.DEFAULT);
    assertEquals(0, pair.client.open(BIDIRECTIONAL).id());
    assertEquals(4, pair.client.open(BIDIRECTIONAL).id());
    assertEquals(2, pair.client.open(UNIDIRECTIONAL).id());
    assertEquals(1, pair.server.open(BIDIRECTIONAL).id());
    assertEquals(3, pair.server.open(UNIDIRECTIONAL).id());
    assertEquals(7, pair.server.open(UNIDIRECTIONAL).id());
  }

  @Test
  void openingAStreamOpensAllOfItsTypeWithLowerNumbers() throws ProtocolException {
    MuxPair pair = new MuxPair(MuxConfig.DEFAULT);
    pair.server.mux.onStream(12, 0, ONE, 0, 1, false);
    assertEquals(
        List.of("0 OPENED", "4 OPENED", "8 OPENED", "12 OPENED READABLE"), pair.server.events());
    pair.server.mux.onStream(4, 0, ONE, 0, 1, false);
    assertEquals(List.of("4 READABLE"), pair.server.events());
    pair.server.mux.onControl(new ControlFrame.ResetStream(6, 0, 0));
    assertEquals(List.of("2 OPENED", "6 OPENED RESET CLOSED"), pair.server.events());
  }

  @Test
  void noStreamIsOpenedAboveTheLimitWhateverTheFrame() throws ProtocolException {
    List<ControlFrame> bidi =
        List.of(
            new ControlFrame.ResetStream(12, 0, 0),
            new ControlFrame.StopSending(12, 0),
            new ControlFrame.MaxStreamData(12, 9),
            new ControlFrame.StreamDataBlocked(12, 9));
    for (ControlFrame frame : bidi) {
      MuxPair pair = new MuxPair(MuxPair.config(100, 100, 3, 2));
      ProtocolException fault =
          assertThrows(ProtocolException.class, () -> pair.server.mux.onControl(frame));
      assertEquals(TransportError.STREAM_LIMIT_ERROR, fault.code());
      assertEquals(frame.type().code(), fault.frameType());
      assertEquals(0, pair.server.mux.streamCount());
    }
    MuxPair pair = new MuxPair(MuxPair.config(100, 100, 3, 2));
    assertLimit(pair, 12);
    assertLimit(pair, 10);
    assertLimit(pair, (1L << 62) - 4);
    assertLimit(pair, (1L << 62) - 2);
    pair.server.mux.onStream(8, 0, ONE, 0, 0, false);
    pair.server.mux.onStream(6, 0, ONE, 0, 0, false);
    assertEquals(5, pair.server.mux.streamCount());
  }

  private static void assertLimit(MuxPair pair, long id) {
    ProtocolException fault =
        assertThrows(
            ProtocolException.class, () -> pair.server.mux.onStream(id, 0, ONE, 0, 1, false));
    assertEquals(TransportError.STREAM_LIMIT_ERROR, fault.code());
  }

  @Test
  void weOpenNoMoreThanThePeerAllows() throws ProtocolException {
    MuxPair pair = new MuxPair(MuxPair.config(100, 100, 2, 0));
    assertEquals(2, pair.client.mux.openable(BIDIRECTIONAL));
    pair.client.open(BIDIRECTIONAL);
    pair.client.open(BIDIRECTIONAL);
    assertEquals(0, pair.client.mux.openable(BIDIRECTIONAL));
    assertNull(pair.client.mux.open(BIDIRECTIONAL, Priority.DEFAULT));
    assertNull(pair.client.mux.open(UNIDIRECTIONAL, Priority.DEFAULT));
    pair.client.mux.onControl(new ControlFrame.MaxStreams(true, 1));
    assertFalse(pair.client.mux.takeLimitRose(BIDIRECTIONAL), "a lower limit has no effect");
    assertEquals(0, pair.client.mux.openable(BIDIRECTIONAL));
    pair.client.mux.onControl(new ControlFrame.MaxStreams(true, 3));
    assertTrue(pair.client.mux.takeLimitRose(BIDIRECTIONAL));
    assertFalse(pair.client.mux.takeLimitRose(BIDIRECTIONAL));
    assertFalse(pair.client.mux.takeLimitRose(UNIDIRECTIONAL));
    assertEquals(8, pair.client.open(BIDIRECTIONAL).id());
  }

  @Test
  void nothingCanBeOpenedOnAConnectionThatIsOver() throws ProtocolException {
    MuxPair pair = new MuxPair(MuxPair.config(100, 100, 2, 2));
    pair.client.mux.onConnectionClosed();
    assertEquals(0, pair.client.mux.openable(BIDIRECTIONAL));
    assertNull(pair.client.mux.open(BIDIRECTIONAL, Priority.DEFAULT));
  }

  @Test
  void theHighestLimitLeavesIdsThatCanBeEncoded() throws ProtocolException {
    MuxPair pair = new MuxPair(MuxConfig.DEFAULT);
    pair.client.mux.onControl(new ControlFrame.MaxStreams(true, 1L << 60));
    assertEquals(1L << 60, pair.client.mux.openable(BIDIRECTIONAL));
    assertNotNull(pair.client.mux.open(BIDIRECTIONAL, Priority.DEFAULT));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 10, 100})
  void tenThousandStreamsFollowOneAnother(int atOnce) throws ProtocolException {
    MuxPair pair = new MuxPair(MuxPair.config(100, 1_000, atOnce, atOnce));
    for (int i = 0; i < 10_000; i++) {
      MuxStream stream = pair.client.open(i % 2 == 0 ? BIDIRECTIONAL : UNIDIRECTIONAL);
      MuxPair.write(stream, 10);
      stream.finish();
      pair.exchange();
      serve(pair);
      pair.exchange();
      if (stream.canReceive()) {
        MuxPair.drain(stream);
      }
      pair.exchange();
      pair.client.events();
    }
    assertEquals(0, pair.client.mux.streamCount());
    assertEquals(0, pair.server.mux.streamCount());
  }

  @Test
  void aPeerAtItsLimitMayGoOnAsSoonAsAStreamEnds() throws ProtocolException {
    // Most of its streams may live long, and RFC 9000 §4.6 does not oblige it to say that it is
    // blocked.
    MuxPair pair = new MuxPair(MuxPair.config(100, 1_000, 10, 10));
    for (int i = 0; i < 9; i++) {
      MuxPair.write(pair.client.open(UNIDIRECTIONAL), 1);
    }
    for (int i = 0; i < 100; i++) {
      MuxStream stream = pair.client.open(UNIDIRECTIONAL);
      stream.finish();
      pair.exchange();
      MuxStream remote = pair.server.mux.stream(stream.id());
      assertNotNull(remote);
      MuxPair.drain(remote);
      pair.exchange();
      assertTrue(pair.client.mux.openable(UNIDIRECTIONAL) > 0, "stuck after " + i);
    }
  }

  @Test
  void aPeerThatReachesItsLimitLaterMayGoOnToo() throws ProtocolException {
    MuxPair pair = new MuxPair(MuxPair.config(100, 1_000, 10, 10));
    List<MuxStream> streams = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      streams.add(pair.client.open(UNIDIRECTIONAL));
    }
    for (MuxStream stream : streams.subList(0, 4)) {
      stream.finish();
      pair.exchange();
      MuxStream remote = pair.server.mux.stream(stream.id());
      assertNotNull(remote);
      MuxPair.drain(remote);
    }
    pair.exchange();
    for (int i = 0; i < 8; i++) {
      MuxPair.write(pair.client.open(UNIDIRECTIONAL), 1);
      pair.exchange();
    }
    assertEquals(10, streams.size() - 4 + 8);
  }

  @Test
  void aLimitThatBlocksIsReportedOnce() throws ProtocolException {
    MuxPair pair = new MuxPair(MuxPair.config(100, 100, 1, 0));
    pair.client.open(BIDIRECTIONAL);
    for (int i = 0; i < 5; i++) {
      assertNull(pair.client.mux.open(BIDIRECTIONAL, Priority.DEFAULT));
      assertNull(pair.client.mux.open(UNIDIRECTIONAL, Priority.DEFAULT));
      pair.exchange();
    }
    assertEquals(List.of("STREAMS_BLOCKED_BIDI 1", "STREAMS_BLOCKED_UNI 0"), pair.client.log);
    pair.client.mux.onControl(new ControlFrame.MaxStreams(true, 2));
    pair.client.open(BIDIRECTIONAL);
    assertNull(pair.client.mux.open(BIDIRECTIONAL, Priority.DEFAULT));
    pair.exchange();
    assertEquals("STREAMS_BLOCKED_BIDI 2", pair.client.log.getLast());
  }

  @Test
  void aLimitThatBlocksNoMoreIsNotReported() throws ProtocolException {
    MuxPair pair = new MuxPair(MuxPair.config(100, 100, 0, 0));
    assertNull(pair.client.mux.open(BIDIRECTIONAL, Priority.DEFAULT));
    pair.client.mux.onControl(new ControlFrame.MaxStreams(true, 2));
    pair.exchange();
    assertEquals(List.of(), pair.client.log);
    assertFalse(pair.client.mux.hasPending());
  }

  @Test
  void aBlockedPeerIsToldWhatItMayOpen() throws ProtocolException {
    MuxPair pair = new MuxPair(MuxPair.config(100, 100, 10, 10));
    pair.server.mux.onControl(new ControlFrame.StreamsBlocked(true, 10));
    assertFalse(pair.server.mux.hasPending(), "there is nothing to grant");
    MuxStream stream = pair.client.open(UNIDIRECTIONAL);
    stream.reset(1);
    pair.exchange();
    assertEquals(List.of(), pair.server.log, "one stream is not worth a frame");
    pair.server.mux.onControl(new ControlFrame.StreamsBlocked(false, 10));
    pair.exchange();
    assertEquals(List.of("MAX_STREAMS_UNI 11"), pair.server.log);
  }

  @Test
  void nearlyTwoThousandStreamsShareTheConnection() throws ProtocolException {
    MuxPair pair = new MuxPair(MuxPair.config(5_000, 20_000, 1_999, 0));
    List<MuxStream> streams = new ArrayList<>();
    for (int i = 0; i < 1_999; i++) {
      MuxStream stream = pair.client.open(BIDIRECTIONAL);
      MuxPair.write(stream, 100 + i);
      stream.finish();
      streams.add(stream);
    }
    while (pair.server.mux.streamCount() > 0 || !streams.isEmpty()) {
      pair.exchange();
      serve(pair);
      pair.exchange();
      pair.client.events();
      streams.removeIf(stream -> MuxPair.drain(stream) >= 0 && stream.isFinished());
    }
    assertEquals(0, pair.client.mux.streamCount());
  }

  /** Reads everything and ends every stream. */
  private static void serve(MuxPair pair) {
    for (MuxStream s = pair.server.mux.pollStream(); s != null; s = pair.server.mux.pollStream()) {
      if ((s.takeEvents() & MuxStream.READABLE) != 0) {
        MuxPair.drain(s);
        if (s.isFinished() && s.isWritable()) {
          s.finish();
        }
      }
    }
  }

  @Test
  void anIdTellsHowFarThePeersStreamHasCome() throws ProtocolException {
    MuxPair pair = new MuxPair(MuxPair.config(100, 100, 3, 2));
    Mux server = pair.server.mux;
    pair.client.open(BIDIRECTIONAL);
    MuxStream second = pair.client.open(BIDIRECTIONAL);
    MuxPair.write(second, 1);
    pair.exchange();
    assertEquals(RemoteStreamState.OPEN, server.remoteState(0), "opened with the one above");
    assertEquals(RemoteStreamState.OPEN, server.remoteState(4));
    assertEquals(RemoteStreamState.IDLE, server.remoteState(8));
    assertEquals(RemoteStreamState.BEYOND_LIMIT, server.remoteState(12));
    assertEquals(RemoteStreamState.BEYOND_LIMIT, server.remoteState(10), "the third of two");
    server.stream(4).stopSending(0);
    server.stream(4).reset(0);
    pair.exchange();
    assertEquals(RemoteStreamState.CLOSED, server.remoteState(4));
    assertEquals(RemoteStreamState.OPEN, server.remoteState(0));
    assertThrows(IllegalArgumentException.class, () -> server.remoteState(1));
  }
}
