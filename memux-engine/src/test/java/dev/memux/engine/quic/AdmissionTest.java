package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who gets a handshake when many want one (RFC 9000 §8.1.2, §21.3). */
class AdmissionTest {
  private static final int LIMIT = 4;

  private final SendBatch batch = new SendBatch();

  private static ConnectedPair pair(QuicConfig server) {
    return new ConnectedPair(
        QuicConfig.DEFAULT, server, ConnectedPair.shortHelloTls(), ConnectedPair.serverTls("test"));
  }

  private static ConnectedPair pairWithRetryFrom(int handshakes) {
    return pair(
        QuicConfig.DEFAULT.withAddressValidation(
            new AddressValidationPolicy(handshakes, 2 * ConnectedPair.SECOND)));
  }

  @Test
  void aRetryIsDemandedOnlyWhileManyHaveProvedNothing() {
    ConnectedPair pair = pairWithRetryFrom(LIMIT);
    List<QuicConnection> silent = new ArrayList<>();
    for (int i = 0; i < LIMIT; i++) {
      QuicConnection accepted = firstDatagram(pair);
      assertNotNull(accepted);
      silent.add(accepted);
    }
    assertNull(firstDatagram(pair));
    assertEquals(LIMIT, pair.serverEndpoint.connectionCount());
    assertTrue(pair.serverEndpoint.transmitStateless(batch));
    assertEquals((byte) 0xf0, batch.buffer()[0]); // Retry
    pair.serverEndpoint.forget(silent.getFirst());
    assertNotNull(firstDatagram(pair));
  }

  @Test
  void whoHasProvedItsAddressCountsNoMore() {
    // Handshake packets prove it (RFC 9000 §8.1), so honest clients never add up to a load.
    ConnectedPair pair = pairWithRetryFrom(1);
    pair.settle();
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    assertNotNull(firstDatagram(pair));
  }

  @Test
  void whoBeginsWhileManyHaveProvedNothingMustBeQuick() {
    ConnectedPair pair = pairWithRetryFrom(LIMIT);
    QuicConnection patient = firstDatagram(pair);
    firstDatagram(pair);
    QuicConnection hurried = firstDatagram(pair);
    assertNotNull(patient);
    assertNotNull(hurried);
    pair.now += 2 * ConnectedPair.SECOND;
    patient.onTimeout(pair.now);
    hurried.onTimeout(pair.now);
    assertTrue(patient.isOpen());
    assertTrue(hurried.isTerminated());
    pair.now += QuicConfig.DEFAULT.handshakeTimeoutNanos();
    patient.onTimeout(pair.now);
    assertTrue(patient.isTerminated());
  }

  @Test
  void whoProvesItsAddressInTimeHasAllTheTime() {
    ConnectedPair pair = pairWithRetryFrom(1); // so everyone is in a hurry
    pair.deliverToServer();
    pair.deliverToClient();
    pair.toServer = d -> false; // what proves it is forged here, and the handshake goes no further
    pair.server().onAuthenticated(pair.server().spaces()[1], pair.now);
    pair.now += 3 * ConnectedPair.SECOND;
    pair.server().onTimeout(pair.now);
    assertTrue(pair.server().isOpen());
  }

  @Test
  void theOldestGivesWayWhenAllSlotsAreTaken() {
    ConnectedPair pair =
        pair(
            QuicConfig.DEFAULT
                .withMaxHandshakes(LIMIT)
                .withAddressValidation(AddressValidationPolicy.NEVER));
    List<QuicConnection> accepted = new ArrayList<>();
    for (int i = 0; i < 3 * LIMIT; i++) {
      accepted.add(firstDatagram(pair));
    }
    for (int i = 0; i < 2 * LIMIT; i++) {
      QuicConnection gone = pair.serverEndpoint.pollDisplaced();
      assertSame(accepted.get(i), gone);
      assertNotNull(gone);
      assertTrue(gone.isTerminated());
      CloseReason reason = closeReason(gone);
      assertNotNull(reason);
      assertEquals(CloseReason.Origin.HANDSHAKE_TIMEOUT, reason.origin());
      pair.serverEndpoint.forget(gone);
    }
    assertNull(pair.serverEndpoint.pollDisplaced());
    assertEquals(LIMIT, pair.serverEndpoint.connectionCount());
    pair.settle(); // a newcomer, and it gets through
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
  }

  @Test
  void whoHasProvedItsAddressGivesWayLast() {
    ConnectedPair pair =
        pair(
            QuicConfig.DEFAULT
                .withMaxHandshakes(2)
                .withAddressValidation(AddressValidationPolicy.NEVER));
    pair.deliverToServer();
    pair.deliverToClient();
    QuicConnection proved = pair.server();
    HandshakeSlots slots = new HandshakeSlots(2);
    QuicConnection unproved = firstDatagram(pair);
    assertNotNull(unproved);
    slots.add(proved);
    slots.add(unproved);
    proved.onAuthenticated(proved.spaces()[1], pair.now);
    slots.update(proved, HandshakeSlots.Stage.UNVALIDATED);
    assertTrue(slots.isFull());
    assertEquals(1, slots.unvalidatedCount());
    assertSame(unproved, slots.pollOldest());
    assertSame(proved, slots.pollOldest());
    assertNull(slots.pollOldest());
  }

  @Test
  void aForgedFirstPacketDisplacesNobody() {
    ConnectedPair pair =
        pair(
            QuicConfig.DEFAULT
                .withMaxHandshakes(1)
                .withAddressValidation(AddressValidationPolicy.NEVER));
    assertNotNull(firstDatagram(pair));
    assertTrue(pair.client.transmit(batch, pair.now));
    byte[] forged = Arrays.copyOf(batch.buffer(), batch.segmentBytes());
    forged[forged.length - 1] ^= 1;
    pair.sendToServer(forged);
    assertNull(pair.serverEndpoint.pollDisplaced());
    assertEquals(1, pair.serverEndpoint.connectionCount());
  }

  @Test
  void policiesHaveSensibleValues() {
    assertThrows(IllegalArgumentException.class, () -> new AddressValidationPolicy(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> new AddressValidationPolicy(1, 0));
  }

  /** What the server makes of the first datagram of a new client that will say no more. */
  private @Nullable QuicConnection firstDatagram(ConnectedPair pair) {
    QuicConnection client =
        pair.clientEndpoint.connect(
            ConnectedPair.shortHelloTls(), "localhost", ConnectedPair.SERVER_ADDRESS, pair.now);
    assertTrue(client.transmit(batch, pair.now));
    return pair.serverEndpoint.receive(
        ConnectedPair.CLIENT_ADDRESS, batch.buffer(), 0, batch.segmentBytes(), pair.now);
  }

  private static @Nullable CloseReason closeReason(QuicConnection connection) {
    List<ConnectionEvent> events = new ArrayList<>();
    for (ConnectionEvent e = connection.pollEvent(); e != null; e = connection.pollEvent()) {
      events.add(e);
    }
    return ConnectedPair.closeReason(events);
  }
}
