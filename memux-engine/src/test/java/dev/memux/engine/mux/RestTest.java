package dev.memux.engine.mux;

import static dev.memux.engine.mux.StreamType.BIDIRECTIONAL;
import static dev.memux.engine.mux.StreamType.UNIDIRECTIONAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A stream on which nothing happens gives its memory back and is none the worse for it. */
class RestTest {
  private static final int WINDOW = 600;

  private final MuxPair pair = new MuxPair(MuxPair.config(WINDOW, 10_000, 10, 10));
  private final MuxStream near = pair.client.open(BIDIRECTIONAL);

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.wrap(new byte[count]);
  }

  private MuxStream far() {
    return pair.server.mux.stream(near.id());
  }

  private void exchange(int count) throws ProtocolException {
    near.write(bytes(count));
    pair.exchange();
    assertEquals(count, MuxPair.drain(far()));
    far().write(bytes(count));
    pair.exchange();
    assertEquals(count, MuxPair.drain(near));
    pair.exchange();
    pair.client.events();
    pair.server.events();
  }

  @Test
  void itGoesOnWhereItWas() throws ProtocolException {
    for (int i = 0; i < 2 * WINDOW / 100; i++) { // further than the first limits reach
      exchange(100);
      assertTrue(near.rest());
      assertTrue(far().rest());
      assertTrue(far().rest());
      assertEquals(100L * (i + 1), near.ackedBytes());
      assertEquals(100L * (i + 1), near.receivedBytes());
    }
    near.finish();
    far().finish();
    pair.exchange();
    assertEquals(List.of(near.id() + " READABLE SENT"), pair.client.events());
    assertTrue(near.isFinished());
    MuxPair.drain(near);
    assertEquals(List.of(near.id() + " CLOSED"), pair.client.events());
  }

  @Test
  void whatIsNotAcknowledgedOrReadKeepsItAwake() throws ProtocolException {
    near.write(bytes(10));
    assertFalse(near.rest());
    MuxPair.Packet packet = pair.client.transmit();
    assertFalse(near.rest());
    packet.deliver();
    pair.server.events();
    assertFalse(far().rest(), "unread");
    MuxPair.drain(far());
    assertTrue(far().rest());
    packet.acknowledge();
    assertTrue(near.rest());
  }

  @Test
  void eventsThatNobodyHasTakenKeepItAwake() throws ProtocolException {
    near.write(bytes(1));
    pair.exchange();
    MuxPair.drain(far());
    assertFalse(far().rest());
    pair.server.events();
    assertTrue(far().rest());
  }

  @Test
  void lateAndRepeatedFramesFindItAsItWas() throws ProtocolException {
    near.write(bytes(10));
    MuxPair.Packet packet = pair.client.transmit();
    packet.deliver();
    packet.acknowledge();
    MuxPair.drain(far());
    pair.server.events();
    near.rest();
    far().rest();
    packet.lose(); // it was not, after all
    packet.deliver();
    assertFalse(pair.client.mux.hasPending());
    assertEquals(0, far().readableBytes());
    assertEquals(List.of(), pair.server.events());
  }

  /** RFC 9000 §4.1, §4.5: limits and sizes are those of before. */
  @Test
  void limitsHold() throws ProtocolException {
    exchange(100);
    far().rest();
    long limit = pair.server.mux.stream(near.id()).recv().window().limit();
    far().rest();
    ProtocolException fault =
        assertThrows(
            ProtocolException.class,
            () -> pair.server.mux.onStream(near.id(), limit, new byte[1], 0, 1, false));
    assertEquals(TransportError.FLOW_CONTROL_ERROR, fault.code());
  }

  @Test
  void oneDirectionIsEnough() throws ProtocolException {
    MuxStream out = pair.client.open(UNIDIRECTIONAL);
    out.write(bytes(5));
    pair.exchange();
    MuxStream in = pair.server.mux.stream(out.id());
    MuxPair.drain(in);
    pair.server.events();
    assertTrue(out.rest());
    assertTrue(in.rest());
    out.reset(3);
    pair.exchange();
    assertEquals(List.of(in.id() + " RESET CLOSED"), pair.server.events());
    assertEquals(3, in.resetCode());
  }

  @Test
  void whoIsOverDoesNotRest() throws ProtocolException {
    near.finish();
    assertFalse(near.rest());
    near.reset(1);
    near.stopSending(1);
    pair.exchange();
    assertFalse(near.rest());
  }
}
