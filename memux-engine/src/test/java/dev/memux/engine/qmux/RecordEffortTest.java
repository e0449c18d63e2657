package dev.memux.engine.qmux;

import static dev.memux.engine.qmux.Wire.QX_PING;
import static dev.memux.engine.qmux.Wire.QX_PING_RESPONSE;
import static dev.memux.engine.qmux.Wire.concat;
import static dev.memux.engine.qmux.Wire.record;
import static dev.memux.engine.qmux.Wire.stream;
import static dev.memux.engine.qmux.Wire.varints;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.DatagramConfig;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.stream.CountedBudget;
import dev.memux.engine.wire.TransportError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

/** What a peer can make us do and hold for nothing (QMux §12.2, RFC 9000 §21.9). */
class RecordEffortTest {
  /** Of PeerEffort: so many frames that bring nothing are allowed at once, and a second. */
  private static final int IDLE_FRAMES = 16_384;

  private static final int IDLE_FRAMES_PER_SECOND = 4096;

  private final Attacked server = Attacked.server();

  @Test
  void recordsOfPaddingAloneAreBounded() {
    assertBounded(i -> record(new byte[1]));
  }

  @Test
  void pingsAreBounded() { // and so are the answers
    assertBounded(i -> record(varints(QX_PING, i)));
  }

  @Test
  void answersRepeatedAreBounded() {
    assertBounded(i -> record(varints(QX_PING_RESPONSE, 0)));
  }

  @Test
  void creditThatDoesNotRiseIsBounded() {
    assertBounded(i -> record(varints(0x10, 5)));
  }

  @Test
  void tinyRecordsForOneStreamThatComeTogetherAreBounded() { // they could have been one frame
    List<byte[]> pieces = new ArrayList<>();
    int at = 0;
    while (!server.connection.hasPending() && at < 100_000) {
      pieces.clear();
      for (int i = 0; i < 1000; i++) {
        pieces.add(record(stream(0, at++, 1)));
      }
      server.receive(concat(pieces.toArray(byte[][]::new)));
    }
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
    assertTrue(at > IDLE_FRAMES && at < 2 * IDLE_FRAMES, "after " + at);
  }

  @Test
  void tinyDatagramsThatComeTogetherAreBounded() {
    Attacked open =
        Attacked.server(
            QmuxConfig.DEFAULT.withMux(MuxConfig.DEFAULT.withDatagrams(DatagramConfig.ENABLED)));
    byte[] tiny = new byte[2 * 8000];
    for (int i = 0; i < tiny.length; i += 2) {
      tiny[i] = 0x31;
    }
    open.receiveFrames(tiny);
    open.receiveFrames(tiny);
    open.assertOpen();
    open.receiveFrames(tiny);
    open.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void tinyRecordsOverTimeAreNobodysFault() { // somebody types
    for (int i = 0; i < 2 * IDLE_FRAMES; i++) {
      server.nowNanos += 1_000_000;
      server.receiveFrames(stream(0, i, 1));
    }
    server.assertOpen();
  }

  @Test
  void idleRecordsAtAModestRateAreAllowed() { // keep-alives, round trips measured
    for (int i = 0; i < 2 * IDLE_FRAMES; i++) {
      server.nowNanos += 1_000_000_000L / IDLE_FRAMES_PER_SECOND + 1;
      server.receiveFrames(varints(QX_PING, i));
      server.transmit();
    }
    server.assertOpen();
  }

  /** At most so many at once, and not many fewer. */
  private void assertBounded(LongFunction<byte[]> record) {
    for (long i = 0; i < IDLE_FRAMES - 100; i++) {
      byte[] bytes = record.apply(i);
      server.connection.receive(bytes, 0, bytes.length, server.nowNanos);
    }
    server.pollEvents();
    server.assertOpen();
    for (long i = IDLE_FRAMES - 100; i < IDLE_FRAMES + 100; i++) {
      byte[] bytes = record.apply(i);
      server.connection.receive(bytes, 0, bytes.length, server.nowNanos);
    }
    server.pollEvents();
    server.assertClosedWith(TransportError.PROTOCOL_VIOLATION);
  }

  @Test
  void atMostOneRecordIsHeldOfWhatHasComeInPart() { // §12.2
    CountedBudget memory = new CountedBudget(1 << 20);
    Attacked silent = Attacked.silent(QmuxConfig.DEFAULT, memory).establish(Wire.generous());
    assertEquals(0, memory.heldBytes());
    byte[] record = record(concat(varints(0x08, 0), new byte[16_000]));
    for (int i = 0; i < record.length - 1; i++) {
      silent.connection.receive(record, i, 1, silent.nowNanos);
      assertTrue(memory.heldBytes() <= 16_382, "holds " + memory.heldBytes());
    }
    silent.connection.receive(record, record.length - 1, 1, silent.nowNanos);
    assertEquals(16_384, memory.heldBytes(), "the stream's data alone");
    silent.endpoint.forget(silent.connection);
    assertEquals(0, memory.heldBytes());
  }

  @Test
  void whatIsHeldOfRecordsCountsForTheProcess() { // §12.2
    CountedBudget memory = new CountedBudget(64 << 10);
    QmuxEndpoint endpoint = new QmuxEndpoint(QmuxConfig.DEFAULT, memory);
    byte[] begun = Arrays.copyOf(record(Wire.parametersFrame(new byte[100]), new byte[5000]), 200);
    List<QmuxConnection> connections = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      QmuxConnection connection = endpoint.accept(0);
      connection.receive(begun, 0, begun.length, 0);
      connections.add(connection);
    }
    assertTrue(memory.heldBytes() <= 64 << 10, "holds " + memory.heldBytes());
    long refused = connections.stream().filter(c -> c.deadlineNanos() < 5_000_000_000L).count();
    assertTrue(refused >= 96, "refused " + refused);
    connections.forEach(endpoint::forget);
    assertEquals(0, memory.heldBytes());
    assertEquals(0, memory.connections());
  }

  @Test
  void aConnectionThatEndsGivesItsPartOfARecordBack() {
    CountedBudget memory = new CountedBudget(1 << 20);
    Attacked silent = Attacked.silent(QmuxConfig.DEFAULT, memory).establish(Wire.generous());
    byte[] record = record(concat(varints(0x08, 0), new byte[16_000]));
    silent.receive(Arrays.copyOf(record, 100));
    assertEquals(16_382, memory.heldBytes());
    silent.connection.onCarrierLost("reset");
    silent.endpoint.forget(silent.connection);
    assertEquals(0, memory.heldBytes());
  }
}
