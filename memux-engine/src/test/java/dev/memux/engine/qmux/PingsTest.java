package dev.memux.engine.qmux;

import static dev.memux.engine.qmux.Wire.QX_PING;
import static dev.memux.engine.qmux.Wire.QX_PING_RESPONSE;
import static dev.memux.engine.qmux.Wire.parametersFrame;
import static dev.memux.engine.qmux.Wire.record;
import static dev.memux.engine.qmux.Wire.stream;
import static dev.memux.engine.qmux.Wire.varints;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.VarInt;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** QX_PING (QMux §4.3). */
class PingsTest {
  private static final long MILLI = 1_000_000;

  @Test
  void aPingIsAnsweredWithItsNumber() { // §4.3
    Attacked server = Attacked.server();
    server.receiveFrames(varints(QX_PING, 1234));
    assertEquals(List.of(response(1234)), server.sent());
  }

  @Test
  void ofManyOnlyTheLastIsAnswered() { // §4.3
    Attacked server = Attacked.server();
    server.receiveFrames(varints(QX_PING, 0), varints(QX_PING, 1));
    server.receiveFrames(varints(QX_PING, VarInt.MAX));
    assertEquals(List.of(response(VarInt.MAX)), server.sent());
    assertEquals(List.of(), server.sent());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 6, 7})
  void numbersOfPingsRise(long next) { // §4.3
    Attacked server = Attacked.server();
    server.receiveFrames(varints(QX_PING, 7));
    server.assertOpen();
    server.receiveFrames(varints(QX_PING, next));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, VarInt.MAX})
  void anAnswerToAPingThatWasNotSentIsAnError(long sequence) { // §4.3
    Attacked server = Attacked.server(); // which has sent number 0
    server.receiveFrames(varints(QX_PING_RESPONSE, sequence));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void anAnswerBeforeAnyPingIsAnError() { // §4.3
    Attacked server = Attacked.silent(QmuxConfig.DEFAULT);
    server.receive(record(parametersFrame(Wire.generous()), varints(QX_PING_RESPONSE, 0)));
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void anAnswerMayComeTwice() { // §4.3 forbids only numbers that were not sent
    Attacked server = Attacked.server();
    server.receiveFrames(varints(QX_PING_RESPONSE, 0), varints(QX_PING_RESPONSE, 0));
    server.assertOpen();
  }

  @Test
  void theRoundTripIsMeasuredWhenStreamsBecomeUsable() {
    Attacked server = Attacked.silent(QmuxConfig.DEFAULT);
    server.receive(record(parametersFrame(Wire.generous())));
    assertEquals(List.of("QX_TRANSPORT_PARAMETERS", request(0)), server.sent());
    assertEquals(0, server.connection.statistics().smoothedRttNanos());
    server.nowNanos += 80 * MILLI;
    server.receiveFrames(varints(QX_PING_RESPONSE, 0));
    assertEquals(80 * MILLI, server.connection.statistics().smoothedRttNanos());
    assertEquals(80 * MILLI, server.connection.statistics().minRttNanos());
  }

  @Test
  void itIsMeasuredAgainAsCreditIsGivenButNotAllTheTime() {
    Attacked server = Attacked.server();
    giveCredit(server, 0);
    assertEquals(0, requests(server.sent()));
    server.nowNanos += Pings.MEASURE_INTERVAL_NANOS;
    giveCredit(server, 4);
    assertEquals(1, requests(server.sent()));
    server.nowNanos += Pings.MEASURE_INTERVAL_NANOS;
    giveCredit(server, 8);
    assertEquals(0, requests(server.sent()), "one is under way");
    server.receiveFrames(varints(QX_PING_RESPONSE, 1));
    assertEquals(125 * MILLI, server.connection.statistics().smoothedRttNanos()); // RFC 9002 §5.3
  }

  @Test
  void windowsFollowTheRoundTrip() { // as on QUIC; the layer below does not tell it
    assertEquals(512 << 10, windowAfterReading(20 * MILLI));
    assertEquals(4 << 20, windowAfterReading(400 * MILLI));
  }

  /** The window of a stream of which a quarter of a megabyte is read every 100 ms. */
  private static long windowAfterReading(long rttNanos) {
    Attacked server = Attacked.silent(QmuxConfig.DEFAULT);
    server.receive(record(parametersFrame(Wire.generous())));
    server.sent();
    server.nowNanos += rttNanos;
    server.receiveFrames(varints(QX_PING_RESPONSE, 0));
    long at = 0;
    long window = 0;
    for (int i = 0; i < 40; i++) {
      server.nowNanos += 100 * MILLI;
      at = readHalfAWindow(server, at);
      for (String frame : server.sent()) {
        if (frame.startsWith("MaxStreamData")) {
          String limit = frame.substring(frame.indexOf("maximum=") + 8, frame.length() - 1);
          window = Long.parseLong(limit) - at;
        }
      }
    }
    return window;
  }

  private static long readHalfAWindow(Attacked side, long at) {
    long end = at + (256 << 10);
    while (at < end) {
      int length = (int) Math.min(16_000, end - at);
      side.receiveFrames(stream(4, at, length));
      at += length;
    }
    MuxStream stream = side.connection.mux().stream(4);
    stream.read(ByteBuffer.allocate(1 << 20));
    return at;
  }

  private static void giveCredit(Attacked side, long streamId) {
    for (int at = 0; at < 300_000; at += 10_000) {
      side.receiveFrames(stream(streamId, at, 10_000));
    }
    side.connection.mux().stream(streamId).read(ByteBuffer.allocate(300_000));
  }

  private static int requests(List<String> frames) {
    return (int) frames.stream().filter(f -> f.startsWith("QxPing[response=false")).count();
  }

  private static String request(long sequence) {
    return new ControlFrame.QxPing(false, sequence).toString();
  }

  private static String response(long sequence) {
    return new ControlFrame.QxPing(true, sequence).toString();
  }
}
