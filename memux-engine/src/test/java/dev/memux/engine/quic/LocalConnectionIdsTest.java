package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.packet.ConnectionIdGenerator;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.TransportError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The IDs that we issue, and that the peer uses and retires (RFC 9000 §5.1). */
class LocalConnectionIdsTest {
  /** To IDs that the client's 1-RTT packets have gone to. */
  private final Set<String> destinations = new HashSet<>();

  private final PacketHeader header = new PacketHeader();

  private ConnectedPair watch(ConnectedPair pair) {
    pair.toServer =
        d -> {
          header.parse(d, 0, d.length, ConnectionIdGenerator.CONNECTION_ID_BYTES);
          if (header.type() == PacketType.ONE_RTT) {
            destinations.add(HexFormat.of().formatHex(d, header.dcidFrom(), header.payloadFrom()));
          }
          return true;
        };
    return pair;
  }

  @Test
  void thePeerGetsAsManyAsItTakesAndNotMoreThanOurOwnLimit() {
    // RFC 9000 §5.1.1: ours announces 4 and takes no more, or the connection would have ended.
    ConnectedPair pair = new ConnectedPair().settle();
    assertEquals(PeerConnectionIds.ACTIVE_LIMIT, LocalConnectionIds.MAX_ACTIVE);
    // At both ends: the active ones, and at the server what the first packet went to.
    assertEquals(LocalConnectionIds.MAX_ACTIVE, pair.clientEndpoint.connectionIdCount());
    assertEquals(LocalConnectionIds.MAX_ACTIVE + 1, pair.serverEndpoint.connectionIdCount());
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    assertNull(ConnectedPair.closeReason(pair.serverEvents));
  }

  @Test
  void anIdThatWasIssuedButNotSentCannotBeRetired() {
    // RFC 9000 §19.16: the server has IDs for the client, and no packet has brought them yet.
    ConnectedPair pair = new ConnectedPair();
    while (!pair.hasServer() || !pair.server().isHandshakeComplete()) {
      pair.deliverToServer();
      if (!pair.server().isHandshakeComplete()) {
        pair.deliverToClient();
      }
    }
    assertTrue(pair.server().localIds().hasPending());
    pair.forgeToServer(writer -> writer.retireConnectionId(1));
    CloseReason reason = ConnectedPair.closeReason(pair.serverEvents);
    assertNotNull(reason);
    assertEquals(TransportError.PROTOCOL_VIOLATION, reason.code(), reason.toString());
  }

  @Test
  void aRetiredIdIsReplaced() {
    // RFC 9000 §5.1.1
    ConnectedPair pair = new ConnectedPair().settle();
    pair.forgeToServer(writer -> writer.retireConnectionId(1));
    pair.forgeToServer(writer -> writer.retireConnectionId(1)); // a repetition changes nothing
    assertTrue(pair.server().localIds().hasPending());
    assertEquals(LocalConnectionIds.MAX_ACTIVE + 1, pair.serverEndpoint.connectionIdCount());
  }

  @Test
  void replacedIdsAreRetiredByThePeer() {
    // RFC 9000 §5.1.2
    ConnectedPair pair = watch(new ConnectedPair()).settle();
    Set<String> before = Set.copyOf(destinations);
    destinations.clear();
    pair.server().replaceConnectionIds();
    pair.settle();
    ping(pair);
    destinations.removeAll(before);
    assertEquals(1, destinations.size());
    assertEquals(LocalConnectionIds.MAX_ACTIVE + 1, pair.serverEndpoint.connectionIdCount());
    assertAlive(pair);
  }

  @Test
  void aSecondReplacementWaitsForTheFirst() {
    // RFC 9000 §5.1.2
    ConnectedPair pair = watch(new ConnectedPair()).settle();
    List<byte[]> lost = new ArrayList<>();
    pair.toClient = lost::add;
    pair.server().replaceConnectionIds();
    int ids = pair.serverEndpoint.connectionIdCount();
    for (int i = 0; i < 10; i++) {
      pair.server().replaceConnectionIds();
    }
    assertEquals(ids, pair.serverEndpoint.connectionIdCount());
    pair.settle();
    assertEquals(LocalConnectionIds.MAX_ACTIVE + 1, pair.serverEndpoint.connectionIdCount());
    assertAlive(pair);
  }

  @Test
  void idsAreReplacedInTheMiddleOfAHandshakeToo() {
    ConnectedPair pair = new ConnectedPair();
    pair.client.replaceConnectionIds();
    pair.settle();
    assertAlive(pair);
    assertEquals(LocalConnectionIds.MAX_ACTIVE, pair.clientEndpoint.connectionIdCount());
  }

  @Test
  void anotherRoutingKeyBringsOtherIds() {
    ConnectedPair pair = watch(new ConnectedPair()).settle();
    byte[] key = new byte[QuicEndpoint.ROUTING_KEY_BYTES];
    key[0] = 1;
    List<byte[]> late = new ArrayList<>();
    pair.toServer =
        d -> {
          late.add(d.clone());
          return true;
        };
    ping(pair);
    byte[] old = late.getFirst();
    pair.serverEndpoint.replaceRoutingKey(key);
    assertEquals(0, pair.serverEndpoint.owner(old, 0, old.length), "the key before still counts");
    pair.settle();
    watch(pair);
    destinations.clear();
    ping(pair);
    assertEquals(1, destinations.size());
    assertAlive(pair);
    pair.serverEndpoint.replaceRoutingKey(
        new byte[] {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2});
    pair.settle();
    assertAlive(pair);
  }

  private static void ping(ConnectedPair pair) {
    pair.client.outgoing().addPing();
    pair.runUntil(pair.now + 100 * ConnectedPair.MILLI);
  }

  private static void assertAlive(ConnectedPair pair) {
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    assertNull(ConnectedPair.closeReason(pair.serverEvents));
    assertFalse(pair.client.isTerminated());
    assertTrue(pair.client.isHandshakeComplete());
  }
}
