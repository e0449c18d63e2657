package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.FrameWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which connection a datagram goes to, and what is left when one is gone. */
class QuicEndpointTest {
  private static final InetSocketAddress STRANGER =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 9);

  @Test
  void nothingIsLeftOfAForgottenConnection() {
    ConnectedPair pair = ConnectedPair.withShortHello();
    List<byte[]> sent = record(pair);
    pair.settle();
    pair.client.close(0, "", pair.now);
    pair.runUntil(pair.now + 10 * ConnectedPair.SECOND);
    assertTrue(pair.server().isTerminated());
    pair.clientEndpoint.forget(pair.client);
    pair.serverEndpoint.forget(pair.server());
    assertEquals(0, pair.clientEndpoint.connectionIdCount());
    assertEquals(0, pair.serverEndpoint.connectionIdCount());
    for (byte[] late : sent.subList(1, sent.size())) {
      pair.serverEndpoint.receive(ConnectedPair.CLIENT_ADDRESS, late, 0, late.length, pair.now);
    }
    assertEquals(0, pair.serverEndpoint.connectionCount());
    assertFalse(pair.server().transmit(new SendBatch(), pair.now));
    assertEquals(Long.MAX_VALUE, pair.server().deadlineNanos());
  }

  @Test
  void aConnectionForgottenInTheMiddleOfItsLifeIsSilent() {
    ConnectedPair pair = new ConnectedPair().settle();
    pair.serverEndpoint.forget(pair.server());
    assertEquals(0, pair.serverEndpoint.connectionIdCount());
    assertFalse(pair.server().transmit(new SendBatch(), pair.now));
  }

  @Test
  void aRepeatedFirstDatagramEndsByItself() {
    // It is as good as a new client's, but nobody will go on with it.
    ConnectedPair pair = new ConnectedPair();
    List<byte[]> sent = record(pair);
    pair.settle();
    pair.serverEndpoint.forget(pair.server());
    byte[] first = sent.getFirst().clone();
    QuicConnection again =
        pair.serverEndpoint.receive(ConnectedPair.CLIENT_ADDRESS, first, 0, first.length, pair.now);
    assertNotNull(again);
    long until = pair.now + 60 * ConnectedPair.SECOND;
    SendBatch batch = new SendBatch();
    for (long now = pair.now; now < until && !again.isTerminated(); ) {
      while (again.transmit(batch, now)) {
        pair.clientEndpoint.receive(
            ConnectedPair.SERVER_ADDRESS, batch.buffer(), 0, batch.length(), now);
      }
      assertTrue(again.deadlineNanos() > now, "spins");
      now = again.deadlineNanos();
      again.onTimeout(now);
    }
    assertTrue(again.isTerminated());
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    pair.serverEndpoint.forget(again);
    assertEquals(0, pair.serverEndpoint.connectionIdCount());
  }

  @Test
  void firstDatagramsToOneIdFromOtherAddressesMakeNoConnection() {
    ConnectedPair pair = new ConnectedPair();
    List<byte[]> sent = record(pair);
    pair.deliverToServer();
    for (byte[] datagram : sent) {
      byte[] copy = datagram.clone();
      assertNull(pair.serverEndpoint.receive(STRANGER, copy, 0, copy.length, pair.now));
    }
    assertEquals(1, pair.serverEndpoint.connectionCount());
    pair.settle();
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
  }

  @Test
  void aPacketForAnotherConnectionIdBehindOursIsIgnored() {
    // RFC 9000 §12.2
    ConnectedPair pair = new ConnectedPair();
    pair.deliverToServer();
    pair.deliverToClient(); // which has Handshake keys now
    pair.toServer = d -> false;
    ConnectedPair other = new ConnectedPair();
    other.deliverToServer();
    other.deliverToClient();
    byte[] ours = ConnectedPair.forge(pair.client, PacketType.HANDSHAKE, FrameWriter::ping);
    byte[] foreign = ConnectedPair.forge(other.client, PacketType.HANDSHAKE, FrameWriter::ping);
    byte[] datagram = Arrays.copyOf(ours, ours.length + foreign.length);
    System.arraycopy(foreign, 0, datagram, ours.length, foreign.length);
    long before = pair.server().statistics().packetsReceived();
    QuicConnection receiver =
        pair.serverEndpoint.receive(
            ConnectedPair.CLIENT_ADDRESS, datagram, 0, datagram.length, pair.now);
    assertSame(pair.server(), receiver);
    assertEquals(before + 1, pair.server().statistics().packetsReceived());
    assertTrue(pair.server().isOpen());
  }

  @Test
  void aConnectionThatCannotBeginLeavesNothing() {
    ConnectedPair pair = new ConnectedPair();
    int before = pair.clientEndpoint.connectionIdCount();
    assertThrows(
        IllegalArgumentException.class,
        () ->
            pair.clientEndpoint.connect(
                ConnectedPair.clientTls("test"),
                "not a name",
                ConnectedPair.SERVER_ADDRESS,
                pair.now));
    assertEquals(before, pair.clientEndpoint.connectionIdCount());
  }

  @Test
  void aForgedPacketInFrontDoesNotMisleadAboutTheClientsId() {
    // RFC 9000 §7.2: only an authentic packet tells what its sender calls itself.
    ConnectedPair pair = new ConnectedPair();
    SendBatch batch = new SendBatch();
    assertTrue(pair.client.transmit(batch, pair.now));
    byte[] real = Arrays.copyOf(batch.buffer(), batch.length());
    byte[] forged = ConnectedPair.forge(pair.client, PacketType.INITIAL, FrameWriter::ping);
    forged[6 + 8 + 1] ^= 1; // in the source connection ID
    byte[] datagram = Arrays.copyOf(forged, forged.length + real.length);
    System.arraycopy(real, 0, datagram, forged.length, real.length);
    pair.sendToServer(datagram);
    pair.settle();
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
  }

  private static List<byte[]> record(ConnectedPair pair) {
    List<byte[]> sent = new ArrayList<>();
    pair.toServer =
        d -> {
          sent.add(d.clone());
          return true;
        };
    return sent;
  }
}
