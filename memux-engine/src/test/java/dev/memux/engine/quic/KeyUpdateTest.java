package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.FrameWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 9001 §6. */
class KeyUpdateTest {
  private static KeyPhases phases(QuicConnection connection) {
    return connection.space(PacketType.ONE_RTT).keyPhases;
  }

  /** Sends a byte each way, so that both ends have packets of theirs acknowledged. */
  private static void exchange(ConnectedPair pair) {
    for (QuicConnection from : List.of(pair.client, pair.server())) {
      QuicConnection to = from == pair.client ? pair.server() : pair.client;
      MuxStream stream = from.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
      assertNotNull(stream);
      stream.write(ByteBuffer.wrap(new byte[] {7}));
      stream.finish();
      pair.settle();
      ByteBuffer read = ByteBuffer.allocate(2);
      MuxStream received = to.mux().stream(stream.id());
      assertNotNull(received);
      assertEquals(1, received.read(read));
      assertEquals(-1, received.read(read));
    }
    pair.runUntil(pair.now + ConnectedPair.SECOND);
  }

  private static void assertHealthy(ConnectedPair pair) {
    exchange(pair);
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    assertNull(ConnectedPair.closeReason(pair.serverEvents));
  }

  @Test
  void bothDirectionsChangeWhenOneEndUpdates() {
    ConnectedPair pair = new ConnectedPair().settle();
    exchange(pair);
    assertTrue(pair.client.updateKeys(pair.now));
    exchange(pair);
    assertTrue(phases(pair.client).phase());
    assertTrue(phases(pair.server()).phase());
    assertEquals(1, phases(pair.server()).updates());
    assertHealthy(pair);
  }

  @Test
  void updatesFollowOneAnotherFromEitherEnd() {
    ConnectedPair pair = new ConnectedPair().settle();
    for (int i = 1; i <= 10; i++) {
      exchange(pair);
      assertTrue((i % 2 == 0 ? pair.client : pair.server()).updateKeys(pair.now), "update " + i);
      exchange(pair);
      assertEquals(i, phases(pair.client).updates());
      assertEquals(i, phases(pair.server()).updates());
      pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
    }
    assertHealthy(pair);
  }

  @Test
  void bothEndsMayUpdateAtTheSameTime() {
    ConnectedPair pair = new ConnectedPair().settle();
    exchange(pair);
    assertTrue(pair.client.updateKeys(pair.now));
    assertTrue(pair.server().updateKeys(pair.now));
    exchange(pair);
    assertEquals(1, phases(pair.client).updates());
    assertEquals(1, phases(pair.server()).updates());
    assertHealthy(pair);
  }

  @Test
  void noUpdateBeforeThePeerHasAcknowledgedTheCurrentPhase() {
    // RFC 9001 §6.1
    ConnectedPair pair = new ConnectedPair().settle();
    exchange(pair);
    assertTrue(pair.client.updateKeys(pair.now));
    assertFalse(pair.client.updateKeys(pair.now));
    exchange(pair);
    pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
    assertTrue(pair.client.updateKeys(pair.now));
  }

  @Test
  void noUpdateWhilePacketsOfThePhaseBeforeMayStillCome() {
    // RFC 9001 §6.5: their key would be gone.
    ConnectedPair pair = new ConnectedPair().settle();
    exchange(pair);
    assertTrue(pair.client.updateKeys(pair.now));
    MuxStream stream = pair.client.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.finish();
    pair.deliverToServer();
    assertEquals(1, phases(pair.server()).updates());
    long acknowledged = Long.MAX_VALUE; // whatever it is going to send
    assertFalse(phases(pair.server()).update(acknowledged, pair.now));
    assertTrue(phases(pair.server()).update(acknowledged, pair.now + 5 * ConnectedPair.SECOND));
  }

  @Test
  void noUpdateBeforeTheHandshakeIsConfirmed() {
    // RFC 9001 §6.1
    ConnectedPair pair = new ConnectedPair();
    pair.deliverToServer();
    assertFalse(pair.server().updateKeys(pair.now));
  }

  @Test
  void aClientThatMissesHandshakeDoneFollowsAnUpdate() {
    // RFC 9001 §4.1.2, §6.1: for the server the handshake is confirmed when it is complete; the
    // frame that tells the client may be lost, and come again only in the next phase.
    ConnectedPair pair = new ConnectedPair();
    pair.toClient = datagram -> !pair.client.isHandshakeComplete();
    pair.settle();
    assertTrue(pair.server().isHandshakeComplete());
    assertFalse(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    assertTrue(
        phases(pair.server()).update(Long.MAX_VALUE, pair.now)); // as if it had an acknowledgement
    pair.toClient = datagram -> true;
    pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    assertEquals(1, phases(pair.client).updates());
    assertHealthy(pair);
  }

  @Test
  void packetsOfTheOldPhaseThatComeLateAreStillRead() {
    // RFC 9001 §6.5
    ConnectedPair pair = new ConnectedPair().settle();
    exchange(pair);
    List<byte[]> late = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      late.add(ConnectedPair.forge(pair.client, PacketType.ONE_RTT, FrameWriter::ping));
    }
    assertTrue(pair.client.updateKeys(pair.now));
    SendBatch batch = new SendBatch();
    MuxStream stream = pair.client.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.finish();
    assertTrue(pair.client.transmit(batch, pair.now));
    pair.sendToServer(java.util.Arrays.copyOf(batch.buffer(), batch.length()));
    assertEquals(1, phases(pair.server()).updates());
    long before = pair.server().statistics().packetsReceived();
    late.forEach(pair::sendToServer);
    assertEquals(before + late.size(), pair.server().statistics().packetsReceived());
    assertEquals(1, phases(pair.server()).updates());
    assertHealthy(pair);
  }

  @Test
  void theOldKeyIsGoneAfterThreeProbeTimeouts() {
    // RFC 9001 §6.5
    ConnectedPair pair = new ConnectedPair().settle();
    exchange(pair);
    byte[] late = ConnectedPair.forge(pair.client, PacketType.ONE_RTT, FrameWriter::ping);
    assertTrue(pair.client.updateKeys(pair.now));
    exchange(pair);
    pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
    long before = pair.server().statistics().packetsReceived();
    pair.sendToServer(late);
    assertEquals(before, pair.server().statistics().packetsReceived());
    assertHealthy(pair);
  }

  @Test
  void aForgedPhaseBitUpdatesNothing() {
    ConnectedPair pair = new ConnectedPair().settle();
    exchange(pair);
    for (int i = 0; i < 256; i++) {
      byte[] packet = ConnectedPair.forge(pair.client, PacketType.ONE_RTT, FrameWriter::ping);
      packet[0] ^= 0x04;
      pair.sendToServer(packet);
    }
    assertEquals(0, phases(pair.server()).updates());
    assertHealthy(pair);
  }

  @Test
  void aLostUpdateIsMadeUpFor() {
    ConnectedPair pair = new ConnectedPair().settle();
    exchange(pair);
    assertTrue(pair.client.updateKeys(pair.now));
    int[] lost = {3};
    pair.toServer = datagram -> lost[0]-- <= 0;
    MuxStream stream = pair.client.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.write(ByteBuffer.wrap(new byte[] {1}));
    stream.finish();
    pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
    assertEquals(1, phases(pair.server()).updates());
    assertHealthy(pair);
  }
}
