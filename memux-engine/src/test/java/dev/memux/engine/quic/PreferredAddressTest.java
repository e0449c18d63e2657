package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.PreferredAddress;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A server that would rather be talked to elsewhere (RFC 9000 §9.6). */
class PreferredAddressTest {
  private static final InetSocketAddress PREFERRED = ConnectedPair.PREFERRED_ADDRESS;

  private final ConnectedPair pair =
      new ConnectedPair(QuicConfig.DEFAULT, server(MigrationPolicy.DEFAULT));

  private static QuicConfig server(MigrationPolicy policy) {
    return QuicConfig.DEFAULT.withMigration(policy.withPreferredAddress(PREFERRED, null));
  }

  private void connect() {
    connect(pair);
  }

  private static void connect(ConnectedPair pair) {
    pair.settle();
    pair.runUntil(pair.now + ConnectedPair.SECOND);
  }

  private static PreferredAddress offered(ConnectedPair pair) {
    return pair.pathEvents.stream()
        .filter(PathEvent.PreferredAddressOffered.class::isInstance)
        .map(event -> ((PathEvent.PreferredAddressOffered) event).address())
        .findFirst()
        .orElseThrow();
  }

  private MigrationStart move() {
    return pair.client.migration().migrateToPreferred(0, PREFERRED, pair.now);
  }

  private void write(QuicConnection from) {
    MuxStream stream = from.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.write(ByteBuffer.allocate(10_000));
    stream.finish();
  }

  private void assertAlive() {
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    assertNull(ConnectedPair.closeReason(pair.serverEvents));
  }

  @Test
  void theAddressIsOfferedOnceTheHandshakeIsConfirmed() {
    // §9.6.1
    pair.deliverToServer();
    pair.deliverToClient();
    assertTrue(pair.client.isHandshakeComplete());
    assertNull(pair.client.migration().pollEvent());
    assertEquals(
        MigrationStart.NOT_CONFIRMED,
        pair.client.migration().migrateToPreferred(0, PREFERRED, pair.now));
    connect();
    assertEquals(PREFERRED, offered(pair).v4());
    assertNull(offered(pair).v6());
  }

  @Test
  void theClientGoesThereWithAnIdThatItHasNotUsed() {
    // §9.6.1
    connect();
    assertEquals(MigrationStart.STARTED, move());
    pair.settle();
    assertEquals(PREFERRED, pair.client.remote());
    assertArrayEquals(
        offered(pair).connectionId(), pair.client.paths().active().peerId().id().toByteArray());
    assertEquals(1, pair.client.paths().active().peerId().sequence());
    assertEquals(1, pair.server().paths().active().socket());
    write(pair.client);
    write(pair.server());
    pair.runUntil(pair.now + 10 * ConnectedPair.SECOND);
    assertNotNull(pair.client.mux().pollStream());
    assertNotNull(pair.server().mux().pollStream());
    assertTrue(pair.pathEvents.contains(new PathEvent.Left(0, ConnectedPair.SERVER_ADDRESS)));
    assertTrue(
        pair.serverEvents.stream().noneMatch(ConnectionEvent.PeerMigrated.class::isInstance),
        "the client is where it was");
    assertAlive();
  }

  @Test
  void whoDoesNotWantToGoStays() {
    connect();
    write(pair.client);
    pair.runUntil(pair.now + 10 * ConnectedPair.SECOND);
    assertEquals(ConnectedPair.SERVER_ADDRESS, pair.client.remote());
    assertEquals(0, pair.server().paths().active().socket());
    assertEquals(1, pair.client.paths().size());
  }

  @Test
  void whoDoesNotWantToKnowIsNotAsked() {
    ConnectedPair deaf =
        new ConnectedPair(
            QuicConfig.DEFAULT.withMigration(MigrationPolicy.DEFAULT.withFollowsPreferred(false)),
            server(MigrationPolicy.DEFAULT));
    connect(deaf);
    assertEquals(List.of(), deaf.pathEvents);
    assertThrows(
        IllegalArgumentException.class,
        () -> deaf.client.migration().migrateToPreferred(0, PREFERRED, deaf.now));
  }

