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
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.HeaderWriter;
import dev.memux.engine.packet.InitialSecrets;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.packet.RetryPacket;
import dev.memux.engine.packet.VersionNegotiation;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VersionInformation;
import dev.memux.tls.NamedGroup;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Two versions between endpoints: RFC 9369 §4; RFC 9368 §2; RFC 9000 §6. */
class VersionsTest {
  private static final QuicVersion V1 = QuicVersion.V1;
  private static final QuicVersion V2 = QuicVersion.V2;

  private final VersionWatch wire = new VersionWatch();

  // Without negotiation.

  @Test
  void version1IsTheDefaultAndVersion2IsOffered() {
    ConnectedPair pair = wire.pair(QuicConfig.DEFAULT, QuicConfig.DEFAULT).settle();
    VersionWatch.assertConfirmed(pair, V1);
    TransportParameters client = Objects.requireNonNull(pair.server().peerParameters());
    VersionInformation offered = Objects.requireNonNull(client.versionInformation());
    assertEquals(V1.code(), offered.chosen());
    assertTrue(offered.available().containsAll(List.of(V1.code(), V2.code())));
  }

  /** RFC 9368 §3: it will never be chosen, and keeps peers used to what they do not know. */
  @Test
  void bothSidesNameAReservedVersion() {
    ConnectedPair pair = wire.pair(QuicConfig.DEFAULT, QuicConfig.DEFAULT).settle();
    for (QuicConnection end : List.of(pair.client, pair.server())) {
      TransportParameters peer = Objects.requireNonNull(end.peerParameters());
      VersionInformation said = Objects.requireNonNull(peer.versionInformation());
      assertEquals(3, said.available().size());
      assertEquals(1, said.available().stream().filter(QuicVersion::isReserved).count());
    }
  }

  @Test
  void whoPrefersVersion2BeginsWithItAndAServerThatDoesNotMindStays() {
    ConnectedPair pair = wire.pair(VersionWatch.config(V2, V1), QuicConfig.DEFAULT).settle();
    VersionWatch.assertConfirmed(pair, V2);
    assertTrue(wire.toServer.stream().allMatch(s -> s.version() == V2));
    assertTrue(wire.toClient.stream().allMatch(s -> s.version() == V2));
  }

  @Test
  void version2AloneWorksWithRetryAndHelloRetryRequest() {
    ConnectedPair pair =
        wire.watched(
            new ConnectedPair(
                VersionWatch.config(V2),
                VersionWatch.config(V2).withAddressValidation(AddressValidationPolicy.ALWAYS),
                ConnectedPair.clientTlsBuilder("test").keyShareGroups(NamedGroup.X25519).build(),
                ConnectedPair.serverTls("test", 1).groups(NamedGroup.SECP256R1).build()));
    VersionWatch.assertConfirmed(pair.settle(), V2);
    assertEquals(List.of(V2), VersionWatch.versions(wire.toClient, PacketType.RETRY));
  }

  /** RFC 9369 §3.3.2: "quicv2 ku". */
  @Test
  void keysAreUpdatedInVersion2() {
    ConnectedPair pair = wire.pair(VersionWatch.config(V2), VersionWatch.config(V2)).settle();
    assertEquals(4, VersionWatch.exchange(pair));
    assertTrue(pair.client.updateKeys(pair.now));
    VersionWatch.assertConfirmed(pair, V2);
    assertTrue(pair.server().spaces()[2].keyPhases.phase());
  }

  // Compatible negotiation.

  @Test
  void aServerThatPrefersVersion2ChangesToIt() {
    ConnectedPair pair = wire.pair(QuicConfig.DEFAULT, VersionWatch.config(V2, V1)).settle();
    VersionWatch.assertConfirmed(pair, V2);
    assertEquals(new VersionWatch.Sent(V1, PacketType.INITIAL), wire.toServer.getFirst());
    // RFC 9369 §4.1: both send Handshake packets in the negotiated version.
    assertEquals(List.of(V2), VersionWatch.versions(wire.toServer, PacketType.HANDSHAKE));
    assertEquals(List.of(V2), VersionWatch.versions(wire.toClient, PacketType.HANDSHAKE));
    assertEquals(0, wire.negotiations);
  }

  @Test
  void aServerThatPrefersVersion1ChangesToIt() {
    ConnectedPair pair =
        wire.pair(VersionWatch.config(V2, V1), VersionWatch.config(V1, V2)).settle();
    VersionWatch.assertConfirmed(pair, V1);
    assertEquals(new VersionWatch.Sent(V2, PacketType.INITIAL), wire.toServer.getFirst());
    assertEquals(List.of(V1), VersionWatch.versions(wire.toClient, PacketType.HANDSHAKE));
  }

