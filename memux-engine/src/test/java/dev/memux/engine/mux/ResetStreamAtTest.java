package dev.memux.engine.mux;

import static dev.memux.engine.mux.StreamType.BIDIRECTIONAL;
import static dev.memux.engine.mux.StreamType.UNIDIRECTIONAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxPair.Packet;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * Resets that still deliver the beginning (draft-ietf-quic-reliable-stream-reset, whose sections
 * are meant where no RFC is named).
 */
class ResetStreamAtTest {
  private static final byte[] DATA = new byte[4096];

  private final MuxPair pair = new MuxPair(MuxConfig.DEFAULT);
  private final MuxStream ours = pair.client.open(UNIDIRECTIONAL);
  private final Mux server = pair.server.mux;

  private MuxStream theirs() {
    MuxStream stream = server.stream(ours.id());
    assertNotNull(stream);
    return stream;
  }

  @Test
  void whatWasPromisedIsDeliveredAndThenTheReset() throws ProtocolException {
    MuxPair.write(ours, 5000);
    ours.resetAt(7, 3000);
    assertFalse(ours.isWritable());
    pair.exchange();
    MuxStream stream = theirs();
    assertEquals(List.of("2 OPENED READABLE"), pair.server.events());
    assertEquals(-1, stream.resetCode(), "not before the data");
    assertEquals(3000, stream.readableBytes());
    ByteBuffer target = ByteBuffer.allocate(5000);
    assertEquals(3000, stream.read(target));
    assertEquals(MuxPair.data(2, 0, 3000), target.flip());
    assertEquals(List.of("2 RESET CLOSED"), pair.server.events());
    assertEquals(7, stream.resetCode());
    assertEquals(-1, stream.read(target.clear()));
    assertFalse(stream.isFinished());
    pair.exchange();
    assertEquals(List.of("2 SENT CLOSED"), pair.client.events());
    assertEquals(0, pair.client.mux.streamCount());
  }

  @Test
  void lostDataBelowTheReliableSizeIsSentAgainAndNoOther() throws ProtocolException {
    // §5: the initiator must retransmit data below, and should not retransmit data beyond.
    MuxPair.write(ours, 1900);
    Packet first = pair.client.transmit(1000);
    Packet second = pair.client.transmit();
    assertNotNull(first);
    ours.resetAt(7, 500);
    Packet reset = pair.client.transmit();
    assertEquals(List.of("RESET_STREAM_AT 2 7 1900 500"), reset.text());
    first.lose();
    second.lose();
    assertEquals(List.of("STREAM 2 0+500"), pair.client.transmit().text());
    assertNull(pair.client.transmit(1000));
  }

  @Test
  void theResetWaitsUntilWhatItPromisesMayBeSent() throws ProtocolException {
    // §4: its final size needs credit as data does.
    MuxPair tight = new MuxPair(MuxPair.config(100, 1000, 1, 1));
    MuxStream stream = tight.client.open(UNIDIRECTIONAL);
    MuxPair.write(stream, 400);
    stream.resetAt(9, 250);
    Packet packet = tight.client.transmit();
    assertEquals(List.of("STREAM 2 0+100", "STREAM_DATA_BLOCKED 2 100"), packet.text());
    packet.deliver();
    packet.acknowledge();
    assertNull(tight.client.transmit(1000));
    MuxStream at = tight.server.mux.stream(2);
    assertNotNull(at);
    assertEquals(100, MuxPair.drain(at));
    tight.exchange();
    assertEquals(100, MuxPair.drain(at));
    tight.exchange();
    assertEquals(50, MuxPair.drain(at));
    assertTrue(tight.client.log.contains("RESET_STREAM_AT 2 9 250 250"));
    assertEquals(9, at.resetCode());
    tight.exchange();
    assertEquals(0, tight.client.mux.streamCount());
  }

  @Test
  void aSecondResetPromisesLessWithTheFirstCode() throws ProtocolException {
    // §5.2: neither code nor final size may change, nor the reliable size grow.
    MuxPair.write(ours, 1000);
    pair.client.transmit();
    ours.resetAt(7, 800);
    assertEquals(List.of("RESET_STREAM_AT 2 7 1000 800"), pair.client.transmit().text());
    ours.resetAt(8, 900);
    assertNull(pair.client.transmit(1000));
    ours.resetAt(8, 300);
    assertEquals(List.of("RESET_STREAM_AT 2 7 1000 300"), pair.client.transmit().text());
    ours.reset(9);
    assertEquals(List.of("RESET_STREAM 2 7 1000"), pair.client.transmit().text());
    ours.resetAt(9, 100);
    assertNull(pair.client.transmit(1000));
  }

