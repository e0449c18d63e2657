package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.ConnectionIdGenerator;
import dev.memux.engine.packet.HeaderWriter;
import dev.memux.engine.packet.InitialSecrets;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.packet.RetryPacket;
import dev.memux.engine.packet.VersionNegotiation;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VersionInformation;
import dev.memux.tls.EarlyData;
import dev.memux.tls.NamedGroup;
import dev.memux.tls.ResumableSession;
import dev.memux.tls.SessionCache;
import dev.memux.tls.StrikeRegister;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsServerConfig;
import dev.memux.tls.TlsSession;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Two versions between endpoints: RFC 9369 §4, §5; RFC 9368 §2; RFC 9000 §6. */
class VersionsTest {
  private static final QuicVersion V1 = QuicVersion.V1;
  private static final QuicVersion V2 = QuicVersion.V2;

  /** The versions of the long headers of a direction, with their types, as they were sent. */
  private record Sent(QuicVersion version, PacketType type) {}

  private final List<Sent> toServer = new ArrayList<>();
  private final List<Sent> toClient = new ArrayList<>();
  private int negotiations;

  private static QuicConfig config(QuicVersion... versions) {
    return QuicConfig.DEFAULT.withVersions(VersionPolicy.preferring(versions));
  }

  private ConnectedPair pair(QuicConfig client, QuicConfig server) {
    return watched(new ConnectedPair(client, server));
  }

  private ConnectedPair watched(ConnectedPair pair) {
    pair.toServer =
        datagram -> {
          record(datagram, toServer);
          return true;
        };
    pair.toClient =
        datagram -> {
          record(datagram, toClient);
          return true;
        };
    return pair;
  }

  private void record(byte[] datagram, List<Sent> sent) {
    PacketHeader header = new PacketHeader();
    for (int at = 0; at < datagram.length; at = header.packetEnd()) {
      if (!header.parse(datagram, at, datagram.length, ConnectionIdGenerator.CONNECTION_ID_BYTES)
          || !header.isLong()) {
        return;
      }
      QuicVersion version = header.quicVersion();
      if (version == null) {
        negotiations++;
      } else {
        sent.add(new Sent(version, header.type()));
      }
    }
  }

  private static List<QuicVersion> versions(List<Sent> sent, PacketType type) {
    return sent.stream().filter(s -> s.type() == type).map(Sent::version).distinct().toList();
  }

  private static void assertConfirmed(ConnectedPair pair, QuicVersion version) {
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    assertNull(ConnectedPair.closeReason(pair.serverEvents));
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    assertTrue(pair.serverEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    assertEquals(version.code(), pair.client.statistics().quicVersion());
    assertEquals(version.code(), pair.server().statistics().quicVersion());
    assertEquals(4, exchange(pair));
  }

  /** What arrives of a stream's four bytes. */
  private static int exchange(ConnectedPair pair) {
    MuxStream stream =
        pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT_INCREMENTAL);
    assertNotNull(stream);
    stream.write(ByteBuffer.wrap(new byte[4]));
    pair.settle();
    for (MuxStream s; (s = pair.server().mux().pollStream()) != null; ) {
      if (s.id() == stream.id()) {
        return s.read(ByteBuffer.allocate(8));
      }
    }
    return 0;
  }

  // Without negotiation.

  @Test
  void version1IsTheDefaultAndVersion2IsOffered() {
    ConnectedPair pair = pair(QuicConfig.DEFAULT, QuicConfig.DEFAULT).settle();
    assertConfirmed(pair, V1);
    TransportParameters client = Objects.requireNonNull(pair.server().peerParameters());
    VersionInformation offered = Objects.requireNonNull(client.versionInformation());
    assertEquals(V1.code(), offered.chosen());
    assertTrue(offered.available().containsAll(List.of(V1.code(), V2.code())));
  }

  /** RFC 9368 §3: it will never be chosen, and keeps peers used to what they do not know. */
  @Test
  void bothSidesNameAReservedVersion() {
    ConnectedPair pair = pair(QuicConfig.DEFAULT, QuicConfig.DEFAULT).settle();
    for (QuicConnection end : List.of(pair.client, pair.server())) {
      TransportParameters peer = Objects.requireNonNull(end.peerParameters());
      VersionInformation said = Objects.requireNonNull(peer.versionInformation());
      assertEquals(3, said.available().size());
      assertEquals(1, said.available().stream().filter(QuicVersion::isReserved).count());
    }
  }