  /** RFC 9368 §2.5, §3: the order of what it offers says what it would rather have. */
  @Test
  void aClientMayBeginWithWhatItDoesNotPrefer() {
    VersionPolicy policy = VersionPolicy.preferring(V2, V1).beginningWith(V1);
    ConnectedPair pair =
        wire.pair(QuicConfig.DEFAULT.withVersions(policy), QuicConfig.DEFAULT).settle();
    VersionWatch.assertConfirmed(pair, V1);
    TransportParameters client = Objects.requireNonNull(pair.server().peerParameters());
    List<Integer> available =
        new ArrayList<>(Objects.requireNonNull(client.versionInformation()).available());
    available.removeIf(QuicVersion::isReserved);
    assertEquals(List.of(V2.code(), V1.code()), available);
    ConnectedPair led =
        wire.pair(QuicConfig.DEFAULT.withVersions(policy), VersionWatch.config(V2, V1)).settle();
    VersionWatch.assertConfirmed(led, V2);
  }

  /** RFC 9369 §4.1: a HelloRetryRequest is handshake data, too; a Retry is of the first version. */
  @Test
  void theVersionChangesAfterARetryAndBeforeAHelloRetryRequest() {
    ConnectedPair pair =
        wire.watched(
            new ConnectedPair(
                QuicConfig.DEFAULT,
                VersionWatch.config(V2, V1).withAddressValidation(AddressValidationPolicy.ALWAYS),
                ConnectedPair.clientTlsBuilder("test")
                    .groups(NamedGroup.X25519, NamedGroup.SECP256R1)
                    .keyShareGroups(NamedGroup.X25519)
                    .build(),
                ConnectedPair.serverTls("test", 1).groups(NamedGroup.SECP256R1).build()));
    VersionWatch.assertConfirmed(pair.settle(), V2);
    assertEquals(List.of(V1), VersionWatch.versions(wire.toClient, PacketType.RETRY));
    assertEquals(List.of(V2), VersionWatch.versions(wire.toClient, PacketType.INITIAL));
    // RFC 9369 §4.1: Initial packets that follow should be of the version that was learned.
    assertEquals(List.of(V1, V2), VersionWatch.versions(wire.toServer, PacketType.INITIAL));
  }

  /** RFC 9369 §4.1: an acknowledgement of the first half of a ClientHello is of its version. */
  @Test
  void packetsBeforeTheClientHelloIsWholeAreAnsweredInItsVersion() {
    ConnectedPair pair = wire.pair(QuicConfig.DEFAULT, VersionWatch.config(V2, V1));
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
    assertFalse(wire.toClient.contains(new VersionWatch.Sent(V2, PacketType.INITIAL)));
    pair.sendToServer(held.getFirst());
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    VersionWatch.assertConfirmed(pair, V2);
  }

  /** RFC 9369 §4.1: not before a Handshake packet may a server forget the first version's keys. */
  @Test
  void initialPacketsOfTheFirstVersionAreStillRead() {
    ConnectedPair pair = wire.pair(QuicConfig.DEFAULT, VersionWatch.config(V2, V1));
    pair.deliverToServer();
    byte[] late = pair.forgeSent(pair.client, PacketType.INITIAL, FrameWriter::ping);
    assertEquals(V2, pair.server().version().current());
    long before = pair.server().statistics().packetsReceived();
    pair.sendToServer(late);
    assertEquals(before + 1, pair.server().statistics().packetsReceived());
    VersionWatch.assertConfirmed(pair.settle(), V2);
  }

  /** RFC 9369 §4.1: packets with handshake keys in another version must be dropped. */
  @Test
  void handshakePacketsOfTheFirstVersionAreDropped() {
    ConnectedPair pair = wire.pair(QuicConfig.DEFAULT, VersionWatch.config(V2, V1));
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
    VersionWatch.assertConfirmed(pair, V2);
  }

  /** RFC 9369 §4.1: handshake data in the first version says that it is the last. */
  @Test
  void aClientFollowsNoChangeAfterHandshakeData() {
    ConnectedPair pair = wire.pair(QuicConfig.DEFAULT, QuicConfig.DEFAULT);
    pair.deliverToServer();
    pair.deliverToClient();
    assertFalse(pair.client.version().mayFollow(V2));
    VersionWatch.assertConfirmed(pair.settle(), V1);
  }

  /** The same, if somebody has tried the other version before. */
  @Test
  void aForgedChangeAfterHandshakeDataIsNotFollowed() {
    ConnectedPair pair = wire.pair(QuicConfig.DEFAULT, QuicConfig.DEFAULT);
    pair.deliverToServer();
    byte[] damaged = serverInitial(pair, V2);
    damaged[damaged.length - 1] ^= 1;
    pair.sendToClient(damaged);
    pair.deliverToClient();
    pair.sendToClient(serverInitial(pair, V2));
    assertEquals(V1, pair.client.version().current());
    VersionWatch.assertConfirmed(pair.settle(), V1);
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
    ConnectedPair pair = wire.pair(VersionWatch.config(V1), VersionWatch.config(V2, V1)).settle();
    VersionWatch.assertConfirmed(pair, V1);
    assertFalse(pair.client.version().mayFollow(V2));
  }

