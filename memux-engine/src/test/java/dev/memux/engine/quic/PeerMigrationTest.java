package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.FrameWriter;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A server follows a client whose address changes (RFC 9000 §9). */
class PeerMigrationTest {
  private static final InetSocketAddress OLD = ConnectedPair.CLIENT_ADDRESS;
  private static final InetSocketAddress OTHER_PORT = address("127.0.0.1", 3333);
  private static final InetSocketAddress OTHER_HOST = address("127.0.0.9", 1111);

  private final ConnectedPair pair = new ConnectedPair();

  /** What the server sent to where the client is not, in the order in which it left. */
  private final List<byte[]> stray = new ArrayList<>();

  private static InetSocketAddress address(String host, int port) {
    return new InetSocketAddress(host, port);
  }

  private void connect() {
    pair.settle();
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    pair.elsewhere = (remote, datagram) -> stray.add(datagram);
  }

  private QuicConnection server() {
    return pair.server();
  }

  /** The client sends something from wherever it is. */
  private void clientPings() {
    pair.client.outgoing().addPing();
    pair.settle();
  }

  private void serverWrites(int bytes) {
    MuxStream stream = server().mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    assertEquals(bytes, stream.write(ByteBuffer.allocate(bytes)));
    stream.finish();
  }

  private void spoof(InetSocketAddress from, byte[] datagram) {
    byte[] copy = datagram.clone();
    pair.serverEndpoint.receive(from, copy, 0, copy.length, pair.now);
  }

  private byte[] forgePing() {
    return pair.forgeSent(pair.client, PacketType.ONE_RTT, FrameWriter::ping);
  }

  private List<InetSocketAddress> migrations() {
    return pair.serverEvents.stream()
        .filter(ConnectionEvent.PeerMigrated.class::isInstance)
        .map(event -> ((ConnectionEvent.PeerMigrated) event).remote())
        .toList();
  }

  private void assertAlive() {
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    assertNull(ConnectedPair.closeReason(pair.serverEvents));
  }

  @Test
  void theServerFollowsAClientBehindANewPort() {
    connect();
    pair.clientAddress = OTHER_PORT;
    clientPings();
    assertEquals(OTHER_PORT, server().remote());
    assertTrue(server().paths().active().isValidated());
    assertEquals(List.of(OTHER_PORT), migrations());
    serverWrites(10_000);
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    assertNotNull(pair.client.mux().pollStream());
    assertAlive();
  }

  @Test
  void theFirstDatagramToANewAddressIsAChallengeOfFullSize() {
    // RFC 9000 §8.2.1, when what came allows it.
    connect();
    List<Integer> sizes = new ArrayList<>();
    pair.toClient =
        d -> {
          sizes.add(d.length);
          return true;
        };
    pair.clientAddress = OTHER_PORT;
    byte[] large =
        pair.forgeSent(
            pair.client,
            PacketType.ONE_RTT,
            w -> {
              w.padTo(w.position() + 1000);
              w.ping();
            });
    spoof(OTHER_PORT, large);
    pair.deliverToClient();
    assertEquals(QuicConfig.MIN_DATAGRAM_BYTES, sizes.getFirst());
  }

  @Test
  void aSmallPacketIsAnsweredByASmallChallengeAndThenByAFullOne() {
    // RFC 9000 §8.2.1: the size has to be shown as soon as the address is.
    connect();
    List<Integer> sizes = new ArrayList<>();
    pair.toClient =
        d -> {
          sizes.add(d.length);
          return true;
        };
    pair.clientAddress = OTHER_PORT;
    byte[] ping = forgePing();
    spoof(OTHER_PORT, ping);
    pair.deliverToClient();
    assertTrue(sizes.getFirst() <= 3 * ping.length, sizes.toString());
    assertFalse(server().paths().active().isValidated());
    pair.deliverToServer();
    assertFalse(server().paths().active().isValidated(), "nothing is known of larger datagrams");
    sizes.clear();
    pair.deliverToClient();
    assertEquals(QuicConfig.MIN_DATAGRAM_BYTES, sizes.getFirst());
    pair.deliverToServer();
    assertTrue(server().paths().active().isValidated());
  }