  @Test
  void whoPrefersVersion2BeginsWithItAndAServerThatDoesNotMindStays() {
    ConnectedPair pair = pair(config(V2, V1), QuicConfig.DEFAULT).settle();
    assertConfirmed(pair, V2);
    assertTrue(toServer.stream().allMatch(s -> s.version() == V2));
    assertTrue(toClient.stream().allMatch(s -> s.version() == V2));
  }

  @Test
  void version2AloneWorksWithRetryAndHelloRetryRequest() {
    ConnectedPair pair =
        watched(
            new ConnectedPair(
                config(V2),
                config(V2).withAddressValidation(AddressValidationPolicy.ALWAYS),
                ConnectedPair.clientTlsBuilder("test").keyShareGroups(NamedGroup.X25519).build(),
                ConnectedPair.serverTls("test", 1).groups(NamedGroup.SECP256R1).build()));
    assertConfirmed(pair.settle(), V2);
    assertEquals(List.of(V2), versions(toClient, PacketType.RETRY));
  }

  /** RFC 9369 §3.3.2: "quicv2 ku". */
  @Test
  void keysAreUpdatedInVersion2() {
    ConnectedPair pair = pair(config(V2), config(V2)).settle();
    assertEquals(4, exchange(pair));
    assertTrue(pair.client.updateKeys(pair.now));
    assertConfirmed(pair, V2);
    assertTrue(pair.server().spaces()[2].keyPhases.phase());
  }

  // Compatible negotiation.

  @Test
  void aServerThatPrefersVersion2ChangesToIt() {
    ConnectedPair pair = pair(QuicConfig.DEFAULT, config(V2, V1)).settle();
    assertConfirmed(pair, V2);
    assertEquals(new Sent(V1, PacketType.INITIAL), toServer.getFirst());
    // RFC 9369 §4.1: both send Handshake packets in the negotiated version.
    assertEquals(List.of(V2), versions(toServer, PacketType.HANDSHAKE));
    assertEquals(List.of(V2), versions(toClient, PacketType.HANDSHAKE));
    assertEquals(0, negotiations);
  }

  @Test
  void aServerThatPrefersVersion1ChangesToIt() {
    ConnectedPair pair = pair(config(V2, V1), config(V1, V2)).settle();
    assertConfirmed(pair, V1);
    assertEquals(new Sent(V2, PacketType.INITIAL), toServer.getFirst());
    assertEquals(List.of(V1), versions(toClient, PacketType.HANDSHAKE));
  }

  /** RFC 9368 §2.5, §3: the order of what it offers says what it would rather have. */
  @Test
  void aClientMayBeginWithWhatItDoesNotPrefer() {
    VersionPolicy policy = VersionPolicy.preferring(V2, V1).beginningWith(V1);
    ConnectedPair pair = pair(QuicConfig.DEFAULT.withVersions(policy), QuicConfig.DEFAULT).settle();
    assertConfirmed(pair, V1);
    TransportParameters client = Objects.requireNonNull(pair.server().peerParameters());
    List<Integer> available =
        new ArrayList<>(Objects.requireNonNull(client.versionInformation()).available());
    available.removeIf(QuicVersion::isReserved);
    assertEquals(List.of(V2.code(), V1.code()), available);
    ConnectedPair led = pair(QuicConfig.DEFAULT.withVersions(policy), config(V2, V1)).settle();
    assertConfirmed(led, V2);
  }

  /** RFC 9369 §4.1: a HelloRetryRequest is handshake data, too; a Retry is of the first version. */
  @Test
  void theVersionChangesAfterARetryAndBeforeAHelloRetryRequest() {
    ConnectedPair pair =
        watched(
            new ConnectedPair(
                QuicConfig.DEFAULT,
                config(V2, V1).withAddressValidation(AddressValidationPolicy.ALWAYS),
                ConnectedPair.clientTlsBuilder("test")
                    .groups(NamedGroup.X25519, NamedGroup.SECP256R1)
                    .keyShareGroups(NamedGroup.X25519)
                    .build(),
                ConnectedPair.serverTls("test", 1).groups(NamedGroup.SECP256R1).build()));
    assertConfirmed(pair.settle(), V2);
    assertEquals(List.of(V1), versions(toClient, PacketType.RETRY));
    assertEquals(List.of(V2), versions(toClient, PacketType.INITIAL));
    // RFC 9369 §4.1: Initial packets that follow should be of the version that was learned.
    assertEquals(List.of(V1, V2), versions(toServer, PacketType.INITIAL));
  }

