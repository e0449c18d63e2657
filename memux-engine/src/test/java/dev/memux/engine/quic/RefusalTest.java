package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.wire.TransportError;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** An endpoint that accepts no connections any more (RFC 9000 §5.2.2). */
class RefusalTest {
  private final SendBatch batch = new SendBatch();

  @Test
  void aClientIsToldThatItIsRefused() {
    ConnectedPair pair = new ConnectedPair();
    pair.serverEndpoint.stopAccepting();
    pair.deliverToServer();
    assertFalse(pair.hasServer());
    assertTrue(pair.serverEndpoint.transmitStateless(batch));
    assertEquals(ConnectedPair.CLIENT_ADDRESS, batch.remote());
    assertTrue(3 * batch.length() < QuicConfig.MIN_DATAGRAM_BYTES, "amplifies");
    byte[] answer = Arrays.copyOf(batch.buffer(), batch.length());
    pair.clientEndpoint.receive(ConnectedPair.SERVER_ADDRESS, answer, 0, answer.length, pair.now);
    pair.settle();
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertEquals(
        new CloseReason(CloseReason.Origin.PEER, false, TransportError.CONNECTION_REFUSED, 0, ""),
        reason);
    assertEquals(0, pair.serverEndpoint.connectionCount());
  }

  @Test
  void connectionsThatHaveBegunGoOn() {
    ConnectedPair pair = new ConnectedPair();
    pair.deliverToServer();
    pair.serverEndpoint.stopAccepting();
    pair.settle();
    assertFalse(pair.serverEndpoint.transmitStateless(batch));
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
  }

  @Test
  void refusalsThatWaitAreBounded() {
    int answers = 0;
    ConnectedPair server = new ConnectedPair();
    server.serverEndpoint.stopAccepting();
    for (int i = 0; i <= StatelessAnswers.MAX_PENDING; i++) {
      ConnectedPair client = new ConnectedPair();
      assertTrue(client.client.transmit(batch, client.now));
      byte[] first = Arrays.copyOf(batch.buffer(), batch.segmentBytes());
      assertNull(
          server.serverEndpoint.receive(
              ConnectedPair.CLIENT_ADDRESS, first, 0, first.length, server.now));
    }
    while (server.serverEndpoint.transmitStateless(batch)) {
      answers++;
    }
    assertEquals(StatelessAnswers.MAX_PENDING, answers);
  }

  @Test
  void aDatagramTooSmallToBeginWithIsWorthNoAnswer() {
    // RFC 9000 §14.1
    ConnectedPair pair = new ConnectedPair();
    pair.serverEndpoint.stopAccepting();
    assertTrue(pair.client.transmit(batch, pair.now));
    pair.serverEndpoint.receive(
        ConnectedPair.CLIENT_ADDRESS,
        batch.buffer(),
        0,
        QuicConfig.MIN_DATAGRAM_BYTES - 1,
        pair.now);
    assertFalse(pair.serverEndpoint.transmitStateless(batch));
  }
}
