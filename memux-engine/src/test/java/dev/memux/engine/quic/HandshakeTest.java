package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.InitialSecrets;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameReader;
import dev.memux.engine.wire.FrameSink;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.EncryptionLevel;
import dev.memux.tls.NamedGroup;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HandshakeTest {
  @Test
  void completesAndIsConfirmedOnBothSides() {
    ConnectedPair pair = new ConnectedPair().settle();
    assertInstanceOf(ConnectionEvent.HandshakeCompleted.class, pair.clientEvents.get(0));
    assertInstanceOf(ConnectionEvent.HandshakeConfirmed.class, pair.clientEvents.get(1));
    assertInstanceOf(ConnectionEvent.HandshakeCompleted.class, pair.serverEvents.get(0));
    assertInstanceOf(ConnectionEvent.HandshakeConfirmed.class, pair.serverEvents.get(1));
    assertEquals(
        "test",
        ((ConnectionEvent.HandshakeCompleted) pair.clientEvents.get(0))
            .session()
            .applicationProtocol());
  }

  @Test
  void dropsInitialAndHandshakeKeysWhenConfirmed() {
    // RFC 9001 §4.9
    ConnectedPair pair = new ConnectedPair().settle();
    for (QuicConnection end : List.of(pair.client, pair.server())) {
      assertTrue(end.spaces()[PacketSpace.INITIAL.ordinal()].isDiscarded());
      assertTrue(end.spaces()[PacketSpace.HANDSHAKE.ordinal()].isDiscarded());
      assertNotNull(end.spaces()[PacketSpace.APPLICATION.ordinal()].sealer);
    }
  }

  @Test
  void failsOnBothSidesWithoutACommonProtocol() {
    // RFC 9001 §8.1: no_application_protocol is alert 120.
    ConnectedPair pair =
        new ConnectedPair(
                QuicConfig.DEFAULT,
                QuicConfig.DEFAULT,
                ConnectedPair.clientTls("one"),
                ConnectedPair.serverTls("other"))
            .runUntil(2 * ConnectedPair.SECOND);
    CloseReason atClient = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(atClient);
    assertEquals(Origin.PEER, atClient.origin());
    assertEquals(TransportError.CRYPTO_ERROR + 120, atClient.code());
  }

  @Test
  void survivesTheLossOfEveryDatagramOnce() {
    int datagrams = 12;
    for (int lost = 0; lost < datagrams; lost++) {
      ConnectedPair pair = new ConnectedPair();
      int[] count = {0};
      int drop = lost;
      pair.toServer = d -> count[0]++ != drop;
      pair.toClient = d -> count[0]++ != drop;
      pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
      assertTrue(
          pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()), "lost " + lost);
      assertTrue(
          pair.serverEvents.contains(new ConnectionEvent.HandshakeConfirmed()), "lost " + lost);
    }
  }

  @Test
  void keepsPacketsThatOvertakeTheirKeys() {
    // RFC 9001 §5.7: the server's second flight arrives before its first.
    ConnectedPair pair = ConnectedPair.withShortHello();
    List<byte[]> held = new ArrayList<>();
    pair.toClient =
        d -> {
          held.add(d);
          return false;
        };
    pair.deliverToServer();
    pair.deliverToClient();
    assertTrue(held.size() >= 1);
    PacketHeader header = new PacketHeader();
    byte[] first = held.getFirst();
    assertTrue(header.parse(first, 0, first.length, 8));
    int initialEnd = header.packetEnd();
    assertTrue(initialEnd < first.length, "nothing coalesced");
    byte[] rest = Arrays.copyOfRange(first, initialEnd, first.length);
    receiveAtClient(pair, rest);
    for (byte[] later : held.subList(1, held.size())) {
      receiveAtClient(pair, later);
    }
    receiveAtClient(pair, Arrays.copyOf(first, initialEnd));
    pair.toClient = d -> true;
    long before = pair.now;
    pair.settle();
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    assertEquals(before, pair.now, "took a timeout");
  }

  @Test
  void takesAClientHelloInShuffledCrumbs() throws ProtocolException {
    // RFC 9000 §19.6: as browsers send it, so that nobody between grows used to its look.
    Random random = new Random(5);
    for (int most : new int[] {1, 7, 100}) {
      ConnectedPair pair = new ConnectedPair();
      byte[] hello = clientHello(pair);
      List<int[]> crumbs = new ArrayList<>();
      for (int at = 0; at < hello.length; ) {
        int length = Math.min(1 + random.nextInt(most), hello.length - at);
        crumbs.add(new int[] {at, length});
        at += length;
      }
      Collections.shuffle(crumbs, random);
      Deque<int[]> left = new ArrayDeque<>(crumbs);
      while (!left.isEmpty()) {
        pair.sendToServer(
            pair.forgeSent(pair.client, PacketType.INITIAL, w -> writeCrumbs(w, hello, left)));
      }
      pair.settle();
      assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
      assertTrue(pair.serverEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    }
  }

  private static void writeCrumbs(FrameWriter writer, byte[] hello, Deque<int[]> left) {
    while (!left.isEmpty() && writer.remaining() > 110 + 8) {
      int[] crumb = left.removeFirst();
      assertEquals(crumb[1], writer.crypto(crumb[0], crumb[1]));
      System.arraycopy(hello, crumb[0], writer.buffer(), writer.position(), crumb[1]);
      writer.advance(crumb[1]);
      writer.ping();
    }
  }

  /** What the client would send first, taken out of its packets, which are lost. */
  private static byte[] clientHello(ConnectedPair pair) throws ProtocolException {
    byte[] hello = new byte[4096];
    int[] end = {0};
    FrameSink sink =
        new FrameSink() {
          @Override
          public void onStream(
              long id, long offset, byte[] data, int from, int length, boolean fin) {}

          @Override
          public void onDatagram(byte[] data, int from, int length, int frameBytes) {}

          @Override
          public void onCrypto(long offset, byte[] data, int from, int length) {
            System.arraycopy(data, from, hello, (int) offset, length);
            end[0] = Math.max(end[0], (int) offset + length);
          }

          @Override
          public void onAck(AckFrame ack) {}

          @Override
          public void onControl(ControlFrame frame) {}
        };
    List<byte[]> datagrams = new ArrayList<>();
    pair.toServer =
        d -> {
          datagrams.add(d);
          return false;
        };
    pair.deliverToServer();
    pair.toServer = d -> true;
    PacketOpener opener =
        new PacketOpener(
            InitialSecrets.SUITE,
            InitialSecrets.client(QuicVersion.V1, pair.client.start().original()));
    PacketHeader header = new PacketHeader();
    for (byte[] d : datagrams) {
      assertTrue(header.parse(d, 0, d.length, 8));
      byte[] plaintext = new byte[d.length];
      int length = opener.open(d, 0, header.packetNumberOffset(), d.length, -1, plaintext, 0);
      new FrameReader().read(plaintext, 0, length, EncryptionLevel.INITIAL, sink);
    }
    return Arrays.copyOf(hello, end[0]);
  }

  @Test
  void worksWhenTheServerAsksForAnotherKeyShare() {
    // RFC 8446 §4.1.4: HelloRetryRequest, within the Initial packets.
    ConnectedPair pair =
        new ConnectedPair(
            QuicConfig.DEFAULT,
            QuicConfig.DEFAULT,
            ConnectedPair.clientTls("test"),
            ConnectedPair.serverTls("test", 1).groups(NamedGroup.SECP256R1).build());
    long before = pair.now;
    pair.settle();
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    assertEquals(before, pair.now);
  }

  @Test
  void aLongCertificateChainFitsAnyDatagramSize() {
    // RFC 9000 §17.2: our Length fields have two bytes, for 16383.
    for (int bytes : new int[] {1200, 9000, 16_384, 65_507}) {
      QuicConfig config = QuicConfig.DEFAULT.withMaxDatagramBytes(bytes);
      ConnectedPair pair =
          new ConnectedPair(
              config,
              config,
              ConnectedPair.clientTls("test"),
              ConnectedPair.serverTls("test", 16).build());
      pair.runUntil(pair.now + ConnectedPair.SECOND);
      assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
      assertTrue(pair.bytesToClient > 1 << 14, pair.bytesToClient + " bytes");
    }
  }

  @Test
  void survivesTheLossOfAnyTwoDatagramsWhenTheAllowanceIsTooSmall() {
    // RFC 9000 §8.1: the server's flight has more than three times what the client sent.
    int datagrams = 14;
    for (int one = 0; one < datagrams; one++) {
      for (int two = one + 1; two < datagrams; two++) {
        ConnectedPair pair =
            new ConnectedPair(
                QuicConfig.DEFAULT,
                QuicConfig.DEFAULT,
                ConnectedPair.clientTls("test"),
                ConnectedPair.serverTls("test", 12).build());
        int[] count = {0};
        int first = one;
        int second = two;
        pair.toServer = d -> count[0]++ != first && count[0] != second + 1;
        pair.toClient = pair.toServer;
        pair.runUntil(pair.now + 9 * ConnectedPair.SECOND);
        String lost = "lost " + one + " and " + two;
        assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()), lost);
        assertTrue(pair.serverEvents.contains(new ConnectionEvent.HandshakeConfirmed()), lost);
      }
    }
  }

  @Test
  void earlyPacketsAreBoundedInNumberAndBytes() {
    EarlyPackets early = new EarlyPackets();
    byte[] huge = new byte[65_507];
    for (int i = 0; i < 3 * EarlyPackets.MAX_PACKETS; i++) {
      early.add(huge, 0, huge.length, 0);
    }
    assertTrue(early.isEmpty());
    for (int i = 0; i < 3 * EarlyPackets.MAX_PACKETS; i++) {
      early.add(huge, 0, 1200, 0);
    }
    assertEquals(EarlyPackets.MAX_PACKETS, early.take().size());
  }

  private static void receiveAtClient(ConnectedPair pair, byte[] datagram) {
    pair.clientEndpoint.receive(
        ConnectedPair.SERVER_ADDRESS, datagram, 0, datagram.length, pair.now);
  }

  @Test
  void serverSendsAtMostThreeTimesWhatAnUnprovenClientSent() {
    // RFC 9000 §8.1: after its first flight the client is never heard of again.
    ConnectedPair pair = new ConnectedPair();
    pair.toClient = d -> false;
    boolean[] first = {true};
    pair.toServer =
        d -> {
          boolean passes = first[0];
          first[0] = false;
          return passes;
        };
    pair.runUntil(pair.now + 60 * ConnectedPair.SECOND);
    assertTrue(pair.bytesToClient > 0);
    assertTrue(
        pair.bytesToClient <= 3 * pair.bytesToServer,
        pair.bytesToClient + " for " + pair.bytesToServer);
  }

  @Test
  void clientDatagramsWithInitialPacketsHaveFullSize() {
    // RFC 9000 §14.1
    ConnectedPair pair = new ConnectedPair();
    PacketHeader header = new PacketHeader();
    int[] initials = {0};
    pair.toServer =
        d -> {
          if (header.parse(d, 0, d.length, 8) && header.type() == PacketType.INITIAL) {
            initials[0]++;
            assertTrue(d.length >= 1200, "Initial in " + d.length + " bytes");
          }
          return true;
        };
    pair.settle();
    assertTrue(initials[0] >= 2);
  }

  @Test
  void serverIgnoresAnInitialInASmallDatagram() {
    // RFC 9000 §14.1
    ConnectedPair pair = new ConnectedPair();
    SendBatch batch = new SendBatch();
    assertTrue(pair.client.transmit(batch, pair.now));
    byte[] datagram = Arrays.copyOf(batch.buffer(), 1199);
    assertNull(
        pair.serverEndpoint.receive(
            ConnectedPair.CLIENT_ADDRESS, datagram, 0, datagram.length, pair.now));
    assertEquals(0, pair.serverEndpoint.connectionCount());
  }

  @Test
  void aForgedFirstPacketLeavesNoState() {
    ConnectedPair pair = ConnectedPair.withShortHello();
    SendBatch batch = new SendBatch();
    assertTrue(pair.client.transmit(batch, pair.now));
    byte[] datagram = Arrays.copyOf(batch.buffer(), batch.length());
    datagram[datagram.length - 1] ^= 1;
    assertNull(
        pair.serverEndpoint.receive(
            ConnectedPair.CLIENT_ADDRESS, datagram, 0, datagram.length, pair.now));
    assertEquals(0, pair.serverEndpoint.connectionCount());
  }

  @Test
  void givesUpWhenNobodyAnswers() {
    QuicConfig config = QuicConfig.DEFAULT.withHandshakeTimeoutNanos(4 * ConnectedPair.SECOND);
    ConnectedPair pair = new ConnectedPair(config, QuicConfig.DEFAULT);
    pair.toServer = d -> false;
    pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(reason);
    assertEquals(Origin.HANDSHAKE_TIMEOUT, reason.origin());
    assertTrue(pair.client.isTerminated());
    assertEquals(Long.MAX_VALUE, pair.client.deadlineNanos());
  }

  @Test
  void serverAnswersAnUnknownVersionWithItsOwn() {
    // RFC 9000 §6.1
    ConnectedPair pair = new ConnectedPair();
    byte[] datagram = ofVersion(0x1a2a3a4a, 1200);
    assertNull(
        pair.serverEndpoint.receive(
            ConnectedPair.CLIENT_ADDRESS, datagram, 0, datagram.length, pair.now));
    SendBatch batch = new SendBatch();
    assertTrue(pair.serverEndpoint.transmitStateless(batch));
    PacketHeader header = new PacketHeader();
    assertTrue(header.parse(batch.buffer(), 0, batch.length(), 8));
    assertEquals(PacketType.VERSION_NEGOTIATION, header.type());
    assertFalse(pair.serverEndpoint.transmitStateless(batch));
  }

  @Test
  void serverDoesNotAnswerASmallDatagramOfUnknownVersion() {
    // RFC 9000 §6.1, §5.2.2
    ConnectedPair pair = new ConnectedPair();
    byte[] datagram = ofVersion(0x1a2a3a4a, 1199);
    pair.serverEndpoint.receive(
        ConnectedPair.CLIENT_ADDRESS, datagram, 0, datagram.length, pair.now);
    assertFalse(pair.serverEndpoint.transmitStateless(new SendBatch()));
  }

  @Test
  void answersToStrangersThatWaitAreBounded() {
    ConnectedPair pair = new ConnectedPair();
    byte[] datagram = ofVersion(0x1a2a3a4a, 1200);
    for (int i = 0; i < 3 * StatelessAnswers.MAX_PENDING; i++) {
      pair.serverEndpoint.receive(
          ConnectedPair.CLIENT_ADDRESS, datagram, 0, datagram.length, pair.now);
    }
    SendBatch batch = new SendBatch();
    int answers = 0;
    while (pair.serverEndpoint.transmitStateless(batch)) {
      answers++;
    }
    assertEquals(StatelessAnswers.MAX_PENDING, answers);
  }

  @Test
  void clientEndsWhenTheServerDoesNotSpeakItsVersion() {
    // RFC 9000 §6.2
    ConnectedPair pair = new ConnectedPair();
    byte[] answer = versionNegotiation(pair, 0x5a6a7a8a);
    receiveAtClient(pair, answer);
    pair.settle();
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(reason);
    assertEquals(Origin.VERSION_NEGOTIATION, reason.origin());
  }

  @Test
  void clientIgnoresVersionNegotiationThatListsItsVersionOrComesLate() {
    // RFC 9000 §6.2
    ConnectedPair pair = new ConnectedPair();
    receiveAtClient(pair, versionNegotiation(pair, 1));
    assertTrue(pair.client.isOpen());
    byte[] late = versionNegotiation(pair, 0x5a6a7a8a);
    pair.settle();
    receiveAtClient(pair, late);
    assertTrue(pair.client.isOpen());
  }

  private static byte[] versionNegotiation(ConnectedPair pair, int version) {
    byte[] dcid = pair.client.localIds().first().toByteArray();
    byte[] scid = pair.client.start().original().toByteArray();
    ByteBuffer out = ByteBuffer.allocate(64);
    out.put((byte) 0xc0).putInt(0);
    out.put((byte) dcid.length).put(dcid).put((byte) scid.length).put(scid).putInt(version);
    return Arrays.copyOf(out.array(), out.position());
  }

  private static byte[] ofVersion(int version, int bytes) {
    ByteBuffer out = ByteBuffer.allocate(bytes);
    out.put((byte) 0xc0).putInt(version).put((byte) 8).putLong(1).put((byte) 8).putLong(2);
    return out.array();
  }

  @Test
  void streamsWorkBothWaysRightAfterTheHandshake() {
    ConnectedPair pair = new ConnectedPair().settle();
    MuxStream request = pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(request);
    request.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    request.finish();
    pair.settle();
    MuxStream atServer = pair.server().mux().pollStream();
    assertNotNull(atServer);
    assertEquals(MuxStream.OPENED | MuxStream.READABLE, atServer.takeEvents());
    ByteBuffer read = ByteBuffer.allocate(10);
    assertEquals(3, atServer.read(read));
    assertEquals(-1, atServer.read(read));
    atServer.write(ByteBuffer.wrap(new byte[] {4}));
    atServer.finish();
    pair.settle();
    assertEquals(1, request.read(read.clear()));
    assertEquals(-1, request.read(read));
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    assertEquals(0, pair.client.mux().streamCount());
    assertEquals(0, pair.server().mux().streamCount());
  }
}