  /** RFC 9369 §4.1: an acknowledgement of the first half of a ClientHello is of its version. */
  @Test
  void packetsBeforeTheClientHelloIsWholeAreAnsweredInItsVersion() {
    ConnectedPair pair = pair(QuicConfig.DEFAULT, config(V2, V1));
    List<byte[]> held = new ArrayList<>();
    pair.toServer =
        datagram -> {
          if (held.isEmpty()) {
            held.add(datagram.clone()); // with the ClientHello's beginning
            return false;
          }
          return true;
        };
    pair.deliverToServer();
    assertTrue(pair.hasServer(), "the ClientHello has two packets");
    pair.deliverToClient();
    pair.now += 20 * ConnectedPair.MILLI;
    pair.server().onTimeout(pair.now);
    pair.deliverToClient();
    assertFalse(toClient.contains(new Sent(V2, PacketType.INITIAL)));
    pair.sendToServer(held.getFirst());
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    assertConfirmed(pair, V2);
  }

  /** RFC 9369 §4.1: not before a Handshake packet may a server forget the first version's keys. */
  @Test
  void initialPacketsOfTheFirstVersionAreStillRead() {
    ConnectedPair pair = pair(QuicConfig.DEFAULT, config(V2, V1));
    pair.deliverToServer();
    byte[] late = pair.forgeSent(pair.client, PacketType.INITIAL, FrameWriter::ping);
    assertEquals(V2, pair.server().version().current());
    long before = pair.server().statistics().packetsReceived();
    pair.sendToServer(late);
    assertEquals(before + 1, pair.server().statistics().packetsReceived());
    assertConfirmed(pair.settle(), V2);
  }

  /** RFC 9369 §4.1: packets with handshake keys in another version must be dropped. */
  @Test
  void handshakePacketsOfTheFirstVersionAreDropped() {
    ConnectedPair pair = pair(QuicConfig.DEFAULT, config(V2, V1));
    boolean[] hold = {true};
    pair.toServer =
        datagram -> {
          if (hold[0] && pair.hasServer() && pair.client.version().current() == V2) {
            return false;
          }
          return true;
        };
    pair.settle();
    long dropped = pair.server().statistics().packetsDropped();
    byte[] disguised = ConnectedPair.forge(pair.client, PacketType.HANDSHAKE, FrameWriter::ping);
    disguised[0] = (byte) ((disguised[0] & 0xcf) | 0x20); // version 1's bits
    System.arraycopy(new byte[] {0, 0, 0, 1}, 0, disguised, 1, 4);
    pair.sendToServer(disguised);
    assertEquals(dropped + 1, pair.server().statistics().packetsDropped());
    assertTrue(pair.server().isOpen());
    hold[0] = false;
    pair.runUntil(pair.now + 3 * ConnectedPair.SECOND);
    assertConfirmed(pair, V2);
  }

  /** RFC 9369 §4.1: handshake data in the first version says that it is the last. */
  @Test
  void aClientFollowsNoChangeAfterHandshakeData() {
    ConnectedPair pair = pair(QuicConfig.DEFAULT, QuicConfig.DEFAULT);
    pair.deliverToServer();
    pair.deliverToClient();
    assertFalse(pair.client.version().mayFollow(V2));
    assertConfirmed(pair.settle(), V1);
  }

  /** The same, if somebody has tried the other version before. */
  @Test
  void aForgedChangeAfterHandshakeDataIsNotFollowed() {
    ConnectedPair pair = pair(QuicConfig.DEFAULT, QuicConfig.DEFAULT);
    pair.deliverToServer();
    byte[] damaged = serverInitial(pair, V2);
    damaged[damaged.length - 1] ^= 1;
    pair.sendToClient(damaged);
    pair.deliverToClient();
    pair.sendToClient(serverInitial(pair, V2));
    assertEquals(V1, pair.client.version().current());
    assertConfirmed(pair.settle(), V1);
  }

