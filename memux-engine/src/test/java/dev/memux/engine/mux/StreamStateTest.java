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
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which frames a stream may see, and what the application hears (RFC 9000 §3, §19). */
class StreamStateTest {
  private static final byte[] DATA = new byte[100];

  private final MuxPair pair = new MuxPair(MuxConfig.DEFAULT);
  private final Mux client = pair.client.mux;
  private final Mux server = pair.server.mux;

  @Test
  void aPeerMustNotSendOnAStreamThatOnlyWeSendOn() {
    pair.client.open(UNIDIRECTIONAL);
    assertStateError(() -> client.onStream(2, 0, DATA, 0, 1, false)); // RFC 9000 §19.8
    assertStateError(() -> client.onControl(new ControlFrame.ResetStream(2, 0, 0))); // §19.4
    assertStateError(() -> client.onControl(new ControlFrame.StreamDataBlocked(2, 0))); // §19.13
  }

  @Test
  void aPeerMustNotGrantOrStopOnAStreamThatOnlyItSendsOn() {
    assertStateError(() -> server.onControl(new ControlFrame.StopSending(2, 0))); // §19.5
    assertStateError(() -> server.onControl(new ControlFrame.MaxStreamData(2, 9))); // §19.10
    assertEquals(0, server.streamCount());
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 8, (1L << 62) - 4})
  void aPeerMustNotUseAStreamOfOursThatWeHaveNotOpened(long id) {
    pair.client.open(BIDIRECTIONAL);
    assertStateError(() -> client.onStream(id, 0, DATA, 0, 1, false)); // RFC 9000 §19.8
    assertStateError(() -> client.onControl(new ControlFrame.StopSending(id, 0))); // §19.5
    assertStateError(() -> client.onControl(new ControlFrame.MaxStreamData(id, 9))); // §19.10
    assertStateError(() -> client.onControl(new ControlFrame.ResetStream(id, 0, 0)));
  }

  @Test
  void framesForAStreamThatIsOverAreIgnored() throws ProtocolException {
    // RFC 9000 §3.2, §3.3: they may arrive late.
    MuxStream local = pair.client.open(BIDIRECTIONAL);
    local.reset(1);
    local.stopSending(1);
    pair.exchange();
    assertNull(server.stream(0), "its side has been reset automatically");
    assertNull(client.stream(0));
    pair.client.events();
    pair.server.events();
    for (Mux mux : List.of(client, server)) {
      mux.onStream(0, 0, DATA, 0, 100, true);
      mux.onControl(new ControlFrame.ResetStream(0, 1, 9));
      mux.onControl(new ControlFrame.StopSending(0, 1));
      mux.onControl(new ControlFrame.MaxStreamData(0, 1L << 60));
      mux.onControl(new ControlFrame.StreamDataBlocked(0, 1));
      assertEquals(0, mux.streamCount());
      assertNull(mux.pollStream());
      assertFalse(mux.hasPending());
    }
  }

  // Events.

  @Test
  void aRequestAndItsResponseRaiseEachEventOnce() throws ProtocolException {
    MuxStream request = pair.client.open(BIDIRECTIONAL);
    MuxPair.write(request, 100);
    request.finish();
    pair.exchange();
    assertEquals(List.of("0 SENT"), pair.client.events());
    assertEquals(List.of("0 OPENED READABLE"), pair.server.events());
    MuxStream response = server.stream(0);
    assertNotNull(response);
    assertEquals(100, MuxPair.drain(response));
    assertTrue(response.isFinished());
    MuxPair.write(response, 50);
    response.finish();
    pair.exchange();
    assertEquals(List.of("0 SENT CLOSED"), pair.server.events());
    assertEquals(List.of("0 READABLE"), pair.client.events());
    assertEquals(50, MuxPair.drain(request));
    assertEquals(List.of("0 CLOSED"), pair.client.events());
    assertEquals(100, request.ackedBytes());
  }

  @Test
  void eventsGatherUntilTheyAreTaken() throws ProtocolException {
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    for (int i = 0; i < 3; i++) {
      MuxPair.write(stream, 10);
      pair.exchange();
    }
    MuxStream polled = server.pollStream();
    assertNotNull(polled);
    assertNull(server.pollStream());
    assertEquals(MuxStream.OPENED | MuxStream.READABLE, polled.takeEvents());
    assertEquals(0, polled.takeEvents());
  }

  @Test
  void stopSendingResetsThePeersSide() throws ProtocolException {
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    MuxPair.write(stream, 100);
    pair.exchange();
    MuxStream remote = server.stream(0);
    assertNotNull(remote);
    remote.stopSending(77);
    assertEquals(-1, remote.read(ByteBuffer.allocate(10)));
    pair.exchange();
    assertEquals(List.of("0 STOPPED SENT"), pair.client.events());
    assertEquals(77, stream.stopCode());
    assertFalse(stream.isWritable());
    assertEquals(List.of("0 OPENED READABLE RESET"), pair.server.events());
    assertEquals(77, remote.resetCode());
    assertTrue(pair.client.log.contains("RESET_STREAM 0 77 100"));
  }

  @Test
  void stopSendingTwiceSaysItOnce() throws ProtocolException {
    pair.client.open(BIDIRECTIONAL).stopSending(1);
    MuxStream stream = client.stream(0);
    assertNotNull(stream);
    stream.stopSending(2);
    pair.exchange();
    assertEquals(List.of("STOP_SENDING 0 1"), pair.client.log);
    assertEquals(1, server.stream(0).stopCode());
    server.onControl(new ControlFrame.StopSending(0, 3));
    assertEquals(1, server.stream(0).stopCode());
  }

  @Test
  void aRepeatedResetIsNoNews() throws ProtocolException {
    server.onControl(new ControlFrame.ResetStream(0, 5, 0));
    assertEquals(List.of("0 OPENED RESET"), pair.server.events());
    server.onControl(new ControlFrame.ResetStream(0, 6, 0));
    assertEquals(List.of(), pair.server.events());
    assertEquals(5, server.stream(0).resetCode());
  }

  @Test
  void aResetRightAfterWhatWasReadIsHeard() throws ProtocolException {
    server.onStream(2, 0, DATA, 0, 10, false);
    MuxStream stream = server.stream(2);
    assertNotNull(stream);
    assertEquals(10, MuxPair.drain(stream));
    pair.server.events();
    server.onControl(new ControlFrame.ResetStream(2, 5, 10));
    assertEquals(List.of("2 RESET CLOSED"), pair.server.events());
    assertFalse(stream.isFinished());
    assertEquals(5, stream.resetCode());
  }

  @Test
  void anEmptyStreamThatIsRefusedEnds() throws ProtocolException {
    // Its end is known and never read: it must not count against the peer's limit forever.
    server.onStream(2, 0, DATA, 0, 0, true);
    MuxStream stream = server.stream(2);
    assertNotNull(stream);
    stream.stopSending(1);
    assertEquals(0, server.streamCount());
    assertFalse(server.hasPending(), "nothing is left to stop");
    assertEquals(List.of("2 OPENED READABLE CLOSED"), pair.server.events());
  }

  @Test
  void aFinishedStreamThatIsStoppedEnds() throws ProtocolException {
    server.onStream(2, 0, DATA, 0, 10, true);
    server.stream(2).stopSending(1);
    assertEquals(0, server.streamCount());
    server.onStream(6, 0, DATA, 0, 10, false);
    MuxStream stream = server.stream(6);
    MuxPair.drain(stream);
    server.onStream(6, 10, DATA, 0, 0, true);
    stream.stopSending(1);
    assertEquals(0, server.streamCount());
    assertEquals(
        List.of("2 OPENED READABLE CLOSED", "6 OPENED READABLE CLOSED"), pair.server.events());
  }

  @Test
  void roomIsAnnouncedOnceAQuarterOfTheBufferIsFree() throws ProtocolException {
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    int buffer = stream.writableBytes();
    assertEquals(buffer, MuxPair.write(stream, buffer + 1));
    assertEquals(0, stream.write(ByteBuffer.allocate(0)), "asking for nothing is not being served");
    int acked = 0;
    while (acked < buffer / 4) {
      assertEquals(List.of(), pair.client.events());
      MuxPair.Packet packet = pair.client.transmit();
      packet.acknowledge();
      acked = (int) stream.ackedBytes();
    }
    assertEquals(List.of("0 WRITABLE"), pair.client.events());
    assertEquals(acked, stream.writableBytes());
    pair.exchange();
    assertEquals(List.of(), pair.client.events());
  }

  @Test
  void roomIsNotAnnouncedToWhoWasServed() throws ProtocolException {
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    MuxPair.write(stream, stream.writableBytes());
    pair.exchange();
    assertEquals(List.of(), pair.client.events());
  }

  // Misuse, and the connection's end.

  @Test
  void misuseIsRefused() throws ProtocolException {
    MuxStream finished = pair.client.open(BIDIRECTIONAL);
    finished.finish();
    assertThrows(IllegalStateException.class, () -> MuxPair.write(finished, 1));
    assertThrows(IllegalStateException.class, finished::finish);
    MuxStream reset = pair.client.open(BIDIRECTIONAL);
    reset.reset(1);
    assertThrows(IllegalStateException.class, () -> MuxPair.write(reset, 1));
    MuxStream outgoing = pair.client.open(UNIDIRECTIONAL);
    assertThrows(IllegalStateException.class, () -> outgoing.read(ByteBuffer.allocate(1)));
    assertFalse(outgoing.canReceive());
    server.onStream(2, 0, DATA, 0, 1, false);
    MuxStream incoming = server.stream(2);
    assertThrows(IllegalStateException.class, () -> MuxPair.write(incoming, 1));
    assertThrows(IllegalStateException.class, incoming::finish);
    incoming.reset(1); // has nothing to reset
    assertFalse(server.hasPending());
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, 1L << 62})
  void codesThatCannotBeEncodedAreRefusedAtOnce(long code) {
    // Not when the packet is written: the connection would fail for one stream's mistake.
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    assertThrows(IllegalArgumentException.class, () -> stream.reset(code));
    assertThrows(IllegalArgumentException.class, () -> stream.stopSending(code));
    assertFalse(client.hasPending());
    stream.reset((1L << 62) - 1);
    stream.stopSending(0);
  }

  @Test
  void afterTheConnectionsEndNothingIsSentButWhatCameCanBeRead() throws ProtocolException {
    server.onStream(0, 0, DATA, 0, 100, true);
    MuxStream stream = server.stream(0);
    assertNotNull(stream);
    MuxPair.write(stream, 10);
    server.onConnectionClosed();
    assertFalse(server.hasPending());
    assertNull(pair.server.transmit(1_000));
    assertFalse(stream.isWritable());
    assertEquals(0, stream.writableBytes());
    stream.reset(1);
    stream.stopSending(1);
    assertNull(server.open(BIDIRECTIONAL, Priority.DEFAULT));
    assertEquals(100, MuxPair.drain(stream));
    assertTrue(stream.isFinished());
    server.release();
  }

  @Test
  void noFrameThrowsAnythingButAProtocolException() {
    for (int seed = 0; seed < 8_000; seed++) {
      Random random = new Random(seed);
      MuxPair attacked = new MuxPair(MuxPair.config(300, 1_000, 4, 4));
      Mux mux = attacked.server.mux;
      MuxPair.write(attacked.server.open(BIDIRECTIONAL), 500);
      try {
        for (int i = 0; i < 60; i++) {
          attack(mux, random);
          if (random.nextInt(4) == 0) {
            MuxPair.Packet packet = attacked.server.transmit(200);
            if (packet != null && random.nextBoolean()) {
              packet.acknowledge();
            } else if (packet != null) {
              packet.lose();
            }
          }
          act(mux, random);
        }
      } catch (ProtocolException expected) {
        // The connection ends with it.
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
      assertTrue(mux.streamCount() <= 9);
    }
  }

  private static void attack(Mux mux, Random random) throws ProtocolException {
    long id = random.nextInt(20);
    if (id % 4 == 1) {
      id = 1;
    } else if (id % 4 == 3) {
      id = 0;
    }
    boolean sendOnly = id % 4 == 2;
    long number = random.nextInt(30) == 0 ? random.nextLong() >>> 2 : random.nextInt(250);
    switch (random.nextInt(10)) {
      case 0, 1, 2, 3 ->
          mux.onStream(
              id, random.nextInt(200), DATA, 0, random.nextInt(40), random.nextInt(6) == 0);
      case 4 -> mux.onControl(new ControlFrame.ResetStream(id, number, random.nextInt(240)));
      case 5 -> mux.onControl(new ControlFrame.StopSending(sendOnly ? 0 : id, number));
      case 6 -> mux.onControl(new ControlFrame.MaxStreamData(sendOnly ? 0 : id, number));
      case 7 -> mux.onControl(new ControlFrame.MaxData(number));
      case 8 -> mux.onControl(new ControlFrame.StreamsBlocked(random.nextBoolean(), number));
      default -> mux.onControl(new ControlFrame.StreamDataBlocked(id, number));
    }
  }

  private static void act(Mux mux, Random random) {
    for (MuxStream s = mux.pollStream(); s != null; s = mux.pollStream()) {
      int events = s.takeEvents();
      if ((events & MuxStream.READABLE) != 0) {
        MuxPair.drain(s);
      }
      switch (random.nextInt(6)) {
        case 0 -> s.reset(1);
        case 1 -> s.stopSending(1);
        case 2 -> {
          if (s.isWritable()) {
            MuxPair.write(s, 100);
            s.finish();
          }
        }
        default -> {}
      }
    }
  }

  private interface Input {
    void run() throws ProtocolException;
  }

  private static void assertStateError(Input input) {
    ProtocolException fault = assertThrows(ProtocolException.class, input::run);
    assertEquals(TransportError.STREAM_STATE_ERROR, fault.code());
  }
}
