package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.TransportParameters;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** grease_quic_bit: RFC 9287. */
class FixedBitTest {
  private static final int FIXED_BIT = 0x40;

  private final List<Boolean> toServer = new ArrayList<>();
  private final List<Boolean> toClient = new ArrayList<>();

  /** Whether the first packet of each datagram had the bit. */
  private ConnectedPair watched() {
    ConnectedPair pair = new ConnectedPair();
    pair.toServer = datagram -> toServer.add((datagram[0] & FIXED_BIT) != 0);
    pair.toClient = datagram -> toClient.add((datagram[0] & FIXED_BIT) != 0);
    return pair;
  }

  @Test
  void bothSidesOfferIt() {
    ConnectedPair pair = watched().settle();
    for (QuicConnection end : List.of(pair.client, pair.server())) {
      TransportParameters peer = Objects.requireNonNull(end.peerParameters());
      assertTrue(peer.greaseQuicBit());
    }
  }

  /** RFC 9287 §3.1: a fresh random value for each packet, once the peer has said that it may be. */
  @Test
  void packetsGoWithAndWithoutIt() {
    ConnectedPair pair = watched().settle();
    toServer.clear();
    toClient.clear();
    for (int i = 0; i < 200; i++) {
      pair.client.outgoing().addPing();
      pair.server().outgoing().addPing();
      pair.settle();
      pair.now += 30 * ConnectedPair.MILLI;
    }
    for (List<Boolean> sent : List.of(toServer, toClient)) {
      long set = sent.stream().filter(bit -> bit).count();
      assertTrue(set > sent.size() / 4 && set < sent.size() * 3L / 4, set + " of " + sent.size());
    }
    assertEquals(0, pair.client.statistics().packetsLost());
    assertEquals(0, pair.server().statistics().packetsLost());
  }

  /** RFC 9287 §3.1: a client without a token must not, as it cannot know of the server. */
  @Test
  void aClientsFirstPacketsHaveIt() {
    for (int i = 0; i < 20; i++) {
      ConnectedPair pair = watched();
      pair.deliverToServer();
    }
    assertFalse(toServer.contains(false));
  }

  /** RFC 9287 §3.1: nor may a server, before it has read the client's parameters. */
  @Test
  void aServersStatelessAnswersHaveIt() {
    for (int i = 0; i < 20; i++) {
      ConnectedPair pair =
          new ConnectedPair(
              QuicConfig.DEFAULT,
              QuicConfig.DEFAULT.withAddressValidation(AddressValidationPolicy.ALWAYS));
      pair.toClient = datagram -> toClient.add((datagram[0] & FIXED_BIT) != 0);
      pair.deliverToServer();
      pair.deliverAnswers();
    }
    assertFalse(toClient.contains(false));
  }

  /** RFC 9287 §3.1: nobody may who does not know that the peer takes it. */
  @Test
  void aPeerThatDoesNotOfferItSeesItAlways() {
    FixedBit bit = new FixedBit(new Random(1));
    for (int i = 0; i < 1000; i++) {
      assertFalse(bit.isNextClear());
    }
    bit.onPeerParameters(false);
    for (int i = 0; i < 1000; i++) {
      assertFalse(bit.isNextClear());
    }
    bit.onPeerParameters(true);
    int clear = 0;
    for (int i = 0; i < 1000; i++) {
      clear += bit.isNextClear() ? 1 : 0;
    }
    assertTrue(clear > 400 && clear < 600, clear + " of 1000");
  }

  /** RFC 9287 §3: who offers it must take packets without it, of every kind. */
  @Test
  void packetsWithoutItAreTaken() {
    ConnectedPair pair = watched();
    pair.deliverToServer();
    assertTaken(pair, PacketType.INITIAL);
    pair.deliverToClient();
    assertTaken(pair, PacketType.HANDSHAKE);
    pair.settle();
    assertTaken(pair, PacketType.ONE_RTT);
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
  }

  private static void assertTaken(ConnectedPair pair, PacketType type) {
    long before = pair.server().statistics().packetsReceived();
    byte[] packet = pair.forgeSentWithoutFixedBit(pair.client, type, FrameWriter::ping);
    assertEquals(0, packet[0] & FIXED_BIT);
    pair.sendToServer(packet);
    assertEquals(before + 1, pair.server().statistics().packetsReceived(), type.toString());
  }

  /** A datagram that the kernel has handed to another loop must find its way all the same. */
  @Test
  void theOwnerOfADatagramIsFoundWithoutIt() {
    ConnectedPair pair = watched().settle();
    byte[] packet =
        pair.forgeSentWithoutFixedBit(pair.client, PacketType.ONE_RTT, FrameWriter::ping);
    assertEquals(0, pair.serverEndpoint.owner(packet, 0, packet.length));
    QuicEndpoint other =
        new QuicEndpoint(
            QuicConfig.DEFAULT,
            ConnectedPair.serverTls("test"),
            1,
            new byte[QuicEndpoint.ROUTING_KEY_BYTES],
            new SecureRandom());
    assertEquals(0, other.owner(packet, 0, packet.length));
  }

  /** RFC 9287 §3.1: a stateless reset has it, as its sender knows nothing of the peer. */
  @Test
  void statelessResetsHaveIt() {
    StatelessResets resets = new StatelessResets(new Random(2));
    for (int i = 0; i < 100; i++) {
      assertNotEquals(0, resets.write(new byte[16], 100)[0] & FIXED_BIT);
    }
  }
}
