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
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 9000 §4.1, §4.2, §4.5. */
class MuxFlowControlTest {
  private static final byte[] DATA = new byte[2_000];

  private final MuxPair pair = new MuxPair(MuxPair.config(600, 1_000, 10, 10));
  private final Mux server = pair.server.mux;

  @Test
  void thePeersStreamsTogetherStayBelowTheConnectionLimit() throws ProtocolException {
    server.onStream(0, 0, DATA, 0, 600, false);
    server.onStream(2, 0, DATA, 0, 400, false);
    server.onStream(2, 100, DATA, 0, 300, false); // nothing new
    assertFault(FrameType.STREAM, () -> server.onStream(2, 400, DATA, 0, 1, false));
  }

  @Test
  void aHoleCountsAsReceived() throws ProtocolException {
    server.onStream(0, 599, DATA, 0, 1, false);
    server.onStream(0, 0, DATA, 0, 599, false);
    server.onStream(4, 400, DATA, 0, 0, true);
    assertFault(FrameType.STREAM, () -> server.onStream(8, 0, DATA, 0, 1, false));
  }

  @Test
  void theFinalSizeOfAResetCounts() throws ProtocolException {
    server.onStream(0, 0, DATA, 0, 600, false);
    assertFault(
        FrameType.RESET_STREAM, () -> server.onControl(new ControlFrame.ResetStream(4, 0, 401)));
  }

  @Test
  void theStreamLimitHoldsForSizesNobodyCouldSend() {
    assertFault(FrameType.STREAM, () -> server.onStream(0, (1L << 62) - 2, DATA, 0, 1, false));
    assertFault(
        FrameType.RESET_STREAM,
        () -> server.onControl(new ControlFrame.ResetStream(4, 0, (1L << 62) - 1)));
  }

  @Test
  void whatIsResetOrStoppedGivesItsCreditBackAtOnce() throws ProtocolException {
    server.onControl(new ControlFrame.ResetStream(2, 0, 600));
    pair.exchange();
    assertEquals(List.of("MAX_DATA 1600"), pair.server.log);
    server.onStream(6, 0, DATA, 0, 500, false);
    server.stream(6).stopSending(1);
    server.onStream(6, 500, DATA, 0, 100, false);
    server.onControl(new ControlFrame.ResetStream(6, 0, 600));
    Packet packet = pair.server.transmit(1_000);
    assertNotNull(packet);
    assertTrue(packet.text().contains("MAX_DATA 2200"), packet.text().toString());
  }

  @Test
  void whatWasReadBeforeAResetIsNotGivenBackTwice() throws ProtocolException {
    server.onStream(2, 0, DATA, 0, 300, false);
    assertEquals(300, MuxPair.drain(server.stream(2)));
    server.onStream(2, 300, DATA, 0, 100, false);
    server.onControl(new ControlFrame.ResetStream(2, 0, 600));
    server.onControl(new ControlFrame.ResetStream(2, 0, 600));
    pair.server.events();
    Packet packet = pair.server.transmit();
    assertEquals(List.of("MAX_DATA 1600"), packet.text());
  }

  @Test
  void whatIsTakenForTheApplicationGivesNoCreditBeforeItHasHadIt() throws ProtocolException {
    server.onStream(0, 0, DATA, 0, 600, false);
    ByteBuffer target = ByteBuffer.allocate(1_000);
    assertEquals(600, server.stream(0).take(target));
    assertFalse(server.hasPending());
    server.stream(0).giveCredit(600);
    Packet packet = pair.server.transmit();
    assertTrue(packet.text().contains("MAX_DATA 1600"), packet.text().toString());
    server.onStream(0, 600, DATA, 0, 100, true);
    assertEquals(100, server.stream(0).take(target));
    assertEquals(-1, server.stream(0).take(target));
  }

  @Test
  void creditIsGivenBackOnlyAsTheApplicationReads() throws ProtocolException {
    server.onStream(0, 0, DATA, 0, 600, false);
    assertFalse(server.hasPending());
    MuxPair.drain(server.stream(0));
    Packet packet = pair.server.transmit();
    assertEquals(List.of("MAX_DATA 1600", "MAX_STREAM_DATA 0 1200"), packet.text());
  }

  @Test
  void aStreamWhoseSizeIsKnownGetsNoMoreCredit() throws ProtocolException {
    server.onStream(0, 0, DATA, 0, 400, true);
    MuxPair.drain(server.stream(0));
    assertFalse(server.hasPending());
  }

