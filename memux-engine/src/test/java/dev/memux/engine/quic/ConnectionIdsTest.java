package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConnectionIdsTest {
  private final PeerConnectionIds ids = new PeerConnectionIds(id(0));

  @Test
  void aRepeatedFrameMayRetireMore() throws ProtocolException {
    // RFC 9000 §19.15: Retire Prior To counts whenever it grows; who repeats a lost frame may say
    // what holds by then.
    ids.onNewConnectionId(frame(1, 0));
    ids.onNewConnectionId(frame(1, 1));
    assertEquals(id(1), ids.current());
    assertEquals(List.of(0L), retired());
  }

  @Test
  void anExactRepetitionChangesNothing() throws ProtocolException {
    ids.onNewConnectionId(frame(1, 1));
    assertEquals(List.of(0L), retired());
    ids.onNewConnectionId(frame(1, 1));
    assertFalse(ids.hasPending());
  }

  @Test
  void anIdThatArrivesRetiredIsRetiredAtOnce() throws ProtocolException {
    // RFC 9000 §19.15
    ids.onNewConnectionId(frame(3, 3));
    assertEquals(List.of(0L), retired());
    ids.onNewConnectionId(frame(2, 0));
    assertEquals(List.of(2L), retired());
    assertEquals(id(3), ids.current());
  }

  @Test
  void aPeerWithAnEmptyIdCannotHaveAnother() {
    // RFC 9000 §19.15
    PeerConnectionIds empty = new PeerConnectionIds(ConnectionId.EMPTY);
    ProtocolException e =
        assertThrows(ProtocolException.class, () -> empty.onNewConnectionId(frame(1, 0)));
    assertEquals(TransportError.PROTOCOL_VIOLATION, e.code());
    assertEquals(ConnectionId.EMPTY, empty.current());
  }

  @Test
  void theIdOfAPreferredAddressCountsAndCanBeRetired() throws ProtocolException {
    // RFC 9000 §9.6.1: its sequence number is 1.
    ids.onPreferredAddress(preferredAddress());
    ids.onNewConnectionId(frame(2, 2));
    assertEquals(List.of(0L, 1L), retired().stream().sorted().toList());
    assertTrue(ids.current().equals(id(2)));
  }

  @Test
  void aServerWithAnEmptyIdCannotHaveAPreferredAddress() {
    // RFC 9000 §18.2
    PeerConnectionIds empty = new PeerConnectionIds(ConnectionId.EMPTY);
    ProtocolException e =
        assertThrows(ProtocolException.class, () -> empty.onPreferredAddress(preferredAddress()));
    assertEquals(TransportError.TRANSPORT_PARAMETER_ERROR, e.code());
  }

  private static byte[] preferredAddress() {
    byte[] encoded = new byte[24 + 1 + 4 + 16];
    encoded[24] = 4;
    id(1).writeTo(encoded, 25);
    return encoded;
  }

  private List<Long> retired() {
    FrameWriter writer = new FrameWriter();
    writer.reset(new byte[256], 0, 256);
    SentFrames sent = new SentFrames();
    ids.write(writer, sent);
    List<Long> sequences = new ArrayList<>();
    for (int i = 0; i < sent.size(); i++) {
      sequences.add(sent.a(i));
    }
    return sequences;
  }

  private static ControlFrame.NewConnectionId frame(long sequence, long retirePriorTo) {
    return new ControlFrame.NewConnectionId(
        sequence, retirePriorTo, id(sequence).toByteArray(), new byte[16]);
  }

  private static ConnectionId id(long sequence) {
    return ConnectionId.of(new byte[] {(byte) sequence, 1, 2, 3});
  }
}