  @Test
  void whereNobodyAnswersTheClientStays() {
    // §9.6.1: a client whose validation fails goes on at the original address.
    connect();
    pair.toServer = datagram -> pair.client.paths().size() == 1;
    assertEquals(MigrationStart.STARTED, move());
    pair.runUntil(pair.now + 4 * ConnectedPair.SECOND);
    pair.toServer = datagram -> true;
    assertTrue(pair.pathEvents.contains(new PathEvent.Failed(0, PREFERRED)));
    assertEquals(ConnectedPair.SERVER_ADDRESS, pair.client.remote());
    write(pair.client);
    pair.runUntil(pair.now + 4 * ConnectedPair.SECOND);
    assertNotNull(pair.server().mux().pollStream());
    assertAlive();
  }

  @Test
  void theServerStaysUntilItKnowsThatTheClientIsThere() {
    // §9.6.2: not before the path is validated, whatever came there.
    connect();
    byte[] copied = pair.forgeSent(pair.client, PacketType.ONE_RTT, FrameWriter::ping);
    InetSocketAddress attacker = new InetSocketAddress("127.0.0.9", 9);
    pair.serverEndpoint.receive(1, attacker, copied, 0, copied.length, 0, pair.now);
    long[] toAttacker = {0};
    pair.elsewhere = (remote, datagram) -> toAttacker[0] += datagram.length;
    assertEquals(ConnectedPair.CLIENT_ADDRESS, pair.server().remote());
    write(pair.server());
    pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
    assertEquals(ConnectedPair.CLIENT_ADDRESS, pair.server().remote());
    assertTrue(toAttacker[0] > 0, "it is asked");
    assertTrue(toAttacker[0] <= 3L * copied.length);
    assertEquals(1, pair.server().paths().size());
    assertAlive();
  }

  @Test
  void whoHasComeIsThereForGood() {
    // §9.6.2: what comes to the original address later, moves nothing.
    connect();
    move();
    pair.settle();
    byte[] later = pair.forgeSent(pair.client, PacketType.ONE_RTT, FrameWriter::ping);
    pair.sendToServer(later);
    assertEquals(1, pair.server().paths().active().socket());
    assertAlive();
  }

  @Test
  void anAddressThatWasNotOfferedIsNone() {
    connect();
    assertThrows(
        IllegalArgumentException.class,
        () ->
            pair.client
                .migration()
                .migrateToPreferred(0, new InetSocketAddress("127.0.0.7", 7), pair.now));
  }

  @Test
  void whoHasComeMayMoveOn() {
    // §18.2: disable_active_migration is about the address of the handshake.
    ConnectedPair forbidding =
        new ConnectedPair(
            QuicConfig.DEFAULT, server(MigrationPolicy.DEFAULT.withActiveMigration(false)));
    connect(forbidding);
    forbidding.otherClientAddresses.put(
        1, new InetSocketAddress(InetAddress.getLoopbackAddress(), 4444));
    ActiveMigration migration = forbidding.client.migration();
    assertEquals(MigrationStart.DISABLED_BY_SERVER, migration.migrate(1, false, forbidding.now));
    assertEquals(
        MigrationStart.STARTED, migration.migrateToPreferred(0, PREFERRED, forbidding.now));
    forbidding.settle();
    assertEquals(MigrationStart.STARTED, migration.migrate(1, false, forbidding.now));
    forbidding.settle();
    assertEquals(1, forbidding.client.socket());
    assertEquals(PREFERRED, forbidding.client.remote());
  }

  @Test
  void aClientMayComeFromAnotherSocketAtTheSameTime() {
    // §9.6.3
    connect();
    InetSocketAddress other = new InetSocketAddress(InetAddress.getLoopbackAddress(), 4444);
    pair.otherClientAddresses.put(1, other);
    assertEquals(
        MigrationStart.STARTED, pair.client.migration().migrateToPreferred(1, PREFERRED, pair.now));
    pair.settle();
    assertEquals(PREFERRED, pair.client.remote());
    assertEquals(other, pair.server().remote());
    assertAlive();
  }

  @Test
  void nobodyNewIsHeardAtThePreferredAddress() {
    // §9.6.2: the address is for the connections that it was told in.
    ConnectedPair stranger = new ConnectedPair();
    SendBatch batch = new SendBatch();
    assertTrue(stranger.client.transmit(batch, stranger.now));
    assertNull(
        pair.serverEndpoint.receive(
            1, ConnectedPair.CLIENT_ADDRESS, batch.buffer(), 0, batch.segmentBytes(), 0, pair.now));
    assertFalse(pair.serverEndpoint.transmitStateless(new SendBatch()));
  }