  @Test
  void acknowledgementsLeaveRoomForTheChallenge() {
    // They could fill any datagram, and the path would never be validated.
    connect();
    for (int i = 0; i < 100; i++) {
      pair.client.space(PacketType.ONE_RTT).nextPacketNumber++;
      spoof(OLD, ConnectedPair.forge(pair.client, PacketType.ONE_RTT, FrameWriter::ping));
    }
    byte[] ping = ConnectedPair.forge(pair.client, PacketType.ONE_RTT, FrameWriter::ping);
    spoof(OTHER_PORT, ping);
    pair.clientAddress = OTHER_PORT;
    pair.toClient = d -> false;
    pair.deliverToClient();
    assertTrue(server().paths().active().validation().dueNanos() > pair.now, "nothing was asked");
  }

  @Test
  void anotherPortKeepsWhatIsKnownOfThePath() {
    // RFC 9000 §9.4
    connect();
    long windowBytes = server().recovery().windowBytes();
    pair.now += 20 * ConnectedPair.MILLI;
    pair.clientAddress = OTHER_PORT;
    clientPings();
    assertTrue(server().recovery().rtt().hasSample());
    assertTrue(server().recovery().windowBytes() >= windowBytes);
  }

  @Test
  void anotherHostIsAnotherPath() {
    // RFC 9000 §9.4
    connect();
    serverWrites(60_000);
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    long grown = server().recovery().windowBytes();
    pair.clientAddress = OTHER_HOST;
    spoof(OTHER_HOST, forgePing());
    pair.deliverToClient();
    pair.deliverToServer();
    pair.deliverToClient();
    assertEquals(grown, server().recovery().windowBytes());
    pair.deliverToServer();
    assertEquals(List.of(), migrations());
    pair.settle();
    assertEquals(List.of(OTHER_HOST), migrations());
    long fresh =
        CongestionControl.CUBIC
            .newController(QuicConfig.MIN_DATAGRAM_BYTES, new Random(1))
            .windowBytes();
    assertTrue(grown > fresh);
    assertEquals(fresh, server().recovery().windowBytes());
    assertAlive();
  }

  @Test
  void anAddressThatDoesNotAnswerGetsThreeTimesWhatCameFromIt() {
    // RFC 9000 §8.1, §9.3.1: somebody may have put a victim's address on it.
    connect();
    serverWrites(60_000);
    pair.toClient = d -> false;
    pair.toServer = d -> false;
    byte[] ping = forgePing();
    long[] toVictim = {0};
    pair.elsewhere = (remote, datagram) -> toVictim[0] += datagram.length;
    spoof(OTHER_HOST, ping);
    pair.runUntil(pair.now + 2 * ConnectedPair.SECOND);
    assertEquals(OTHER_HOST, server().remote());
    assertTrue(toVictim[0] > 0);
    assertTrue(toVictim[0] <= 3L * ping.length, toVictim[0] + " bytes");
  }

  @Test
  void whereNobodyAnswersTheServerGoesBack() {
    // RFC 9000 §9.3.2
    connect();
    serverWrites(60_000);
    pair.toServer = d -> false; // the true client is not heard for a while
    spoof(OTHER_HOST, forgePing());
    pair.runUntil(pair.now + 4 * ConnectedPair.SECOND);
    assertEquals(OLD, server().remote());
    assertEquals(List.of(), migrations());
    pair.toServer = d -> true;
    pair.runUntil(pair.now + 4 * ConnectedPair.SECOND);
    assertNotNull(pair.client.mux().pollStream());
    assertEquals(1, server().paths().size());
    assertAlive();
  }

  @Test
  void theTruePeersNextPacketEndsAnAttackersTry() {
    // RFC 9000 §9.3.2, §9.3.3
    connect();
    spoof(OTHER_HOST, forgePing());
    assertEquals(OTHER_HOST, server().remote());
    clientPings();
    assertEquals(OLD, server().remote());
    assertEquals(1, server().paths().size());
    assertEquals(List.of(), migrations());
    assertAlive();
  }

  @Test
  void theOldAddressIsAskedToo() {
    // RFC 9000 §9.3.3: which brings a packet of the true peer's, and ends what a forwarder began.
    connect();
    spoof(OTHER_HOST, forgePing());
    pair.settle();
    assertEquals(OLD, server().remote());
    assertFalse(stray.isEmpty());
    assertAlive();
  }

