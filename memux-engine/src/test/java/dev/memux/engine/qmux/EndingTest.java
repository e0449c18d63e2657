package dev.memux.engine.qmux;

import static dev.memux.engine.qmux.Wire.concat;
import static dev.memux.engine.qmux.Wire.record;
import static dev.memux.engine.qmux.Wire.stream;
import static dev.memux.engine.qmux.Wire.varints;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.VarInt;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a connection ends (QMux §7.2 to §7.4). */
class EndingTest {
  private static final byte[] APPLICATION_CLOSE =
      concat(varints(0x1d, 42, 3), "bye".getBytes(UTF_8));

  private final Attacked server = Attacked.server();

  @Test
  void weCloseThenEndOurSideThenWaitForThePeers() { // §7.2
    server.connection.close(7, "enough", server.nowNanos);
    server.pollEvents();
    assertEquals(new CloseReason(Origin.LOCAL, true, 7, 0, "enough"), server.closeReason());
    assertFalse(server.connection.isOutputEnded(), "there is something to say yet");
    assertEquals(List.of(close(true, 7, "enough")), server.sent());
    assertTrue(server.connection.isOutputEnded());
    assertFalse(server.connection.isTerminated());
    server.connection.onInputEnded(server.nowNanos);
    assertTrue(server.connection.isTerminated());
    server.pollEvents();
    assertEquals(new ConnectionEvent.Terminated(), server.events.getLast());
  }

  @Test
  void whatComesMeanwhileIsThrownAway() { // §7.2
    server.connection.close(7, "", server.nowNanos);
    server.receiveFrames(stream(0, 0, 10), varints(0x01));
    server.receive(new byte[100]);
    assertNull(server.connection.mux().stream(0));
    assertEquals(1, server.sent().size());
    server.receive(new byte[1 << 20]);
    assertNull(server.transmit());
  }

  @Test
  void thePeersEndIsNotWaitedForTooLong() { // §7.2
    server.connection.close(7, "", server.nowNanos);
    server.sent();
    long timeout = QmuxConfig.DEFAULT.closeTimeoutNanos();
    assertEquals(server.nowNanos + timeout, server.connection.deadlineNanos());
    server.advance(timeout - 1);
    assertFalse(server.connection.isTerminated());
    server.advance(1);
    assertTrue(server.connection.isTerminated());
    assertEquals(Long.MAX_VALUE, server.connection.deadlineNanos());
  }

  @Test
  void aCloseThatCannotBeWrittenIsGivenUp() {
    server.connection.close(7, "", server.nowNanos);
    server.advance(QmuxConfig.DEFAULT.closeTimeoutNanos()); // the layer below takes nothing
    assertTrue(server.connection.isTerminated());
    assertNull(server.transmit());
    assertTrue(server.connection.isOutputEnded());
  }

  @Test
  void dataNotHandedDownYetIsLost() { // RFC 9000 §10.2: all streams end at once
    MuxStream stream = server.connection.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.write(ByteBuffer.allocate(1000));
    server.connection.close(7, "", server.nowNanos);
    assertEquals(List.of(close(true, 7, "")), server.sent());
    assertFalse(stream.isWritable());
  }

  @Test
  void onlyTheFirstCloseCounts() {
    server.connection.close(7, "first", server.nowNanos);
    server.connection.close(8, "second", server.nowNanos);
    assertEquals(List.of(close(true, 7, "first")), server.sent());
    server.receiveFrames(APPLICATION_CLOSE);
    assertEquals(7, server.closeReason().code());
    assertThrows(
        IllegalArgumentException.class, () -> server.connection.close(-1, "", server.nowNanos));
  }

  @Test
  void aCloseBeforeAnythingElseFollowsTheTransportParameters() { // §4.2
    Attacked silent = Attacked.silent(QmuxConfig.DEFAULT);
    silent.connection.close(7, "", silent.nowNanos);
    assertEquals(List.of("QX_TRANSPORT_PARAMETERS", close(true, 7, "")), silent.sent());
  }

  @Test
  void aLongReasonIsCut() { // RFC 9000 §19.19
    server.connection.close(7, "ü".repeat(5000), server.nowNanos);
    byte[] out = new byte[2000];
    int length =
        server.connection.transmit(out, 0, QmuxConnection.MIN_TRANSMIT_BYTES, server.nowNanos);
    assertTrue(Attacked.frames(Arrays.copyOf(out, length)).getFirst().contains("üüü"));
    assertTrue(server.connection.isOutputEnded());
  }

  @Test
  void thePeersCloseIsAnsweredByOurEnd() { // §7.3
    server.receiveFrames(APPLICATION_CLOSE);
    assertEquals(new CloseReason(Origin.PEER, true, 42, 0, "bye"), server.closeReason());
    assertTrue(server.connection.isOutputEnded());
    assertNull(server.transmit(), "without any frames");
    server.connection.onInputEnded(server.nowNanos);
    assertTrue(server.connection.isTerminated());
  }

