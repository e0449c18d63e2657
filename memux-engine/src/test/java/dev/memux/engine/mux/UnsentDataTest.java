package dev.memux.engine.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.ProtocolException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How far writers may be ahead of what is sent, however large the window. */
class UnsentDataTest {
  private static final int UNSENT = 10_000;
  private static final int BUFFER = 1 << 20;

  private final MuxPair pair =
      new MuxPair(
          MuxConfig.DEFAULT
              .withSendBuffers(UNSENT, BUFFER)
              .withWindows(4 * BUFFER, 4 * BUFFER, 4 * BUFFER, 4 * BUFFER));
  private final MuxStream stream;
  private final List<MuxPair.Packet> sent = new ArrayList<>();

  UnsentDataTest() {
    pair.client.mux.onPath(1_000_000_000, BUFFER);
    stream = pair.client.open(StreamType.UNIDIRECTIONAL);
  }

  @Test
  void aWriterIsAheadByTheLeastBuffer() {
    assertEquals(UNSENT, MuxPair.write(stream, BUFFER));
    assertEquals(0, stream.writableBytes());
    assertEquals(0, MuxPair.write(stream, 1));
  }

  @Test
  void aWriterHearsOfRoomWhenHalfOfItHasLeft() throws ProtocolException {
    MuxPair.write(stream, BUFFER);
    while (stream.sentBytes() < UNSENT / 2) {
      assertFalse(pair.client.mux.hasEvents());
      sent.add(pair.client.transmit());
    }
    assertTrue(pair.client.mux.hasEvents());
    assertEquals(List.of(stream.id() + " WRITABLE"), pair.client.events());
    assertFalse(pair.client.mux.hasEvents());
    assertEquals(stream.sentBytes(), MuxPair.write(stream, BUFFER));
  }

  @Test
  void whatIsUnderWayFillsTheWholeBuffer() throws ProtocolException {
    while (stream.sentBytes() < BUFFER - UNSENT) {
      MuxPair.write(stream, BUFFER);
      sent.add(pair.client.transmit());
    }
    MuxPair.write(stream, BUFFER);
    // Nothing is acknowledged: the buffer is full, and what leaves now makes no room.
    while (stream.sentBytes() < BUFFER) {
      sent.add(pair.client.transmit());
    }
    assertEquals(0, MuxPair.write(stream, 1));
    pair.client.events();
    for (MuxPair.Packet packet : sent) {
      packet.acknowledge();
    }
    assertEquals(UNSENT, MuxPair.write(stream, BUFFER));
  }
}