  @Test
  void aPacketThatWasOvertakenDoesNotLeadBack() {
    // RFC 9000 §9.3
    connect();
    byte[] late = forgePing();
    pair.clientAddress = OTHER_PORT;
    clientPings();
    spoof(OLD, late);
    assertEquals(OTHER_PORT, server().remote());
  }

  @Test
  void aProbingPacketIsAnsweredWhereItCameFromAndMovesNothing() {
    // RFC 9000 §9.1, §8.2.2
    connect();
    byte[] probe =
        pair.forgeSent(
            pair.client,
            PacketType.ONE_RTT,
            w -> {
              w.pathChallenge(42);
              w.padTo(w.position() + 1100);
            });
    spoof(OTHER_PORT, probe);
    pair.settle();
    assertEquals(OLD, server().remote());
    assertEquals(1, stray.size());
    assertEquals(QuicConfig.MIN_DATAGRAM_BYTES, stray.getFirst().length);
    pair.runUntil(pair.now + 4 * ConnectedPair.SECOND);
    assertEquals(1, server().paths().size(), "nobody was there");
  }

  @Test
  void pathsAreFewWhateverThePeerDoes() {
    connect();
    for (int port = 5000; port < 5100; port++) {
      spoof(
          address("127.0.0.1", port),
          pair.forgeSent(
              pair.client,
              PacketType.ONE_RTT,
              w -> {
                w.pathChallenge(1);
                w.padTo(w.position() + 1100);
              }));
      assertTrue(server().paths().size() <= Paths.MAX_PATHS);
    }
    assertEquals(Paths.MAX_PATHS, server().paths().size());
    assertEquals(OLD, server().remote());
    assertAlive();
  }

  @Test
  void aPeerThatMovesWithEveryPacketIsFollowed() {
    connect();
    for (int port = 5000; port < 5100; port++) {
      pair.clientAddress = address("127.0.0.1", port);
      clientPings();
      assertEquals(pair.clientAddress, server().remote());
      assertTrue(server().paths().size() <= Paths.MAX_PATHS);
      pair.runUntil(pair.now + 10 * ConnectedPair.MILLI);
    }
    assertAlive();
    assertEquals(100, migrations().size());
  }

  @Test
  void aNewPathHasIdsOfItsOwn() {
    // RFC 9000 §9.5
    connect();
    PeerConnectionId before = server().paths().active().peerId();
    pair.clientAddress = OTHER_PORT;
    clientPings();
    pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
    PeerConnectionId after = server().paths().active().peerId();
    assertNotEquals(before.id(), after.id());
    assertFalse(server().peerIds().isInUse(before), "the ID of the path that was left is retired");
    assertEquals(LocalConnectionIds.MAX_ACTIVE, pair.clientEndpoint.connectionIdCount());
    assertAlive();
  }

  @Test
  void withoutUnusedIdsTheSameOneGoesOn() {
    // RFC 9000 §9.5: where the peer's ID has not changed either.
    connect();
    while (server().peerIds().takeUnused() != null) {}
    PeerConnectionId before = server().paths().active().peerId();
    pair.clientAddress = OTHER_PORT;
    clientPings();
    assertEquals(OTHER_PORT, server().remote());
    assertEquals(before, server().paths().active().peerId());
    assertTrue(server().paths().active().isValidated());
    assertAlive();
  }

  @Test
  void whoMovesOnPurposeIsNotSentTheOldId() {
    // RFC 9000 §9.5: an observer would see that the paths belong together; §9.3: so nothing is sent
    // until the peer gives another one.
    connect();
    while (server().peerIds().takeUnused() != null) {}
    pair.client.outgoing().addPing();
    pair.client.paths().rotatePeerId(1);
    pair.clientAddress = OTHER_PORT;
    long before = server().statistics().datagramsSent();
    pair.deliverToServer();
    assertEquals(OTHER_PORT, server().remote());
    assertFalse(server().paths().active().hasPeerId());
    pair.elsewhere = (remote, datagram) -> {};
    while (pair.deliverToClient()) {}
    assertTrue(server().statistics().datagramsSent() - before <= 1, "only the old path is asked");
    pair.client.replaceConnectionIds();
    pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
    assertTrue(server().paths().active().hasPeerId());
    assertEquals(List.of(OTHER_PORT), migrations());
    assertAlive();
  }