  /** What anybody can make who has seen the client's first packet. */
  private static byte[] serverInitial(ConnectedPair pair, QuicVersion version) {
    byte[] packet = new byte[QuicConfig.MIN_DATAGRAM_BYTES];
    int headerBytes =
        HeaderWriter.writeLong(
            packet,
            0,
            PacketType.INITIAL,
            version,
            pair.client.localIds().first(),
            pair.server().localIds().first(),
            new byte[0],
            99,
            4);
    packet[headerBytes] = 1; // PING
    int payloadBytes = packet.length - headerBytes - PacketSealer.TAG_BYTES;
    HeaderWriter.patchLength(packet, headerBytes, 4, payloadBytes);
    new PacketSealer(
            PacketProtection.JDK,
            version,
            InitialSecrets.SUITE,
            InitialSecrets.server(version, pair.client.start().original()))
        .seal(packet, 0, headerBytes, 4, payloadBytes, 99, packet, 0);
    return packet;
  }

  /** RFC 9368 §2.3: a server may only change to what the client has offered. */
  @Test
  void aClientFollowsNoVersionThatItHasNotOffered() {
    ConnectedPair pair = pair(config(V1), config(V2, V1)).settle();
    assertConfirmed(pair, V1);
    assertFalse(pair.client.version().mayFollow(V2));
  }

  // Retry.

  /** RFC 9369 §4.1. */
  @Test
  void aRetryOfAnotherVersionIsIgnored() {
    ConnectedPair pair = pair(QuicConfig.DEFAULT, QuicConfig.DEFAULT);
    byte[] out = new byte[200];
    int end =
        RetryPacket.write(
            V2,
            out,
            0,
            pair.client.localIds().first(),
            ConnectionId.of(new byte[8]),
            new byte[] {1},
            pair.client.start().original());
    pair.sendToClient(Arrays.copyOf(out, end));
    assertNull(pair.client.start().retrySource());
    assertConfirmed(pair.settle(), V1);
  }

