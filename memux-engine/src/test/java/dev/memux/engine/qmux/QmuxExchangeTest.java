package dev.memux.engine.qmux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What two connections have of each other when nothing goes wrong. */
class QmuxExchangeTest {
  private final QmuxPair pair = QmuxPair.established(QmuxConfig.DEFAULT);

  @Test
  void streamsCanBeUsedOnceTheTransportParametersHaveCome() {
    assertEquals(List.of(new ConnectionEvent.Established()), pair.client.events.subList(0, 1));
    assertEquals(List.of(new ConnectionEvent.Established()), pair.server.events.subList(0, 1));
  }

  @Test
  void aRequestAndItsResponse() {
    MuxStream stream = pair.client.open(StreamType.BIDIRECTIONAL);
    stream.write(QmuxPair.text("request"));
    stream.finish();
    pair.settle();
    MuxStream accepted = pair.server.connection.mux().pollStream();
    assertNotNull(accepted);
    assertEquals("request", QmuxPair.read(accepted));
    assertTrue(accepted.isFinished());
    accepted.write(QmuxPair.text("response"));
    accepted.finish();
    pair.settle();
    assertEquals("response", QmuxPair.read(stream));
    assertTrue(stream.isFinished());
    assertEquals(0, pair.client.connection.mux().streamCount());
    assertEquals(0, pair.server.connection.mux().streamCount());
  }

  @Test
  void aCloseTellsThePeerAndEndsBothSidesOfTheLayerBelow() {
    pair.client.connection.close(7, "enough", pair.nowNanos);
    pair.settle();
    assertEquals(
        new CloseReason(CloseReason.Origin.LOCAL, true, 7, 0, "enough"), pair.client.closeReason());
    assertEquals(
        new CloseReason(CloseReason.Origin.PEER, true, 7, 0, "enough"), pair.server.closeReason());
    assertTrue(pair.client.connection.isTerminated());
    assertTrue(pair.server.connection.isTerminated());
    assertFalse(pair.client.connection.hasPending());
  }
}