  @Test
  void aForgottenConnectionIsResetFromThePreferredAddressToo() {
    // §10.3
    connect();
    move();
    pair.settle();
    byte[] datagram =
        ConnectedPair.forge(pair.client, PacketType.ONE_RTT, w -> w.padTo(w.position() + 100));
    pair.serverEndpoint.forget(pair.server());
    pair.serverEndpoint.receive(
        1, ConnectedPair.CLIENT_ADDRESS, datagram, 0, datagram.length, 0, pair.now);
    SendBatch batch = new SendBatch();
    assertTrue(pair.serverEndpoint.transmitStateless(batch));
    assertEquals(1, batch.socket());
    pair.clientEndpoint.receive(PREFERRED, batch.buffer(), 0, batch.length(), pair.now);
    pair.settle();
    assertNotNull(ConnectedPair.closeReason(pair.clientEvents));
  }

  @Test
  void theParameterSurvivesTheWire() {
    // §18.2
    byte[] id = {1, 2, 3, 4, 5};
    byte[] token = new byte[16];
    token[0] = 42;
    InetSocketAddress v4 = new InetSocketAddress("192.0.2.1", 4433);
    InetSocketAddress v6 = new InetSocketAddress("2001:db8::1", 65535);
    for (PreferredAddress sent :
        List.of(
            new PreferredAddress(v4, v6, id, token),
            new PreferredAddress(v4, null, id, token),
            new PreferredAddress(null, v6, id, token))) {
      PreferredAddress read = PreferredAddress.decode(sent.encode());
      assertEquals(sent.v4(), read.v4());
      assertEquals(sent.v6(), read.v6());
      assertArrayEquals(id, read.connectionId());
      assertArrayEquals(token, read.resetToken());
    }
    assertThrows(IllegalArgumentException.class, () -> new PreferredAddress(v6, null, id, token));
    assertThrows(
        IllegalArgumentException.class,
        () -> MigrationPolicy.DEFAULT.withPreferredAddress(new InetSocketAddress(0), null));
  }

  @Test
  void aServerCannotSendItsClientsWhereItCouldNotGoItself() {
    // RFC 9000 §21.5.3
    assertEquals(List.of(), offers("203.0.113.1", "127.0.0.1"));
    assertEquals(List.of(), offers("203.0.113.1", "10.0.0.1"));
    assertEquals(List.of(), offers("203.0.113.1", "169.254.169.254"));
    assertEquals(List.of(), offers("10.0.0.1", "127.0.0.1"));
    assertEquals(List.of("10.0.0.2"), offers("10.0.0.1", "10.0.0.2"));
    assertEquals(List.of("203.0.113.2"), offers("203.0.113.1", "203.0.113.2"));
    assertEquals(List.of("203.0.113.2"), offers("10.0.0.1", "203.0.113.2"));
    assertEquals(List.of(), offers("203.0.113.1", "100.64.0.1"));
    assertEquals(List.of("100.128.0.1"), offers("203.0.113.1", "100.128.0.1"));
    assertEquals(List.of(), offers("127.0.0.1", "255.255.255.255"));
  }

  @Test
  void thatHoldsForIpv6Too() throws UnknownHostException {
    // RFC 9000 §21.5.3; unique local addresses, and IPv4's behind a prefix.
    for (String address : List.of("::1", "fe80::1", "fd00:ec2::254", "fc00::1")) {
      assertNull(offersV6(InetAddress.ofLiteral(address).getAddress()), address);
    }
    byte[] mapped = new byte[16];
    mapped[10] = -1;
    mapped[11] = -1;
    mapped[12] = 10;
    assertNull(offersV6(mapped));
    assertNotNull(offersV6(InetAddress.ofLiteral("2001:db8::2").getAddress()));
  }

  private static @Nullable InetSocketAddress offersV6(byte[] preferred)
      throws UnknownHostException {
    InetAddress host = Inet6Address.getByAddress(null, preferred, null);
    PreferredAddress address =
        new PreferredAddress(null, new InetSocketAddress(host, 443), new byte[] {1}, new byte[16]);
    return ActiveMigration.acceptable(address, new InetSocketAddress("2001:db8::1", 443)).v6();
  }

  private static List<String> offers(String server, String preferred) {
    PreferredAddress address =
        new PreferredAddress(
            new InetSocketAddress(preferred, 443), null, new byte[] {1}, new byte[16]);
    InetSocketAddress acceptable =
        ActiveMigration.acceptable(address, new InetSocketAddress(server, 443)).v4();
    return acceptable == null ? List.of() : List.of(acceptable.getAddress().getHostAddress());
  }
}