  @Test
  void thePeersTransportErrorIsTold() { // RFC 9000 §19.19
    server.receiveFrames(concat(varints(0x1c, 10, 8, 2), "no".getBytes(UTF_8)));
    assertEquals(new CloseReason(Origin.PEER, false, 10, 8, "no"), server.closeReason());
  }

  @Test
  void whatFollowsThePeersCloseConcernsNobody() { // §7.2
    server.receive(
        concat(
            record(stream(0, 0, 5), APPLICATION_CLOSE, stream(4, 0, 5)),
            record(stream(8, 0, 5)),
            record(varints(0x01))));
    assertEquals(Origin.PEER, server.closeReason().origin());
    assertEquals(5, server.connection.mux().stream(0).readableBytes(), "what came before stays");
    assertNull(server.connection.mux().stream(4));
    assertNull(server.connection.mux().stream(8));
  }

  @Test
  void malformedFramesAfterThePeersCloseDoNotChangeTheReason() {
    server.receiveFrames(APPLICATION_CLOSE, varints(0x01));
    assertEquals(Origin.PEER, server.closeReason().origin());
    assertNull(server.transmit());
  }

  @Test
  void thePeersEndWithoutACloseIsALoss() { // §7.3: nobody said that it was the end
    server.connection.onInputEnded(server.nowNanos);
    server.pollEvents();
    assertEquals(Origin.CARRIER_LOST, server.closeReason().origin());
    assertFalse(server.closeReason().isOrderly());
    assertTrue(server.connection.isOutputEnded());
    assertTrue(server.connection.isTerminated());
    assertNull(server.transmit());
  }

  @Test
  void anEndInsideARecordIsToldAsSuch() { // §7.3
    byte[] record = record(stream(0, 0, 10));
    for (int cut = 1; cut < record.length; cut++) {
      Attacked fresh = Attacked.server();
      fresh.receive(Arrays.copyOf(record, cut));
      fresh.connection.onInputEnded(fresh.nowNanos);
      fresh.pollEvents();
      assertTrue(fresh.closeReason().reason().contains("inside a record"), "cut at " + cut);
    }
    server.receive(record);
    server.connection.onInputEnded(server.nowNanos);
    server.pollEvents();
    assertFalse(server.closeReason().reason().contains("inside"));
  }

  @Test
  void theEndMayFollowTheCloseInOneRead() { // §7.2, §7.3
    server.receiveFrames(APPLICATION_CLOSE);
    server.connection.onInputEnded(server.nowNanos);
    assertTrue(server.connection.isTerminated());
    assertEquals(Origin.PEER, server.closeReason().origin());
  }

  @Test
  void aCloseIsStillSentAfterThePeersEnd() {
    server.connection.close(7, "", server.nowNanos);
    server.connection.onInputEnded(server.nowNanos);
    assertFalse(server.connection.isTerminated());
    assertEquals(List.of(close(true, 7, "")), server.sent());
    assertTrue(server.connection.isTerminated());
  }

  @Test
  void aResetOfTheLayerBelowEndsItAtOnce() { // §7.4
    server.connection.onCarrierLost("connection reset");
    server.pollEvents();
    assertEquals(
        new CloseReason(Origin.CARRIER_LOST, false, 0, 0, "connection reset"),
        server.closeReason());
    assertTrue(server.connection.isTerminated());
    assertTrue(server.connection.isOutputEnded());
    assertNull(server.transmit());
    server.receiveFrames(stream(0, 0, 5));
    server.advance(1);
    server.connection.onInputEnded(server.nowNanos);
    server.connection.onCarrierLost("again");
    server.pollEvents();
    assertEquals(
        1, server.events.stream().filter(new ConnectionEvent.Terminated()::equals).count());
  }

  @Test
  void aResetWhileItClosesKeepsTheReason() {
    server.connection.close(7, "", server.nowNanos);
    server.connection.onCarrierLost("connection reset");
    server.pollEvents();
    assertEquals(Origin.LOCAL, server.closeReason().origin());
    assertTrue(server.connection.isTerminated());
  }

  @Test
  void whatWasReceivedCanBeReadAfterTheEnd() {
    server.receiveFrames(stream(0, 0, 5), APPLICATION_CLOSE);
    server.connection.onInputEnded(server.nowNanos);
    MuxStream stream = server.connection.mux().stream(0);
    assertEquals(5, stream.read(ByteBuffer.allocate(10)));
    server.endpoint.forget(server.connection);
  }

  @Test
  void theLargestCodeCanBeSent() {
    server.connection.close(VarInt.MAX, "", server.nowNanos);
    assertEquals(List.of(close(true, VarInt.MAX, "")), server.sent());
  }

  private static String close(boolean application, long code, String reason) {
    return new ControlFrame.ConnectionClose(application, code, 0, reason).toString();
  }
}