  // Retry.

  /** RFC 9369 §4.1. */
  @Test
  void aRetryOfAnotherVersionIsIgnored() {
    ConnectedPair pair = wire.pair(QuicConfig.DEFAULT, QuicConfig.DEFAULT);
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
    VersionWatch.assertConfirmed(pair.settle(), V1);
  }

  // Incompatible negotiation.

  @Test
  void aClientBeginsAgainWithWhatTheServerSpeaks() {
    for (QuicVersion spoken : List.of(V1, V2)) {
      QuicVersion other = spoken == V1 ? V2 : V1;
      wire.negotiations = 0;
      ConnectedPair pair =
          wire.pair(VersionWatch.config(other, spoken), VersionWatch.config(spoken));
      ConnectionId first = pair.client.start().original();
      pair.settle();
      VersionWatch.assertConfirmed(pair, spoken);
      assertTrue(wire.negotiations > 0);
      assertNotEquals(first, pair.client.start().original());
      assertEquals(pair.client.originalDcid(), pair.server().originalDcid());
    }
  }

  /** RFC 9368 §4: and then a Retry, in the version that it has begun with at last. */
  @Test
  void aRetryMayFollowVersionNegotiation() {
    ConnectedPair pair =
        wire.pair(
            VersionWatch.config(V2, V1),
            VersionWatch.config(V1).withAddressValidation(AddressValidationPolicy.ALWAYS));
    VersionWatch.assertConfirmed(pair.settle(), V1);
    assertEquals(List.of(V1), VersionWatch.versions(wire.toClient, PacketType.RETRY));
  }

  /** RFC 9368 §4: it can only be late, or forged. */
  @Test
  void theSecondVersionNegotiationIsIgnored() {
    ConnectedPair pair = wire.pair(VersionWatch.config(V2, V1), VersionWatch.config(V1));
    pair.deliverToServer();
    pair.deliverAnswers();
    assertEquals(V1, pair.client.version().begun());
    pair.sendToClient(negotiation(pair, V2.code()));
    pair.sendToClient(negotiation(pair, 0x5a6a7a8b));
    assertEquals(V1, pair.client.version().begun());
    VersionWatch.assertConfirmed(pair.settle(), V1);
  }

  /** RFC 9000 §6.2, RFC 9368 §4. */
  @Test
  void whatListsTheVersionThatWasAskedForIsIgnored() {
    ConnectedPair pair = wire.pair(VersionWatch.config(V2, V1), QuicConfig.DEFAULT);
    pair.sendToClient(negotiation(pair, V1.code(), V2.code()));
    assertEquals(V2, pair.client.version().begun());
    VersionWatch.assertConfirmed(pair.settle(), V2);
  }

  /** RFC 9368 §2.1: who finds no common version gives up. */
  @Test
  void withoutACommonVersionTheAttemptEnds() {
    ConnectedPair pair = wire.pair(VersionWatch.config(V2), VersionWatch.config(V1)).settle();
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(reason);
    assertEquals(Origin.VERSION_NEGOTIATION, reason.origin());
    assertFalse(pair.hasServer());
  }

  /** RFC 9368 §2.1: servers must ignore them. */
  @Test
  void versionNegotiationIsNothingForAServer() {
    ConnectedPair pair = wire.pair(QuicConfig.DEFAULT, QuicConfig.DEFAULT).settle();
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
    VersionWatch.assertConfirmed(pair, V1);
  }

  /** RFC 9368 §2.1: all versions; RFC 9000 §6.3: and a reserved one, anywhere among them. */
  @Test
  void aServerListsItsVersionsAndAReservedOne() {
    boolean[] reservedAt = new boolean[3];
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
    for (int i = 0; i < 100; i++) {
      pair.sendToServer(stranger.clone());
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

  // Stateless answers, and configuration.

  /** RFC 9000 §5.2.2: in the version of the packet that it answers. */
  @Test
  void aRefusalIsOfTheClientsVersion() {
    ConnectedPair pair = wire.pair(VersionWatch.config(V2), VersionWatch.config(V2));
    pair.serverEndpoint.stopAccepting();
    pair.settle();
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(reason);
    assertEquals(TransportError.CONNECTION_REFUSED, reason.code());
    assertEquals(
        List.of(new VersionWatch.Sent(V2, PacketType.INITIAL)),
        wire.toClient.stream().distinct().toList());
  }

  @Test
  void aPolicyHasVersionsAndNoneTwice() {
    assertThrows(IllegalArgumentException.class, () -> new VersionPolicy(List.of(), V1, true));
    assertThrows(IllegalArgumentException.class, () -> VersionPolicy.only(V1).beginningWith(V2));
    assertThrows(IllegalArgumentException.class, () -> VersionPolicy.preferring(V1, V1));
    assertEquals(List.of(V2), VersionPolicy.only(V2).versions());
  }
}
