package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.FrameWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A client moves of its own will (RFC 9000 §9.2). */
class ActiveMigrationTest {
  private static final InetSocketAddress OLD = ConnectedPair.CLIENT_ADDRESS;
  private static final InetSocketAddress OTHER_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 4444);
  private static final InetSocketAddress OTHER_HOST = new InetSocketAddress("127.0.0.2", 1111);

  private ConnectedPair pair = new ConnectedPair();

  private void connect() {
    pair.settle();
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    pair.otherClientAddresses.put(1, OTHER_PORT);
    pair.otherClientAddresses.put(2, OTHER_HOST);
  }

  private void connect(QuicConfig server) {
    pair = new ConnectedPair(QuicConfig.DEFAULT, server);
    connect();
  }

  private MigrationStart migrate(int socket) {
    return pair.client.migration().migrate(socket, socket == 2, pair.now);
  }

  private void write(QuicConnection from, int bytes) {
    MuxStream stream = from.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    assertEquals(bytes, stream.write(ByteBuffer.allocate(bytes)));
    stream.finish();
  }

  private List<InetSocketAddress> migrationsSeen() {
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
  void aClientMovesToAnotherSocket() {
    connect();
    assertEquals(MigrationStart.STARTED, migrate(1));
    pair.settle();
    assertEquals(1, pair.client.socket());
    assertEquals(OTHER_PORT, pair.server().remote());
    assertEquals(List.of(OTHER_PORT), migrationsSeen());
    assertEquals(
        List.of(new PathEvent.Validated(1, ConnectedPair.SERVER_ADDRESS, true)), pair.pathEvents);
    write(pair.server(), 10_000);
    write(pair.client, 10_000);
    pair.passes = socket -> socket == 1;
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    assertNotNull(pair.client.mux().pollStream());
    assertNotNull(pair.server().mux().pollStream());
    assertAlive();
  }

  @Test
  void nothingButProbesGoesWhereThePathIsNotKnownToWork() {
    // RFC 9000 §9.1: and each of them has full size (§8.2.1).
    connect();
    List<Integer> sizes = new ArrayList<>();
    pair.passes = socket -> socket == 0;
    migrate(1);
    write(pair.client, 50_000);
    SendBatch batch = new SendBatch();
    while (pair.client.transmit(batch, pair.now)) {
      if (batch.socket() == 1) {
        sizes.add(batch.length());
        assertEquals(1, batch.count());
      }
    }
    assertEquals(List.of(QuicConfig.MIN_DATAGRAM_BYTES), sizes);
  }

  @Test
  void theServerTriesThePathOutAtTheSameTime() {
    // RFC 9000 §9.6.3: when the client comes, it may be sent to without limit.
    connect();
    migrate(1);
    pair.deliverToServer();
    pair.deliverToClient();
    pair.deliverToServer();
    assertEquals(OTHER_PORT, pair.server().remote());
    assertTrue(pair.server().paths().active().isValidated());
  }

  @Test
  void aPathThatDoesNotWorkIsNotTaken() {
    // RFC 9000 §9.1, §8.2.4
    connect();
    pair.passes = socket -> socket == 0;
    assertEquals(MigrationStart.STARTED, migrate(1));
    write(pair.client, 10_000);
    pair.runUntil(pair.now + 2 * ConnectedPair.SECOND);
    assertEquals(List.of(), pair.pathEvents);
    assertNotNull(pair.server().mux().pollStream());
    pair.runUntil(pair.now + 2 * ConnectedPair.SECOND);
    assertEquals(0, pair.client.socket());
    assertEquals(OLD, pair.server().remote());
    InetSocketAddress server = ConnectedPair.SERVER_ADDRESS;
    assertEquals(
        List.of(new PathEvent.Failed(1, server), new PathEvent.Left(1, server)), pair.pathEvents);
    assertEquals(1, pair.client.paths().size());
    assertAlive();
  }

  @Test
  void aLostChallengeIsRepeated() {
    connect();
    boolean[] lost = {false};
    pair.passes =
        socket -> {
          boolean loses = socket == 1 && !lost[0];
          lost[0] |= loses;
          return !loses;
        };
    migrate(1);
    pair.runUntil(pair.now + 2 * ConnectedPair.SECOND);
    assertTrue(lost[0]);
    assertEquals(1, pair.client.socket());
    assertAlive();
  }

  @Test
  void aWrongAnswerShowsNothing() {
    // RFC 9000 §8.2.3: who has not seen the challenge cannot know what is in it.
    connect();
    pair.passes = socket -> socket == 0;
    migrate(1);
    pair.settle();
    byte[] answer =
        ConnectedPair.forge(pair.server(), PacketType.ONE_RTT, w -> w.pathResponse(4711));
    pair.clientEndpoint.receive(
        1, ConnectedPair.SERVER_ADDRESS, answer, 0, answer.length, 0, pair.now);
    pair.settle();
    assertEquals(0, pair.client.socket());
    assertEquals(List.of(), pair.pathEvents);
    assertAlive();
  }

  @Test
  void probingDoesNotMove() {
    // RFC 9000 §9.1
    connect();
    assertEquals(MigrationStart.STARTED, pair.client.migration().probe(1, false, pair.now));
    pair.settle();
    InetSocketAddress server = ConnectedPair.SERVER_ADDRESS;
    assertEquals(List.of(new PathEvent.Validated(1, server, false)), pair.pathEvents);
    assertEquals(0, pair.client.socket());
    assertEquals(OLD, pair.server().remote());
    pair.runUntil(pair.now + 4 * ConnectedPair.SECOND);
    assertEquals(new PathEvent.Left(1, server), pair.pathEvents.getLast());
    assertEquals(1, pair.client.paths().size());
    assertEquals(1, pair.server().paths().size());
    assertAlive();
  }

  @Test
  void aPathThatWasProbedCanBeTaken() {
    connect();
    pair.client.migration().probe(1, false, pair.now);
    pair.settle();
    ConnectionId probed = peerId(pair.client, 1);
    assertEquals(MigrationStart.STARTED, migrate(1));
    pair.settle();
    assertEquals(1, pair.client.socket());
    assertEquals(probed, pair.client.paths().active().peerId().id());
    assertAlive();
  }

  private static ConnectionId peerId(QuicConnection connection, int socket) {
    return connection.paths().all().stream()
        .filter(path -> path.socket() == socket)
        .findFirst()
        .orElseThrow()
        .peerId()
        .id();
  }

  @Test
  void eachPathHasIdsOfItsOwnInBothDirections() {
    // RFC 9000 §9.5
    connect();
    ConnectionId serverBefore = pair.client.paths().active().peerId().id();
    ConnectionId clientBefore = pair.server().paths().active().peerId().id();
    migrate(1);
    pair.settle();
    assertNotEquals(serverBefore, pair.client.paths().active().peerId().id());
    assertNotEquals(clientBefore, pair.server().paths().active().peerId().id());
  }

  @Test
  void theIdsOfAPathThatWasLeftAreRetiredAndReplaced() {
    // RFC 9000 §5.1.2
    connect();
    PeerConnectionId before = pair.client.paths().active().peerId();
    for (int i = 0; i < 10; i++) {
      assertEquals(MigrationStart.STARTED, migrate(1 + i % 2));
      pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
      assertEquals(1 + i % 2, pair.client.socket());
      assertEquals(1, pair.client.paths().size());
    }
    assertFalse(pair.client.peerIds().isInUse(before));
    assertEquals(LocalConnectionIds.MAX_ACTIVE, pair.clientEndpoint.connectionIdCount());
    assertEquals(10, migrationsSeen().size());
    assertAlive();
  }

  @Test
  void withoutAnUnusedIdNoPathIsTried() {
    // RFC 9000 §9.5
    connect();
    while (pair.client.peerIds().takeUnused() != null) {}
    assertEquals(MigrationStart.NO_CONNECTION_ID, migrate(1));
    pair.settle();
    assertEquals(0, pair.client.socket());
  }

  @Test
  void aMoveHasToWaitForTheHandshake() {
    // RFC 9000 §9: not before it is confirmed.
    assertEquals(MigrationStart.NOT_CONFIRMED, migrate(1));
    pair.deliverToServer();
    pair.deliverToClient();
    assertTrue(pair.client.isHandshakeComplete());
    assertFalse(pair.client.isHandshakeConfirmed());
    assertEquals(MigrationStart.NOT_CONFIRMED, migrate(1));
    connect();
    assertEquals(MigrationStart.STARTED, migrate(1));
  }

  @Test
  void aServerThatForbidsItIsNotLeft() {
    // RFC 9000 §18.2, disable_active_migration: not even probes.
    connect(QuicConfig.DEFAULT.withMigration(MigrationPolicy.DEFAULT.withActiveMigration(false)));
    assertEquals(MigrationStart.DISABLED_BY_SERVER, migrate(1));
    assertEquals(
        MigrationStart.DISABLED_BY_SERVER, pair.client.migration().probe(1, false, pair.now));
    pair.settle();
    assertEquals(1, pair.client.paths().size());
  }

  @Test
  void whoIsMovedByANatIsFollowedAlsoWhereItIsForbidden() {
    // RFC 9000 §9: closing would let third parties end connections.
    connect(QuicConfig.DEFAULT.withMigration(MigrationPolicy.DEFAULT.withActiveMigration(false)));
    pair.otherClientAddresses.clear();
    pair.clientAddress = OTHER_PORT;
    pair.client.outgoing().addPing();
    pair.settle();
    assertEquals(List.of(OTHER_PORT), migrationsSeen());
    assertAlive();
  }

  @Test
  void aServerDoesNotMove() {
    // RFC 9000 §9
    connect();
    assertThrows(IllegalStateException.class, () -> pair.server().migration());
  }

  @Test
  void anotherHostIsAnotherPathToBoth() {
    // RFC 9000 §9.4, and RFC 9002 §6.2.2: the answer to the challenge tells how far it is.
    connect();
    write(pair.client, 60_000);
    write(pair.server(), 60_000);
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    long grown = pair.client.recovery().windowBytes();
    long fresh =
        CongestionControl.CUBIC
            .newController(QuicConfig.MIN_DATAGRAM_BYTES, new Random(1))
            .windowBytes();
    assertTrue(grown > fresh);
    migrate(2);
    pair.deliverToServer();
    pair.now += 20 * ConnectedPair.MILLI;
    pair.deliverToClient();
    assertEquals(2, pair.client.socket());
    assertEquals(fresh, pair.client.recovery().windowBytes());
    assertFalse(pair.client.recovery().rtt().hasSample());
    assertEquals(20 * ConnectedPair.MILLI, pair.client.recovery().rtt().smoothedNanos());
    pair.settle();
    assertEquals(List.of(OTHER_HOST), migrationsSeen());
    assertEquals(fresh, pair.server().recovery().windowBytes());
    assertAlive();
  }

  @Test
  void anotherPortIsTheSamePathToBoth() {
    // RFC 9000 §9.4
    connect();
    write(pair.client, 60_000);
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    long grown = pair.client.recovery().windowBytes();
    migrate(1);
    pair.settle();
    assertTrue(pair.client.recovery().windowBytes() >= grown);
    assertTrue(pair.client.recovery().rtt().hasSample());
  }

  @Test
  void whatIsStillUnderWayToTheOldSocketArrives() {
    connect();
    migrate(1);
    pair.settle();
    InetSocketAddress server = ConnectedPair.SERVER_ADDRESS;
    byte[] late = pair.forgeSent(pair.server(), PacketType.ONE_RTT, FrameWriter::ping);
    long received = pair.client.statistics().packetsReceived();
    pair.clientEndpoint.receive(server, late, 0, late.length, pair.now);
    assertEquals(received + 1, pair.client.statistics().packetsReceived());
    assertEquals(1, pair.client.socket(), "a server's packets do not move its client");
    pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
    assertEquals(new PathEvent.Left(0, server), pair.pathEvents.getLast());
    assertFalse(pair.client.mayComeFrom(0, server), "nothing is expected there any more");
  }

  @Test
  void theLastWordCounts() {
    connect();
    migrate(1);
    migrate(2);
    pair.settle();
    assertEquals(2, pair.client.socket());
    assertEquals(OTHER_HOST, pair.server().remote());
    InetSocketAddress server = ConnectedPair.SERVER_ADDRESS;
    assertTrue(pair.pathEvents.contains(new PathEvent.Validated(1, server, false)));
    assertTrue(pair.pathEvents.contains(new PathEvent.Validated(2, server, true)));
    assertAlive();
  }

  @Test
  void aClientCanComeBack() {
    connect();
    migrate(1);
    pair.settle();
    migrate(0);
    pair.settle();
    assertEquals(0, pair.client.socket());
    assertEquals(OLD, pair.server().remote());
    write(pair.server(), 10_000);
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    assertNotNull(pair.client.mux().pollStream());
    assertAlive();
  }

  @Test
  void aMoveAwayFromADeadSocketBringsWhatWasLostOnIt() {
    connect();
    pair.passes = socket -> socket != 0;
    write(pair.server(), 10_000);
    write(pair.client, 10_000);
    pair.runUntil(pair.now + 100 * ConnectedPair.MILLI);
    migrate(1);
    pair.runUntil(pair.now + 100 * ConnectedPair.MILLI);
    assertNotNull(pair.client.mux().pollStream());
    assertNotNull(pair.server().mux().pollStream());
    assertAlive();
  }

  @Test
  void pathsTellWhatHasPassedOnThem() {
    connect();
    migrate(1);
    pair.settle();
    List<PathStatistics> paths = pair.client.pathStatistics();
    assertEquals(2, paths.size());
    PathStatistics old = paths.getFirst();
    PathStatistics used = paths.getLast();
    assertEquals(0, old.socket());
    assertFalse(old.active());
    assertEquals(1, used.socket());
    assertTrue(used.active());
    assertTrue(used.validated());
    assertTrue(used.bytesSent() >= QuicConfig.MIN_DATAGRAM_BYTES);
    assertTrue(used.bytesReceived() >= QuicConfig.MIN_DATAGRAM_BYTES);
    assertEquals(
        pair.client.statistics().datagramsSent(), old.datagramsSent() + used.datagramsSent());
    assertEquals(
        pair.client.statistics().datagramsReceived(),
        old.datagramsReceived() + used.datagramsReceived());
  }

  @Test
  void anIdThatThePeerChangesIsAnsweredByAnother() {
    // RFC 9000 §9.5: or the path could be followed by the one that stays. Once: the answer is no
    // reason for another one.
    connect();
    for (int i = 0; i < PathConnectionIds.MIN_PACKETS_PER_ANSWER; i++) {
      pair.server().outgoing().addPing();
      pair.settle();
    }
    ConnectionId serverUses = pair.server().paths().active().peerId().id();
    pair.client.paths().rotatePeerId(1);
    ConnectionId clientUses = pair.client.paths().active().peerId().id();
    for (int i = 0; i < 100; i++) {
      pair.client.outgoing().addPing();
      pair.server().outgoing().addPing();
      pair.runUntil(pair.now + 100 * ConnectedPair.MILLI);
    }
    assertNotEquals(serverUses, pair.server().paths().active().peerId().id());
    assertEquals(clientUses, pair.client.paths().active().peerId().id());
    assertAlive();
  }
}