  @Test
  void whatThePeerAllowsIsUsedAndNotAByteMore() throws ProtocolException {
    MuxStream first = pair.client.open(BIDIRECTIONAL);
    MuxStream second = pair.client.open(BIDIRECTIONAL);
    MuxPair.write(first, 5_000);
    MuxPair.write(second, 5_000);
    List<Packet> packets = silence(pair.client);
    long sent = packets.stream().flatMap(p -> p.text().stream()).mapToLong(this::length).sum();
    assertEquals(1_000, sent);
    for (Packet packet : packets) {
      packet.deliver();
    }
    pair.client.mux.onControl(new ControlFrame.MaxData(999)); // lower: no effect
    assertNull(pair.client.transmit(1_000));
  }

  @Test
  void aConnectionLimitThatBlocksIsReportedOncePerLimit() throws ProtocolException {
    MuxStream first = pair.client.open(BIDIRECTIONAL);
    MuxStream second = pair.client.open(BIDIRECTIONAL);
    MuxPair.write(first, 500);
    MuxPair.write(second, 501);
    silence(pair.client);
    assertEquals(1, count("DATA_BLOCKED 1000"));
    MuxPair.write(second, 1);
    assertNull(pair.client.transmit(1_000));
    pair.client.mux.onControl(new ControlFrame.MaxData(1_001));
    silence(pair.client);
    assertEquals(1, count("DATA_BLOCKED 1001"));
    assertEquals(1, count("DATA_BLOCKED 1000"));
  }

  @Test
  void aWriteWithoutAnyCreditLeftIsReported() throws ProtocolException {
    // Nothing else would make a packet leave that could carry the report.
    MuxPair.write(pair.client.open(BIDIRECTIONAL), 500);
    MuxPair.write(pair.client.open(BIDIRECTIONAL), 500);
    silence(pair.client);
    assertEquals(0, count("DATA_BLOCKED 1000"), "all could be sent");
    MuxPair.write(pair.client.open(BIDIRECTIONAL), 1);
    assertTrue(pair.client.mux.hasPending());
    silence(pair.client);
    assertEquals(1, count("DATA_BLOCKED 1000"));
  }

  @Test
  void anEndNeedsNoCreditOfTheConnection() throws ProtocolException {
    MuxStream first = pair.client.open(BIDIRECTIONAL);
    MuxStream second = pair.client.open(BIDIRECTIONAL);
    MuxPair.write(first, 500);
    MuxPair.write(second, 500);
    silence(pair.client);
    first.finish();
    Packet packet = pair.client.transmit();
    assertEquals(List.of("STREAM 0 500+0 FIN"), packet.text());
    pair.client.open(UNIDIRECTIONAL).finish();
    assertEquals(List.of("STREAM 2 0+0 FIN"), pair.client.transmit().text());
    assertFalse(pair.client.mux.hasPending());
  }

  @Test
  void lostDataNeedsNoCreditOfTheConnection() throws ProtocolException {
    MuxPair.write(pair.client.open(BIDIRECTIONAL), 500);
    Packet lost = pair.client.transmit();
    MuxPair.write(pair.client.open(BIDIRECTIONAL), 500);
    silence(pair.client);
    lost.lose();
    assertEquals(List.of("STREAM 0 0+500"), pair.client.transmit().text());
    assertFalse(pair.client.mux.hasPending());
  }

  @Test
  void aStreamLimitThatBlocksIsReportedOncePerLimit() throws ProtocolException {
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    MuxPair.write(stream, 600);
    silence(pair.client);
    assertEquals(0, count("STREAM_DATA_BLOCKED 0 600"));
    MuxPair.write(stream, 1);
    MuxPair.write(stream, 1);
    silence(pair.client);
    assertEquals(1, count("STREAM_DATA_BLOCKED 0 600"));
    pair.client.mux.onControl(new ControlFrame.MaxStreamData(0, 601));
    silence(pair.client);
    assertEquals(1, count("STREAM_DATA_BLOCKED 0 600"));
    assertEquals(1, count("STREAM_DATA_BLOCKED 0 601"));
  }