  /** RFC 9369 §4.1: a token that comes back in another version is not taken. */
  @Test
  void tokensAreBoundToTheirVersion() {
    AddressTokens tokens = new AddressTokens(QuicEndpoint.newTokenKeys(new SecureRandom()));
    ConnectionId original = ConnectionId.of(new byte[8]);
    ConnectionId source = ConnectionId.of(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    byte[] retry = tokens.forRetry(V1, ConnectedPair.CLIENT_ADDRESS, original, source, 0);
    assertEquals(
        new AddressTokens.Evidence.InvalidRetryToken(),
        tokens.examine(V2, ConnectedPair.CLIENT_ADDRESS, source, retry, 1));
    assertEquals(
        new AddressTokens.Evidence.Retried(original),
        tokens.examine(V1, ConnectedPair.CLIENT_ADDRESS, source, retry, 1));
    // §5: a token of an earlier connection is as if absent.
    byte[] later = tokens.forLater(V2, ConnectedPair.CLIENT_ADDRESS, 0);
    assertEquals(
        new AddressTokens.Evidence.None(),
        tokens.examine(V1, ConnectedPair.CLIENT_ADDRESS, source, later, 1));
    assertEquals(
        new AddressTokens.Evidence.KnownAddress(),
        tokens.examine(V2, ConnectedPair.CLIENT_ADDRESS, source, later, 1));
  }

  /** RFC 9369 §5: after a change they belong to the version that was negotiated. */
  @Test
  void aClientShowsATokenInItsVersionOnly() {
    ConnectedPair pair = pair(QuicConfig.DEFAULT, config(V2, V1)).settle();
    byte[] token = token(pair);
    assertEquals(V2, VersionedToken.decode(token).version());
    QuicConnection again = connect(QuicConfig.DEFAULT, token);
    assertEquals(V2, again.version().begun());
    assertNotEquals(0, again.start().token().length);
    QuicConnection older = connect(config(V1), token);
    assertEquals(V1, older.version().begun());
    assertEquals(0, older.start().token().length);
  }

  private static byte[] token(ConnectedPair pair) {
    for (ConnectionEvent event : pair.clientEvents) {
      if (event instanceof ConnectionEvent.TokenReceived received) {
        return received.token();
      }
    }
    throw new AssertionError("no token");
  }

  private static QuicConnection connect(QuicConfig config, byte[] token) {
    QuicEndpoint endpoint =
        new QuicEndpoint(
            config, null, 0, new byte[QuicEndpoint.ROUTING_KEY_BYTES], new SecureRandom());
    return endpoint.connect(
        ConnectedPair.shortHelloTls(), "localhost", ConnectedPair.SERVER_ADDRESS, token, 0);
  }

  // Incompatible negotiation.

  @Test
  void aClientBeginsAgainWithWhatTheServerSpeaks() {
    for (QuicVersion spoken : List.of(V1, V2)) {
      QuicVersion other = spoken == V1 ? V2 : V1;
      negotiations = 0;
      ConnectedPair pair = pair(config(other, spoken), config(spoken));
      ConnectionId first = pair.client.start().original();
      pair.settle();
      assertConfirmed(pair, spoken);
      assertTrue(negotiations > 0);
      assertNotEquals(first, pair.client.start().original());
      assertEquals(pair.client.originalDcid(), pair.server().originalDcid());
    }
  }

  /** RFC 9368 §4: and then a Retry, in the version that it has begun with at last. */
  @Test
  void aRetryMayFollowVersionNegotiation() {
    ConnectedPair pair =
        pair(config(V2, V1), config(V1).withAddressValidation(AddressValidationPolicy.ALWAYS));
    assertConfirmed(pair.settle(), V1);
    assertEquals(List.of(V1), versions(toClient, PacketType.RETRY));
  }

  /** RFC 9368 §4: it can only be late, or forged. */
  @Test
  void theSecondVersionNegotiationIsIgnored() {
    ConnectedPair pair = pair(config(V2, V1), config(V1));
    pair.deliverToServer();
    pair.deliverAnswers();
    assertEquals(V1, pair.client.version().begun());
    pair.sendToClient(negotiation(pair, V2.code()));
    pair.sendToClient(negotiation(pair, 0x5a6a7a8b));
    assertEquals(V1, pair.client.version().begun());
    assertConfirmed(pair.settle(), V1);
  }

  /** RFC 9000 §6.2, RFC 9368 §4. */
  @Test
  void whatListsTheVersionThatWasAskedForIsIgnored() {
    ConnectedPair pair = pair(config(V2, V1), QuicConfig.DEFAULT);
    pair.sendToClient(negotiation(pair, V1.code(), V2.code()));
    assertEquals(V2, pair.client.version().begun());
    assertConfirmed(pair.settle(), V2);
  }

  /** RFC 9368 §2.1: who finds no common version gives up. */
  @Test
  void withoutACommonVersionTheAttemptEnds() {
    ConnectedPair pair = pair(config(V2), config(V1)).settle();
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(reason);
    assertEquals(Origin.VERSION_NEGOTIATION, reason.origin());
    assertFalse(pair.hasServer());
  }

  /** RFC 9368 §2.1: servers must ignore them. */
  @Test
  void versionNegotiationIsNothingForAServer() {
    ConnectedPair pair = pair(QuicConfig.DEFAULT, QuicConfig.DEFAULT).settle();
    byte[] id = pair.server().localIds().first().toByteArray();
    byte[] packet = new byte[5 + 1 + id.length + 1 + 4];
    packet[0] = (byte) 0x80;
    packet[5] = (byte) id.length;
    System.arraycopy(id, 0, packet, 6, id.length);
    packet[packet.length - 1] = 2;
    pair.sendToServer(packet);
    byte[] first = Arrays.copyOf(packet, QuicConfig.MIN_DATAGRAM_BYTES); // to nobody
    first[6] ^= 1;
    pair.sendToServer(first);
    assertFalse(pair.deliverAnswers());
    assertConfirmed(pair, V1);
  }

  /** RFC 9368 §2.1: all versions; RFC 9000 §6.3: and a reserved one, anywhere among them. */
  @Test
  void aServerListsItsVersionsAndAReservedOne() {
    boolean[] reservedAt = new boolean[3];
    for (int i = 0; i < 100; i++) {
      ConnectedPair pair = new ConnectedPair();
      byte[] stranger = new byte[QuicConfig.MIN_DATAGRAM_BYTES];
      byte[] start = {(byte) 0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8};
      System.arraycopy(start, 0, stranger, 0, start.length);
      pair.toClient =
          answer -> {
            PacketHeader header = new PacketHeader();
            assertTrue(header.parse(answer, 0, answer.length, 8));
            assertEquals(PacketType.VERSION_NEGOTIATION, header.type());
            assertEquals(3, VersionNegotiation.versionCount(header));
            assertEquals(List.of(V1, V2), VersionNegotiation.spoken(answer, header));
            for (int at = 0; at < 3; at++) {
              reservedAt[at] |=
                  QuicVersion.isReserved(VersionNegotiation.version(answer, header, at));
            }
            return false;
          };
      pair.sendToServer(stranger);
      assertTrue(pair.deliverAnswers());
    }
    assertTrue(reservedAt[0] && reservedAt[1] && reservedAt[2]);
  }

  private static byte[] negotiation(ConnectedPair pair, int... versions) {
    byte[] dcid = pair.client.localIds().first().toByteArray();
    byte[] scid = pair.client.start().original().toByteArray();
    ByteBuffer packet = ByteBuffer.allocate(7 + dcid.length + scid.length + 4 * versions.length);
    packet.put((byte) 0xc0).putInt(0).put((byte) dcid.length).put(dcid);
    packet.put((byte) scid.length).put(scid);
    for (int version : versions) {
      packet.putInt(version);
    }
    return packet.array();
  }

  // Sessions and early data.

  private final InstantSource clock = InstantSource.fixed(Instant.now());
  private final TicketKeys keys = new TicketKeys(Duration.ofHours(1), clock, new SecureRandom());
  private final StrikeRegister register = new StrikeRegister(Duration.ofSeconds(10), 100, clock);
  private final SessionCache cache = SessionCache.inMemory(10);

  private ConnectedPair resuming(QuicConfig client, QuicConfig server) {
    TlsClientConfig clientTls =
        ConnectedPair.clientTlsBuilder("test").sessionCache(cache, clock).offerEarlyData().build();
    TlsServerConfig serverTls =
        ConnectedPair.serverTls("test", 1)
            .ticketKeys(keys)
            .earlyData(register, new byte[0])
            .build();
    return watched(new ConnectedPair(client, server, clientTls, serverTls));
  }

  private static TlsSession session(List<ConnectionEvent> events) {
    for (ConnectionEvent event : events) {
      if (event instanceof ConnectionEvent.HandshakeCompleted completed) {
        return completed.session();
      }
    }
    throw new AssertionError("no handshake was completed: " + events);
  }

  private static @Nullable MuxStream sendEarly(ConnectedPair pair) {
    MuxStream stream =
        pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT_INCREMENTAL);
    if (stream != null) {
      stream.write(ByteBuffer.wrap(new byte[9]));
      stream.finish();
    }
    return stream;
  }

