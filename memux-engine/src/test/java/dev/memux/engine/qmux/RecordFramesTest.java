package dev.memux.engine.qmux;

import static dev.memux.engine.qmux.Wire.concat;
import static dev.memux.engine.qmux.Wire.stream;
import static dev.memux.engine.qmux.Wire.varints;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.TransportError;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which frames records may have (QMux §4), and how STREAM frames follow each other (§4.1). */
class RecordFramesTest {
  private final Attacked server = Attacked.server();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "01", // PING
        "0205000000", // ACK
        "0305000000010101", // ACK with ECN counts
        "06000101", // CRYPTO
        "070101", // NEW_TOKEN
        "1801000101000102030405060708090a0b0c0d0e0f", // NEW_CONNECTION_ID
        "1900", // RETIRE_CONNECTION_ID
        "1a0001020304050607", // PATH_CHALLENGE
        "1b0001020304050607", // PATH_RESPONSE
        "1e" // HANDSHAKE_DONE
      })
  void prohibitedFramesAreErrors(String frame) { // §4
    server.receiveFrames(HexFormat.of().parseHex(frame));
    server.assertClosedWith(TransportError.FRAME_ENCODING_ERROR);
  }

  @ParameterizedTest
  @ValueSource(longs = {0x1f, 0x21, 0x2f, 0x32, 0x40, 0xaf, 0x348c67529ef8c7bfL, (1L << 62) - 1})
  void unknownFramesAreErrors(long type) { // RFC 9000 §12.4
    server.receiveFrames(varints(type, 0));
    server.assertClosedWith(TransportError.FRAME_ENCODING_ERROR);
  }

  @Test
  void aTypeIsInItsShortestEncoding() { // RFC 9000 §12.4
    server.receiveFrames(HexFormat.of().parseHex("4010" + "40ff"));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void allAllowedFramesAreTaken() { // §4
    MuxStream ours =
        server.connection.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT_INCREMENTAL);
    assertNotNull(ours);
    server.receiveFrames(
        new byte[5], // PADDING
        stream(0, 0, 10),
        varints(0x04, 0, 7, 10), // RESET_STREAM
        varints(0x05, ours.id(), 8), // STOP_SENDING
        varints(0x10, 1L << 40), // MAX_DATA
        varints(0x11, ours.id(), 1L << 40), // MAX_STREAM_DATA
        varints(0x12, 5000), // MAX_STREAMS
        varints(0x13, 5000),
        varints(0x14, 100), // DATA_BLOCKED
        varints(0x15, 4, 100), // STREAM_DATA_BLOCKED
        varints(0x16, 100), // STREAMS_BLOCKED
        varints(0x17, 100),
        varints(0x24, 4, 9, 10, 0)); // RESET_STREAM_AT
    server.assertOpen();
    assertEquals(8, ours.stopCode());
    assertEquals(7, server.connection.mux().stream(0).resetCode());
    assertEquals(9, server.connection.mux().stream(4).resetCode());
  }

  @Test
  void aGapInAStreamIsAnError() { // §4.1
    server.receiveFrames(stream(0, 0, 10), stream(0, 11, 5));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void aStreamBeginsAtItsBeginning() { // §4.1
    server.receiveFrames(stream(0, 1, 10));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 9})
  void dataThatCameBeforeIsAnError(int offset) { // §4.1
    server.receiveFrames(stream(0, 0, 10));
    server.receiveFrames(stream(0, offset, 10));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void dataOutOfOrderIsAnErrorToWhoDoesNotWantIt() { // §4.1
    server.receiveFrames(stream(0, 0, 10));
    server.connection.mux().stream(0).stopSending(1);
    server.receiveFrames(stream(0, 10, 10));
    server.assertOpen();
    server.receiveFrames(stream(0, 40, 10));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void aFinMayComeAlone() {
    server.receiveFrames(stream(0, 0, 10));
    server.receiveFrames(varints(0x0f, 0, 10, 0));
    server.assertOpen();
    assertTrue(server.connection.mux().stream(0).isReceived());
  }

  @Test
  void streamsTakeTurnsInOneRecord() { // §4.1
    server.receiveFrames(
        stream(0, 0, 10), stream(4, 0, 3), stream(0, 10, 10), stream(4, 3, 3), stream(0, 20, 1));
    server.assertOpen();
    assertEquals(21, server.connection.mux().stream(0).readableBytes());
    assertEquals(6, server.connection.mux().stream(4).readableBytes());
  }

  @Test
  void dataBeyondTheEndIsAnError() { // RFC 9000 §4.5
    server.receiveFrames(varints(0x0f, 0, 0, 0)); // the end at 0
    server.receiveFrames(stream(4, 0, 1));
    server.assertOpen();
    server.receiveFrames(concat(varints(0x0b, 8, 3), new byte[3]), stream(8, 3, 1));
    server.assertClosedWith(TransportError.FINAL_SIZE_ERROR);
  }

  @Test
  void aResetBelowWhatCameIsAnError() { // RFC 9000 §4.5
    server.receiveFrames(stream(0, 0, 10), varints(0x04, 0, 0, 9));
    server.assertClosedWith(TransportError.FINAL_SIZE_ERROR);
  }

  @Test
  void dataAboveAStreamsLimitIsAnError() { // RFC 9000 §4.1
    Attacked small =
        Attacked.server(
            QmuxConfig.DEFAULT.withMux(
                QmuxConfig.DEFAULT.mux().withWindows(1000, 1000, 10_000, 10_000)));
    small.receiveFrames(stream(0, 0, 1000));
    small.assertOpen();
    small.receiveFrames(stream(0, 1000, 1));
    small.assertClosedWith(TransportError.FLOW_CONTROL_ERROR);
  }

  @Test
  void dataAboveTheConnectionsLimitIsAnError() { // RFC 9000 §4.1
    Attacked small =
        Attacked.server(
            QmuxConfig.DEFAULT.withMux(
                QmuxConfig.DEFAULT.mux().withWindows(1000, 1000, 1500, 1500)));
    small.receiveFrames(stream(0, 0, 1000), stream(4, 0, 500));
    small.assertOpen();
    small.receiveFrames(stream(4, 500, 1));
    small.assertClosedWith(TransportError.FLOW_CONTROL_ERROR);
  }

  @Test
  void streamsAboveTheLimitAreAnError() { // RFC 9000 §4.6
    long limit = QmuxConfig.DEFAULT.mux().maxBidiStreams();
    server.receiveFrames(stream(4 * (limit - 1), 0, 1));
    server.assertOpen();
    server.receiveFrames(stream(4 * limit, 0, 1));
    server.assertClosedWith(TransportError.STREAM_LIMIT_ERROR);
  }

  @Test
  void aStreamOfOursThatIsNotOpenIsAnError() { // RFC 9000 §19.8
    server.receiveFrames(stream(1, 0, 1));
    server.assertClosedWith(TransportError.STREAM_STATE_ERROR);
  }

  @Test
  void whatWasReadFirstIsNotLostByALaterFault() {
    server.receiveFrames(stream(0, 0, 10), varints(0x01));
    server.assertClosedWith(TransportError.FRAME_ENCODING_ERROR);
    assertEquals(10, server.connection.mux().stream(0).readableBytes());
  }

  @Test
  void readingGoesOnWhenTheApplicationDoesNot() { // §6
    byte[] megabyte = new byte[1 << 20];
    for (int at = 0; at < 512 << 10; at += 10_000) {
      int length = Math.min(10_000, (512 << 10) - at);
      server.receiveFrames(stream(0, at, length)); // nobody reads: the stream's window is full
    }
    server.receiveFrames(stream(4, 0, 10), varints(0x12, 3000));
    server.assertOpen();
    assertEquals(megabyte.length / 2, server.connection.mux().stream(0).readableBytes());
    assertEquals(10, server.connection.mux().stream(4).readableBytes());
    assertEquals(3000, server.connection.mux().openable(StreamType.BIDIRECTIONAL));
  }
}