  @Test
  void aStreamThatBecomesBlockedSaysSoInTheSamePacket() throws ProtocolException {
    MuxPair.write(pair.client.open(BIDIRECTIONAL), 5_000);
    assertEquals(
        List.of("STREAM 0 0+600", "STREAM_DATA_BLOCKED 0 600"), pair.client.transmit().text());
    assertFalse(pair.client.mux.hasPending());
  }

  @Test
  void aBlockedStreamDoesNotBlockOthers() throws ProtocolException {
    MuxPair.write(pair.client.open(BIDIRECTIONAL), 5_000);
    MuxPair.write(pair.client.open(BIDIRECTIONAL), 400);
    silence(pair.client);
    assertTrue(pair.client.log.contains("STREAM 4 390+10"), pair.client.log.toString());
  }

  @Test
  void streamsOpenWithTheCreditOfTheirKind() throws ProtocolException {
    // RFC 9000 §18.2: local and remote are as the sender of the parameters sees them.
    Mux mux = new Mux(false, MuxConfig.DEFAULT, new dev.memux.engine.stream.ChunkPool());
    mux.onPeerParameters(
        dev.memux.engine.wire.TransportParameters.decode(
            java.util.HexFormat.of()
                .parseHex("04024400" + "050105" + "060106" + "070107" + "080101" + "090101"),
            true));
    assertEquals(6, mux.open(BIDIRECTIONAL, MuxConfig.DEFAULT.priority()).send().maxData());
    assertEquals(7, mux.open(UNIDIRECTIONAL, MuxConfig.DEFAULT.priority()).send().maxData());
    mux.onStream(1, 0, DATA, 0, 1, false);
    assertEquals(5, mux.stream(1).send().maxData());
  }

  @Test
  void aRoomTooSmallForAnythingDoesNotSpin() throws ProtocolException {
    MuxStream stream = pair.client.open(BIDIRECTIONAL);
    MuxPair.write(stream, 100);
    for (int room = 0; room < 3; room++) {
      assertNull(pair.client.transmit(room));
      assertTrue(pair.client.mux.hasPending());
    }
    assertNotNull(pair.client.transmit(3));
  }

  @Test
  void aConnectionsWindowGrowsWithItsStreams() throws ProtocolException {
    MuxConfig config = MuxConfig.DEFAULT.withWindows(1_000, 16_000, 1_000, 32_000);
    MuxPair growing = new MuxPair(config);
    growing.server.mux.onPath(1_000_000_000, 1_000_000);
    MuxStream stream = growing.client.open(UNIDIRECTIONAL);
    for (int i = 0; i < 200; i++) {
      MuxPair.write(stream, 10_000);
      growing.exchange();
      MuxPair.drain(growing.server.mux.stream(2));
      growing.nowNanos += 1_000_000;
    }
    long largest = 0;
    long before = 0;
    for (String line : growing.server.log) {
      if (line.startsWith("MAX_DATA")) {
        long limit = Long.parseLong(line.substring(9));
        largest = Math.max(largest, limit - before);
        before = limit;
      }
    }
    assertTrue(largest >= 8_000, "steps of " + largest);
  }

  @Test
  void windowsThatCouldNeverMoveAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> MuxPair.config(0, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> MuxPair.config(1, 0, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> MuxPair.config(1, 1, -1, 1));
    assertThrows(
        IllegalArgumentException.class, () -> MuxPair.config(1, 1, 1, MuxConfig.MAX_STREAMS + 1));
    assertThrows(IllegalArgumentException.class, () -> MuxConfig.DEFAULT.withWindows(2, 1, 2, 2));
  }

  private List<Packet> silence(MuxPair.Side side) throws ProtocolException {
    List<Packet> packets = new ArrayList<>();
    for (Packet p = side.transmit(1_000); p != null; p = side.transmit(1_000)) {
      packets.add(p);
      assertTrue(packets.size() < 1_000, "never silent");
    }
    return packets;
  }

  private long length(String frame) {
    return frame.startsWith("STREAM ") ? Long.parseLong(frame.split("[ +]", -1)[3]) : 0;
  }

  private long count(String frame) {
    return pair.client.log.stream().filter(frame::equals).count();
  }

  private interface Input {
    void run() throws ProtocolException;
  }

  private static void assertFault(FrameType frame, Input input) {
    ProtocolException fault = assertThrows(ProtocolException.class, input::run);
    assertEquals(TransportError.FLOW_CONTROL_ERROR, fault.code());
    assertEquals(frame.code(), fault.frameType());
  }
}
