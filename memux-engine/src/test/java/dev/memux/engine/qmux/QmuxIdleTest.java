package dev.memux.engine.qmux;

import static dev.memux.engine.qmux.Wire.parametersFrame;
import static dev.memux.engine.qmux.Wire.record;
import static dev.memux.engine.qmux.Wire.stream;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VarInt;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Idle timeout and keep-alive (QMux §7.1), and the wait for the peer's parameters. */
class QmuxIdleTest {
  private static final long SECOND = 1_000_000_000L;
  private static final QmuxConfig CONFIG = QmuxConfig.DEFAULT.withMaxIdleTimeoutNanos(30 * SECOND);

  @Test
  void withoutRecordsItEndsSilently() { // §7.1, §7.2
    Attacked server = Attacked.server(CONFIG);
    assertEquals(server.nowNanos + 30 * SECOND, server.connection.deadlineNanos());
    server.advance(30 * SECOND - 1);
    server.assertOpen();
    server.advance(1);
    assertEquals(Origin.IDLE_TIMEOUT, server.closeReason().origin());
    assertNull(server.transmit(), "no frame is sent");
    assertTrue(server.connection.isOutputEnded());
  }

  @Test
  void itWaitsForThePeersEndAfterwards() { // §7.2
    Attacked server = Attacked.server(CONFIG);
    server.advance(30 * SECOND);
    assertFalse(server.connection.isTerminated());
    server.connection.onInputEnded(server.nowNanos);
    assertTrue(server.connection.isTerminated());
  }

  @ParameterizedTest
  @CsvSource({"30, 10000, 10", "10, 30000, 10", "0, 20000, 20", "20, 0, 20"})
  void theLowerTimeoutHolds(long oursSeconds, long theirsMillis, long seconds) { // RFC 9000 §10.1
    Attacked server =
        Attacked.silent(QmuxConfig.DEFAULT.withMaxIdleTimeoutNanos(oursSeconds * SECOND));
    server.establish(TransportParameters.builder().maxIdleTimeoutMillis(theirsMillis).build());
    assertEquals(server.nowNanos + seconds * SECOND, server.connection.deadlineNanos());
  }

  @Test
  void withoutAnyTimeoutItStays() {
    Attacked server = Attacked.server(QmuxConfig.DEFAULT.withMaxIdleTimeoutNanos(0));
    assertEquals(Long.MAX_VALUE, server.connection.deadlineNanos());
  }

  @Test
  void theLongestTimeoutThereIsDoesNotOverflow() { // RFC 9000 §18.2
    Attacked server =
        Attacked.silent(QmuxConfig.DEFAULT.withMaxIdleTimeoutNanos(0))
            .establish(TransportParameters.builder().maxIdleTimeoutMillis(VarInt.MAX).build());
    assertTrue(server.connection.deadlineNanos() > server.nowNanos);
  }

  @Test
  void aWholeRecordRestartsTheTime() { // §7.1
    Attacked server = Attacked.server(CONFIG);
    server.advance(20 * SECOND);
    server.receiveFrames(stream(0, 0, 1));
    server.advance(29 * SECOND);
    server.assertOpen();
    server.advance(SECOND);
    assertEquals(Origin.IDLE_TIMEOUT, server.closeReason().origin());
  }

  @Test
  void partOfARecordDoesNot() { // §7.1: completely received
    Attacked server = Attacked.server(CONFIG);
    server.advance(20 * SECOND);
    byte[] record = record(stream(0, 0, 10));
    server.receive(java.util.Arrays.copyOf(record, record.length - 1));
    server.advance(10 * SECOND);
    assertEquals(Origin.IDLE_TIMEOUT, server.closeReason().origin());
  }

  @Test
  void whatIsSentRestartsTheTimeToo() { // §7.1
    Attacked server = Attacked.server(CONFIG);
    server.advance(20 * SECOND);
    MuxStream stream = server.connection.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.write(ByteBuffer.allocate(1));
    assertEquals(1, server.sent().size());
    server.advance(29 * SECOND);
    server.assertOpen();
    server.advance(SECOND);
    assertEquals(Origin.IDLE_TIMEOUT, server.closeReason().origin());
  }

  @Test
  void aQuietConnectionIsKeptAliveByPings() { // §7.1
    QmuxPair pair = new QmuxPair(CONFIG.withKeepAliveNanos(10 * SECOND), CONFIG).settle();
    for (int i = 0; i < 10; i++) {
      long due = pair.client.connection.deadlineNanos();
      assertEquals(pair.nowNanos + 10 * SECOND, due);
      pair.nowNanos = due;
      pair.client.connection.onTimeout(due);
      pair.server.connection.onTimeout(due);
      pair.settle();
    }
    assertFalse(pair.client.connection.isOutputEnded());
    assertFalse(pair.server.connection.isOutputEnded());
  }

  @Test
  void aKeepAliveThatHasToWaitIsNotAskedForAllTheTime() {
    Attacked server = Attacked.server(CONFIG.withKeepAliveNanos(10 * SECOND));
    server.advance(10 * SECOND); // and the layer below takes nothing
    assertTrue(server.connection.hasPending());
    assertTrue(server.connection.deadlineNanos() > server.nowNanos);
    server.advance(10 * SECOND);
    assertEquals(List.of(new ControlFrame.QxPing(false, 1).toString()), server.sent());
  }

  @Test
  void aPeerThatIsGoneIsNoticedAlthoughTheLayerBelowTakesWhatIsSent() {
    // Each record that is sent restarts the timer of §7.1: keep-alives into a deep buffer would
    // keep a dead connection for as long as TCP tries. An answer that does not come ends it.
    Attacked server = Attacked.server(CONFIG.withKeepAliveNanos(10 * SECOND));
    long from = server.nowNanos;
    while (!server.connection.isOutputEnded()) {
      server.advance(server.connection.deadlineNanos() - server.nowNanos);
      server.sent();
      assertTrue(server.nowNanos - from <= 60 * SECOND, "still open");
    }
    assertEquals(Origin.IDLE_TIMEOUT, server.closeReason().origin());
    assertEquals(40 * SECOND, server.nowNanos - from, "30 s after the first ping");
  }

  @Test
  void aPeerThatOnlySendsIsThere() {
    Attacked server = Attacked.server(CONFIG.withKeepAliveNanos(10 * SECOND));
    server.advance(10 * SECOND);
    server.sent();
    for (int i = 0; i < 10; i++) {
      server.advance(20 * SECOND);
      server.sent();
      server.receiveFrames(stream(0, i, 1));
    }
    server.assertOpen();
  }

  @Test
  void whoeverKeepsItsParametersBackIsGivenUp() {
    Attacked server = Attacked.silent(QmuxConfig.DEFAULT.withHandshakeTimeoutNanos(5 * SECOND));
    server.sent();
    assertEquals(server.nowNanos + 5 * SECOND, server.connection.deadlineNanos());
    server.advance(5 * SECOND);
    assertEquals(Origin.HANDSHAKE_TIMEOUT, server.closeReason().origin());
    assertTrue(server.connection.isOutputEnded());
  }

  @Test
  void whoeverSendsThemIsNot() {
    Attacked server = Attacked.silent(QmuxConfig.DEFAULT.withHandshakeTimeoutNanos(5 * SECOND));
    server.receive(record(parametersFrame(Wire.generous())));
    server.advance(6 * SECOND);
    server.assertOpen();
  }
}