  private static int received(ConnectedPair pair) {
    int bytes = 0;
    for (MuxStream s; (s = pair.server().mux().pollStream()) != null; ) {
      bytes += Math.max(0, s.read(ByteBuffer.allocate(100)));
    }
    return bytes;
  }

  /** RFC 9369 §5, §6: a session of version 2 is resumed by beginning with version 2. */
  @Test
  void aSessionIsResumedInItsVersion() {
    assertConfirmed(resuming(QuicConfig.DEFAULT, config(V2, V1)).settle(), V2);
    toServer.clear();
    ConnectedPair again = resuming(QuicConfig.DEFAULT, config(V2, V1));
    assertEquals(V2, again.client.version().begun());
    assertNotNull(sendEarly(again));
    again.settle();
    assertEquals(EarlyData.ACCEPTED, session(again.clientEvents).earlyData());
    assertTrue(session(again.clientEvents).resumed());
    assertEquals(9, received(again));
    assertTrue(toServer.stream().allMatch(s -> s.version() == V2));
  }

  /** RFC 9369 §5: a client must not. */
  @Test
  void aSessionOfAVersionThatIsNotSpokenAnyMoreIsNotOffered() {
    assertConfirmed(resuming(config(V2), config(V2)).settle(), V2);
    ConnectedPair again = resuming(config(V1), QuicConfig.DEFAULT).settle();
    assertConfirmed(again, V1);
    assertFalse(session(again.clientEvents).resumed());
  }