  @Test
  void onlyTheLastResetEndsTheStream() throws ProtocolException {
    // §5.2: the frame with the smallest size is sent until it is acknowledged.
    MuxPair.write(ours, 1000);
    Packet data = pair.client.transmit();
    ours.resetAt(7, 800);
    Packet reset = pair.client.transmit();
    ours.resetAt(7, 300);
    Packet last = pair.client.transmit();
    data.acknowledge();
    reset.acknowledge();
    assertEquals(List.of(), pair.client.events());
    last.lose();
    Packet again = pair.client.transmit();
    assertEquals(List.of("RESET_STREAM_AT 2 7 1000 300"), again.text());
    again.acknowledge();
    assertEquals(List.of("2 SENT CLOSED"), pair.client.events());
    assertFalse(pair.client.mux.hasPending());
  }

  @Test
  void theStreamIsOverOnlyWhenThePromiseIsAcknowledgedToo() throws ProtocolException {
    // §5.3
    MuxPair.write(ours, 1000);
    Packet data = pair.client.transmit();
    ours.resetAt(7, 800);
    pair.client.transmit().acknowledge();
    assertEquals(List.of(), pair.client.events());
    data.acknowledge();
    assertEquals(List.of("2 SENT CLOSED"), pair.client.events());
  }

  @Test
  void aResetMayFollowTheEnd() throws ProtocolException {
    // §5.1
    MuxPair.write(ours, 1000);
    ours.finish();
    Packet data = pair.client.transmit();
    ours.resetAt(7, 400);
    Packet reset = pair.client.transmit();
    reset.deliver(); // overtakes
    data.deliver();
    assertEquals(400, MuxPair.drain(theirs()));
    assertEquals(List.of("2 OPENED READABLE RESET CLOSED"), pair.server.events());
  }

  @Test
  void stopSendingWithdrawsThePromise() throws ProtocolException {
    // §5.4: the peer has said that it processes no further data, so RESET_STREAM answers.
    MuxPair.write(ours, 5000);
    Packet first = pair.client.transmit();
    ours.resetAt(7, 3000);
    first.deliver();
    theirs().stopSending(1);
    pair.server.transmit().deliver();
    assertEquals(List.of("RESET_STREAM 2 7 " + sentTo(first)), pair.client.transmit().text());
    assertFalse(pair.client.mux.hasPending());
  }

  private static int sentTo(Packet packet) {
    String frame = packet.text().getFirst();
    return Integer.parseInt(frame.substring(frame.indexOf('+') + 1));
  }

  @Test
  void anAlreadyFreedPartIsNoPromise() throws ProtocolException {
    MuxPair.write(ours, 1000);
    pair.exchange();
    ours.resetAt(7, 500);
    pair.exchange();
    assertEquals(List.of("2 SENT CLOSED"), pair.client.events());
    assertEquals(500, MuxPair.drain(theirs()));
  }

  // The receiving side.

  @Test
  void aReaderThatIsAheadIsToldAtOnce() throws ProtocolException {
    server.onStream(2, 0, DATA, 0, 1000, false);
    assertEquals(1000, MuxPair.drain(theirs()));
    pair.server.events();
    server.onControl(new ControlFrame.ResetStreamAt(2, 7, 2000, 600));
    assertEquals(List.of("2 RESET CLOSED"), pair.server.events());
  }

  @Test
  void aLaterFrameCanPromiseLessAndNotMore() throws ProtocolException {
    // §5.2: reordering may bring a frame that promises more after one that promises less.
    server.onStream(2, 0, DATA, 0, 1000, false);
    server.onControl(new ControlFrame.ResetStreamAt(2, 7, 2000, 600));
    server.onControl(new ControlFrame.ResetStreamAt(2, 7, 2000, 900));
    assertEquals(600, theirs().readableBytes());
    server.onControl(new ControlFrame.ResetStreamAt(2, 7, 2000, 100));
    assertEquals(100, theirs().readableBytes());
    MuxStream stream = theirs();
    server.onControl(new ControlFrame.ResetStream(2, 7, 2000));
    assertEquals(7, stream.resetCode());
    assertEquals(0, server.streamCount());
  }

  @Test
  void dataThatWasNotPromisedIsThrownAway() throws ProtocolException {
    server.onControl(new ControlFrame.ResetStreamAt(2, 7, 3000, 100));
    server.onStream(2, 50, DATA, 0, 2950, true);
    server.onStream(2, 0, DATA, 0, 50, false);
    assertEquals(100, theirs().readableBytes());
  }