  @Test
  void idsThatThePeerReplacesAreReplacedOnEveryPath() {
    connect();
    pair.clientAddress = OTHER_PORT;
    clientPings();
    PeerConnectionId before = server().paths().active().peerId();
    pair.client.replaceConnectionIds();
    pair.settle();
    assertNotEquals(before, server().paths().active().peerId());
    clientPings();
    assertAlive();
  }

  @Test
  void anIdIsReplacedAfterSoManyPackets() {
    QuicConfig rotating = QuicConfig.DEFAULT.withPacketsPerConnectionId(10);
    ConnectedPair rotatingPair = new ConnectedPair(rotating, QuicConfig.DEFAULT).settle();
    Set<PeerConnectionId> used = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      rotatingPair.client.outgoing().addPing();
      rotatingPair.runUntil(rotatingPair.now + 100 * ConnectedPair.MILLI);
      used.add(rotatingPair.client.paths().active().peerId());
    }
    assertTrue(used.size() >= 9, used.size() + " IDs");
    assertNull(ConnectedPair.closeReason(rotatingPair.serverEvents));
    assertEquals(
        LocalConnectionIds.MAX_ACTIVE + 1, rotatingPair.serverEndpoint.connectionIdCount());
  }

  @Test
  void withoutAPolicyTheIdStays() {
    connect();
    PeerConnectionId before = pair.client.paths().active().peerId();
    for (int i = 0; i < 100; i++) {
      clientPings();
    }
    assertEquals(before, pair.client.paths().active().peerId());
  }

  @Test
  void anAddressCannotChangeDuringTheHandshake() {
    // RFC 9000 §9
    pair.deliverToServer();
    long received = server().statistics().datagramsReceived();
    pair.deliverToClient();
    pair.clientAddress = OTHER_PORT;
    pair.deliverToServer();
    assertEquals(received, server().statistics().datagramsReceived());
    assertEquals(OLD, server().remote());
  }

  @Test
  void aClientIgnoresOtherAddressesThanTheServers() {
    // RFC 9000 §9
    connect();
    long received = pair.client.statistics().datagramsReceived();
    byte[] ping = ConnectedPair.forge(server(), PacketType.ONE_RTT, FrameWriter::ping);
    assertNull(pair.clientEndpoint.receive(OTHER_PORT, ping, 0, ping.length, pair.now));
    assertEquals(received, pair.client.statistics().datagramsReceived());
  }

  @Test
  void aConnectionThatHasEndedAnswersNoNewAddress() {
    connect();
    server().close(1, "", pair.now);
    byte[] ping = ConnectedPair.forge(pair.client, PacketType.ONE_RTT, FrameWriter::ping);
    assertNull(pair.serverEndpoint.receive(OTHER_PORT, ping, 0, ping.length, pair.now));
  }

  @Test
  void aLateAnswerToAChallengeThatIsOverChangesNothing() {
    connect();
    pair.clientAddress = OTHER_PORT;
    clientPings();
    pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
    pair.forgeToServer(w -> w.pathResponse(123));
    assertAlive();
  }

  @Test
  void aClientThatOnlyReceivesFindsOutThatItWasForgotten() {
    // RFC 9000 §13.2.4: nothing comes that it could acknowledge, but it misses an answer.
    connect();
    int[] arrived = {0};
    pair.toClient =
        d -> {
          if (++arrived[0] == 100) {
            pair.clientAddress = OTHER_PORT;
          }
          return true;
        };
    for (int i = 0; i < 6; i++) {
      serverWrites(60_000);
    }
    pair.settle();
    assertEquals(OLD, server().remote());
    pair.runUntil(pair.now + 100 * ConnectedPair.MILLI);
    assertEquals(List.of(OTHER_PORT), migrations());
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    assertFalse(server().mux().hasPending());
    assertEquals(0, server().recovery().bytesInFlight());
    assertEquals(0, server().recovery().congestionEvents());
    assertAlive();
  }
}