  /** RFC 9369 §5: a server must not take it; the handshake is a full one. */
  @Test
  void aTicketOfAnotherVersionIsNotTaken() {
    assertConfirmed(resuming(config(V2), config(V2)).settle(), V2);
    // A client that breaks the rule: it takes a session of version 2 for one of version 1.
    byte[] kept = Objects.requireNonNull(cache.take("localhost")).encode();
    byte[] version2 = ByteBuffer.allocate(4).putInt(V2.code()).array();
    int at = indexOf(kept, version2);
    System.arraycopy(new byte[] {0, 0, 0, 1}, 0, kept, at, 4);
    while (cache.take("localhost") != null) {}
    cache.add("localhost", Objects.requireNonNull(ResumableSession.decode(kept)));
    ConnectedPair again = resuming(QuicConfig.DEFAULT, QuicConfig.DEFAULT);
    assertEquals(V1, again.client.version().begun());
    assertNotNull(sendEarly(again));
    again.settle();
    assertFalse(session(again.clientEvents).resumed());
    assertEquals(EarlyData.REFUSED, session(again.clientEvents).earlyData());
    assertEquals(9, received(again));
  }

  private static int indexOf(byte[] bytes, byte[] what) {
    for (int at = 0; at + what.length <= bytes.length; at++) {
      if (Arrays.equals(bytes, at, at + what.length, what, 0, what.length)) {
        return at;
      }
    }
    throw new AssertionError("not there");
  }

  /** RFC 9369 §4.1: early data stays in the first version, and servers may take it. */
  @Test
  void earlyDataIsTakenThoughTheVersionChanges() {
    assertConfirmed(resuming(QuicConfig.DEFAULT, config(V1, V2)).settle(), V1);
    toServer.clear();
    ConnectedPair again = resuming(QuicConfig.DEFAULT, config(V2, V1));
    assertNotNull(sendEarly(again));
    again.settle();
    assertEquals(EarlyData.ACCEPTED, session(again.clientEvents).earlyData());
    assertEquals(9, received(again));
    assertEquals(List.of(V1), versions(toServer, PacketType.ZERO_RTT));
    assertEquals(V2.code(), again.client.statistics().quicVersion());
  }

  /** RFC 9001 §4.6.2: what nobody has kept is sent again. */
  @Test
  void earlyDataSurvivesVersionNegotiation() {
    assertConfirmed(resuming(QuicConfig.DEFAULT, config(V2, V1)).settle(), V2);
    ConnectedPair again = resuming(QuicConfig.DEFAULT, config(V1));
    assertEquals(V2, again.client.version().begun());
    assertNotNull(sendEarly(again));
    again.settle();
    assertConfirmed(again, V1);
    assertTrue(negotiations > 0);
    assertEquals(EarlyData.REFUSED, session(again.clientEvents).earlyData());
    assertFalse(session(again.clientEvents).resumed());
  }

  // Stateless answers, and configuration.

  /** RFC 9000 §5.2.2: in the version of the packet that it answers. */
  @Test
  void aRefusalIsOfTheClientsVersion() {
    ConnectedPair pair = pair(config(V2), config(V2));
    pair.serverEndpoint.stopAccepting();
    pair.settle();
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(reason);
    assertEquals(TransportError.CONNECTION_REFUSED, reason.code());
    assertEquals(List.of(new Sent(V2, PacketType.INITIAL)), toClient.stream().distinct().toList());
  }

  @Test
  void aPolicyHasVersionsAndNoneTwice() {
    assertThrows(IllegalArgumentException.class, () -> new VersionPolicy(List.of(), V1, true));
    assertThrows(IllegalArgumentException.class, () -> VersionPolicy.only(V1).beginningWith(V2));
    assertThrows(IllegalArgumentException.class, () -> VersionPolicy.preferring(V1, V1));
    assertEquals(List.of(V2), VersionPolicy.only(V2).versions());
  }

  @Test
  void whatIsNoTokenIsNone() {
    for (int length = 0; length < 9; length++) {
      assertEquals(0, VersionedToken.decode(new byte[length]).token().length);
    }
    byte[] kept = VersionedToken.encode(V2, new byte[] {7});
    assertEquals(V2, VersionedToken.decode(kept).version());
    assertEquals(1, VersionedToken.decode(kept).token().length);
  }
}