  @Test
  void allCreditOfTheStreamComesBack() throws ProtocolException {
    // RFC 9000 §4.5: the final size counts, read or not.
    MuxPair tight = new MuxPair(MuxPair.config(1000, 1000, 1, 1));
    MuxStream stream = tight.client.open(UNIDIRECTIONAL);
    MuxPair.write(stream, 1000);
    tight.client.transmit().deliver();
    stream.resetAt(1, 400);
    tight.exchange();
    MuxStream at = tight.server.mux.stream(2);
    assertNotNull(at);
    assertEquals(400, MuxPair.drain(at));
    tight.exchange();
    assertTrue(tight.server.log.contains("MAX_DATA 2000"), tight.server.log.toString());
  }

  @Test
  void afterStopSendingTheSizeIsEnough() throws ProtocolException {
    server.onStream(2, 0, DATA, 0, 10, false);
    theirs().stopSending(3);
    server.onControl(new ControlFrame.ResetStreamAt(2, 7, 3000, 1000));
    assertEquals(0, server.streamCount());
  }

  // Faults.

  @Test
  void aChangedCodeIsAnError() throws ProtocolException {
    // §5.2: which frame counts depends on their order on the way, so they must say the same.
    server.onControl(new ControlFrame.ResetStreamAt(2, 7, 2000, 600));
    assertFault(TransportError.STREAM_STATE_ERROR, new ControlFrame.ResetStreamAt(2, 8, 2000, 100));
    assertFault(TransportError.STREAM_STATE_ERROR, new ControlFrame.ResetStream(2, 8, 2000));
  }

  @Test
  void aChangedFinalSizeIsAnError() throws ProtocolException {
    // §5.2, RFC 9000 §4.5
    server.onControl(new ControlFrame.ResetStreamAt(2, 7, 2000, 600));
    assertFault(TransportError.FINAL_SIZE_ERROR, new ControlFrame.ResetStreamAt(2, 7, 2001, 600));
    assertFault(TransportError.FINAL_SIZE_ERROR, new ControlFrame.ResetStream(2, 7, 1999));
    assertThrows(ProtocolException.class, () -> server.onStream(2, 0, DATA, 0, 2001, false));
  }

  @Test
  void aFinalSizeAboveALimitIsAnError() {
    // §4: it is subject to flow control as in RESET_STREAM.
    long stream = MuxConfig.DEFAULT.streamWindowBytes();
    assertFault(
        TransportError.FLOW_CONTROL_ERROR, new ControlFrame.ResetStreamAt(2, 7, stream + 1, 0));
    MuxPair tight = new MuxPair(MuxPair.config(1000, 1000, 1, 2));
    assertFault(
        tight.server.mux,
        TransportError.FLOW_CONTROL_ERROR,
        new ControlFrame.ResetStreamAt(2, 0, 1001, 5));
  }

  @Test
  void onAStreamThatOnlyWeSendOnItIsAnError() {
    pair.server.open(UNIDIRECTIONAL);
    assertFault(TransportError.STREAM_STATE_ERROR, new ControlFrame.ResetStreamAt(3, 7, 0, 0));
  }

  private void assertFault(long code, ControlFrame frame) {
    assertFault(server, code, frame);
  }

  private static void assertFault(Mux mux, long code, ControlFrame frame) {
    ProtocolException e = assertThrows(ProtocolException.class, () -> mux.onControl(frame));
    assertEquals(TransportError.name(code), TransportError.name(e.code()));
  }

  // Misuse.

  @Test
  void noMoreCanBePromisedThanWasWritten() {
    MuxPair.write(ours, 100);
    assertIllegal(() -> ours.resetAt(1, 101));
    assertIllegal(() -> ours.resetAt(1, -1));
    assertIllegal(() -> ours.resetAt(-1, 0));
  }

  private static void assertIllegal(Executable call) {
    assertThrows(IllegalArgumentException.class, call);
  }

  @Test
  void aPeerThatDoesNotKnowTheFrameIsNotSentIt() {
    Mux alone = new Mux(false, MuxConfig.DEFAULT, new ChunkPool());
    alone.onPeerParameters(
        dev.memux.engine.wire.TransportParameters.builder().initialMaxStreamsBidi(1).build());
    MuxStream stream =
        alone.open(BIDIRECTIONAL, dev.memux.engine.schedule.Priority.DEFAULT_INCREMENTAL);
    assertNotNull(stream);
    assertFalse(alone.canResetAt());
    assertThrows(IllegalStateException.class, () -> stream.resetAt(1, 0));
  }
}
