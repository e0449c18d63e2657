package dev.memux.engine.quic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.Mux;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.ConnectionIdGenerator;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.tls.EarlyData;
import dev.memux.tls.NamedGroup;
import dev.memux.tls.SessionCache;
import dev.memux.tls.StrikeRegister;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsServerConfig;
import dev.memux.tls.TlsSession;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Early data over packets: RFC 9001 §4.6, §4.9.3, §9.2; RFC 9000 §7.4.1, §12.3, §17.2.3. */
class ZeroRttTest {
  private static final byte[] NO_SETTINGS = {};

  private final InstantSource clock = InstantSource.fixed(Instant.now());
  private final TicketKeys keys = new TicketKeys(Duration.ofHours(1), clock, new SecureRandom());
  private final StrikeRegister register = new StrikeRegister(Duration.ofSeconds(10), 100, clock);
  private final SessionCache cache = SessionCache.inMemory(10);

  private TlsServerConfig.Builder serverTls() {
    return ConnectedPair.serverTls("test", 1).ticketKeys(keys).earlyData(register, NO_SETTINGS);
  }

  private TlsClientConfig.Builder clientTls() {
    return ConnectedPair.clientTlsBuilder("test").sessionCache(cache, clock).offerEarlyData();
  }

  private ConnectedPair pair(QuicConfig serverConfig, TlsServerConfig.Builder serverTls) {
    return new ConnectedPair(
        QuicConfig.DEFAULT, serverConfig, clientTls().build(), serverTls.build());
  }

  /** A client that has sent nothing yet and may send early data. */
  private ConnectedPair resuming(QuicConfig serverConfig, TlsServerConfig.Builder serverTls) {
    pair(QuicConfig.DEFAULT, serverTls()).settle();
    ConnectedPair pair = pair(serverConfig, serverTls);
    assertEquals(new ConnectionEvent.EarlyDataReady(), pair.client.pollEvent());
    return pair;
  }

  private ConnectedPair resuming() {
    return resuming(QuicConfig.DEFAULT, serverTls());
  }

  private static MuxStream open(ConnectedPair pair) {
    MuxStream stream =
        pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT_INCREMENTAL);
    assertNotNull(stream);
    return stream;
  }

  private static MuxStream ask(ConnectedPair pair, String text) {
    MuxStream stream = open(pair);
    byte[] bytes = text.getBytes(UTF_8);
    assertEquals(bytes.length, stream.write(ByteBuffer.wrap(bytes)));
    stream.finish();
    return stream;
  }

  /** What has arrived at the server, by stream, in its own words. */
  private static Map<Long, String> received(ConnectedPair pair) {
    Map<Long, String> texts = new TreeMap<>();
    for (MuxStream s; (s = pair.server().mux().pollStream()) != null; ) {
      s.takeEvents();
      ByteBuffer buffer = ByteBuffer.allocate(200_000);
      while (s.read(buffer) > 0) {}
      String text = new String(buffer.array(), 0, buffer.position(), UTF_8);
      if (!text.isEmpty()) {
        texts.merge(s.id(), text, String::concat);
      }
    }
    return texts;
  }

  private static TlsSession session(List<ConnectionEvent> events) {
    for (ConnectionEvent event : events) {
      if (event instanceof ConnectionEvent.HandshakeCompleted completed) {
        return completed.session();
      }
    }
    throw new AssertionError("no handshake was completed: " + events);
  }

  private static void assertAlive(ConnectedPair pair, EarlyData expected) {
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    assertNull(ConnectedPair.closeReason(pair.serverEvents));
    assertEquals(expected, session(pair.clientEvents).earlyData());
    assertEquals(expected, session(pair.serverEvents).earlyData());
  }

  private static List<PacketType> types(byte[] datagram) {
    List<PacketType> types = new ArrayList<>();
    PacketHeader header = new PacketHeader();
    for (int at = 0; at < datagram.length; at = header.packetEnd()) {
      if (!header.parse(datagram, at, datagram.length, ConnectionIdGenerator.CONNECTION_ID_BYTES)) {
        break;
      }
      types.add(header.type());
    }
    return types;
  }

  // --- Accepted ---

  @Test
  void theServerReadsARequestBeforeItHasSentAnything() {
    ConnectedPair pair = resuming();
    List<PacketType> seen = new ArrayList<>();
    pair.toServer = datagram -> seen.addAll(types(datagram));
    MuxStream request = ask(pair, "early");
    pair.deliverToServer();
    assertTrue(seen.contains(PacketType.ZERO_RTT));
    assertFalse(seen.contains(PacketType.ONE_RTT));
    MuxStream atServer = pair.server().mux().stream(request.id());
    assertTrue(atServer.isEarly());
    assertFalse(pair.server().isHandshakeComplete());
    assertEquals("{0=early}", received(pair).toString());

    atServer.write(ByteBuffer.wrap("answer".getBytes(UTF_8)));
    atServer.finish();
    pair.settle();
    assertAlive(pair, EarlyData.ACCEPTED);
    assertTrue(pair.serverEvents.contains(new ConnectionEvent.EarlyDataReady()));
    ByteBuffer answer = ByteBuffer.allocate(10);
    assertEquals(6, request.read(answer));
    assertEquals(6, request.ackedBytes() + 1); // "early", in one of the server's 1-RTT packets
    assertEquals(0, pair.client.statistics().packetsLost());

    MuxStream later = ask(pair, "later");
    pair.settle();
    assertFalse(pair.server().mux().stream(later.id()).isEarly());
  }

  // RFC 9001 §6.1, RFC 9000 §12.3: 1-RTT packets go on with the numbers of 0-RTT packets.
  @Test
  void keysMayBeUpdatedAfterwards() {
    ConnectedPair pair = resuming();
    ask(pair, "x".repeat(5000));
    pair.settle();
    PacketNumberSpace space = pair.client.spaces()[PacketSpace.APPLICATION.ordinal()];
    assertFalse(space.sealsEarly);
    assertTrue(pair.client.updateKeys(pair.now));
    ask(pair, "y");
    pair.settle();
    assertEquals(1, space.keyPhases.updates());
    assertEquals("y", received(pair).get(4L));
    assertAlive(pair, EarlyData.ACCEPTED);
  }

  @Test
  void whatIsLostGoesAgain() {
    for (int seed = 0; seed < 30; seed++) {
      Random random = new Random(seed);
      ConnectedPair pair = resuming();
      String text = "z".repeat(8_000);
      ask(pair, text);
      pair.toServer = datagram -> random.nextInt(3) > 0;
      pair.toClient = datagram -> random.nextInt(4) > 0;
      pair.runUntil(pair.now + 8 * ConnectedPair.SECOND);
      assertTrue(text.equals(received(pair).get(0L)), "seed " + seed);
      assertNull(ConnectedPair.closeReason(pair.serverEvents), "seed " + seed);
    }
  }

  // RFC 9000 §7.4.1: 0-RTT packets go by what is remembered.
  @Test
  void rememberedLimitsHold() {
    QuicConfig narrow =
        QuicConfig.DEFAULT.withMux(
            MuxConfig.DEFAULT.withStreams(2, 2).withWindows(3_000, 3_000, 100_000, 100_000));
    pair(narrow, serverTls()).settle();
    ConnectedPair pair = pair(narrow, serverTls());
    MuxStream first = open(pair);
    first.write(ByteBuffer.allocate(5_000));
    open(pair).write(ByteBuffer.allocate(5_000));
    assertNull(pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT));
    pair.deliverToServer();
    assertEquals(3_000, received(pair).get(0L).length());
    pair.settle();
    assertAlive(pair, EarlyData.ACCEPTED);
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    assertEquals(2_000, received(pair).get(0L).length());
  }

  // RFC 9000 §5.7, RFC 9001 §5.7: packets that overtake the ClientHello are kept, a few of them.
  @Test
  void earlyPacketsMayArriveBeforeTheirKeys() {
    for (int seed = 0; seed < 20; seed++) {
      ConnectedPair pair = resuming(); // the hybrid group's hello needs two packets
      ask(pair, "n".repeat(4_000));
      List<byte[]> flight = new ArrayList<>();
      pair.toServer = datagram -> !flight.add(datagram);
      pair.deliverToServer();
      // One of the Initial packets must be first, or the server knows of no connection.
      Collections.swap(flight, 0, 1);
      byte[] first = flight.removeFirst();
      Collections.shuffle(flight, new Random(seed));
      flight.addFirst(first);
      flight.forEach(pair::sendToServer);
      assertEquals(4_000, received(pair).get(0L).length(), "seed " + seed);
    }
  }

  @Test
  void packetsBeforeTheirKeysAreBounded() {
    ConnectedPair pair = resuming();
    List<byte[]> flight = new ArrayList<>();
    pair.toServer = datagram -> !flight.add(datagram);
    pair.deliverToServer();
    pair.sendToServer(flight.getFirst()); // half a ClientHello
    int more = 5;
    for (int i = 0; i < EarlyPackets.MAX_PACKETS + more; i++) {
      pair.sendToServer(ConnectedPair.forge(pair.client, PacketType.ZERO_RTT, w -> w.ping()));
    }
    long before = pair.server().statistics().packetsReceived();
    pair.sendToServer(flight.get(1));
    assertEquals(
        before + 1 + EarlyPackets.MAX_PACKETS, pair.server().statistics().packetsReceived());
  }

  // RFC 9001 §4.9.3
  @Test
  void theServerDropsItsKeySoonAfterTheFirstOneRttPacket() {
    ConnectedPair pair = resuming();
    byte[] kept = ConnectedPair.forge(pair.client, PacketType.ZERO_RTT, w -> w.ping());
    byte[] late = ConnectedPair.forge(pair.client, PacketType.ZERO_RTT, w -> w.ping());
    ask(pair, "early");
    pair.settle();
    long received = pair.server().statistics().packetsReceived();
    pair.now += pair.server().ptoNanos();
    pair.sendToServer(kept);
    assertEquals(received + 1, pair.server().statistics().packetsReceived());
    pair.now += 3 * pair.server().ptoNanos();
    pair.sendToServer(late);
    assertEquals(received + 1, pair.server().statistics().packetsReceived());
  }

  // --- Refused ---

  private static final String LONG = "r".repeat(7_000);

  private static void assertStartsAgain(ConnectedPair pair) {
    MuxStream one = ask(pair, "one");
    ask(pair, LONG);
    MuxStream gone = open(pair);
    gone.write(ByteBuffer.allocate(100));
    pair.deliverToServer();
    assertEquals("{}", received(pair).toString());
    gone.reset(7);
    pair.settle();
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    Map<Long, String> texts = received(pair);
    assertEquals("one", texts.get(one.id()));
    assertTrue(LONG.equals(texts.get(4L)));
    assertNull(texts.get(gone.id()));
    assertFalse(pair.server().mux().stream(one.id()).isEarly());
    assertEquals(7, pair.server().mux().stream(gone.id()).resetCode());
    assertAlive(pair, EarlyData.REFUSED);
  }

  // RFC 9001 §4.6.2
  @Test
  void whatWasRefusedGoesAgainAsOneRttData() {
    assertStartsAgain(
        resuming(QuicConfig.DEFAULT, ConnectedPair.serverTls("test", 1).ticketKeys(keys)));
  }

  // Without resumption: a server that has lost its keys.
  @Test
  void afterAFullHandshakeToo() {
    assertStartsAgain(resuming(QuicConfig.DEFAULT, ConnectedPair.serverTls("test", 1)));
  }

  // RFC 8446 §4.1.4
  @Test
  void afterAHelloRetryRequestToo() {
    assertStartsAgain(resuming(QuicConfig.DEFAULT, serverTls().groups(NamedGroup.SECP256R1)));
  }

  // RFC 9001 §4.6.2: the limits are those of the handshake, and may be lower than those remembered.
  @Test
  void lowerLimitsHoldAfterARefusal() {
    QuicConfig narrow =
        QuicConfig.DEFAULT.withMux(
            MuxConfig.DEFAULT.withStreams(1, 1).withWindows(2_000, 2_000, 3_000, 3_000));
    ConnectedPair pair = resuming(narrow, serverTls()); // other limits than in the ticket
    List<MuxStream> streams = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      streams.add(ask(pair, LONG));
    }
    streams.get(2).reset(9);
    Map<Long, String> texts = new TreeMap<>();
    for (int i = 0; i < 60; i++) {
      pair.settle();
      pair.runUntil(pair.now + 50 * ConnectedPair.MILLI);
      received(pair).forEach((id, text) -> texts.merge(id, text, String::concat));
      // The server's side must end too, for it to allow another stream.
      for (long id = 0; id < 16; id += 4) {
        MuxStream s = pair.server().mux().stream(id);
        if (s != null && (s.isFinished() || s.resetCode() >= 0) && s.isWritable()) {
          s.finish();
        }
      }
    }
    assertAlive(pair, EarlyData.REFUSED);
    assertEquals(List.of(0L, 4L, 12L), List.copyOf(texts.keySet()));
    texts.values().forEach(text -> assertTrue(LONG.equals(text)));
    assertEquals(0, pair.server().mux().streamCount());
  }

  // --- Faults and attacks ---

  // RFC 9001 §9.2
  @Test
  void aReplayedFlightIsNotRead() {
    ConnectedPair pair = resuming();
    List<byte[]> flight = new ArrayList<>();
    pair.toServer = datagram -> flight.add(datagram.clone());
    ask(pair, "once");
    pair.deliverToServer();
    assertEquals("{0=once}", received(pair).toString());
    pair.settle();
    InetSocketAddress thief = new InetSocketAddress(InetAddress.getLoopbackAddress(), 666);
    // The same server, once the connection is forgotten: until then its datagrams go nowhere.
    pair.client.close(0, "", pair.now);
    pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
    pair.serverEndpoint.forget(pair.server());
    QuicConnection victim = null;
    for (byte[] datagram : flight) {
      QuicConnection found =
          pair.serverEndpoint.receive(thief, datagram, 0, datagram.length, pair.now);
      victim = found == null ? victim : found;
    }
    assertNotNull(victim);
    assertNull(victim.mux().pollStream());
    assertEquals(0, victim.mux().streamCount());
    assertFalse(victim.isHandshakeComplete());
  }

  // RFC 9000 §12.4
  @Test
  void framesThatAnswerTheServerAreAViolation() {
    ConnectedPair pair = resuming();
    pair.deliverToServer();
    pair.sendToServer(
        ConnectedPair.forge(pair.client, PacketType.ZERO_RTT, w -> w.handshakeDone()));
    pair.settle();
    CloseReason reason = ConnectedPair.closeReason(pair.serverEvents);
    assertNotNull(reason);
    assertEquals(TransportError.PROTOCOL_VIOLATION, reason.code());
  }

  // RFC 9000 §17.2.3: only clients send them.
  @Test
  void aClientReadsNone() {
    ConnectedPair pair = resuming();
    byte[] packet = ConnectedPair.forge(pair.client, PacketType.ZERO_RTT, w -> w.ping());
    pair.settle();
    long dropped = pair.client.statistics().packetsDropped();
    byte[] id = pair.client.localIds().first().toByteArray();
    System.arraycopy(id, 0, packet, 6, id.length);
    pair.clientEndpoint.receive(ConnectedPair.SERVER_ADDRESS, packet, 0, packet.length, pair.now);
    assertEquals(dropped + 1, pair.client.statistics().packetsDropped());
  }

  // RFC 9000 §7.4.1
  @Test
  void aServerThatAcceptsMustNotLowerLimits() throws Exception {
    TransportParameters remembered =
        TransportParameters.builder().initialMaxData(100).initialMaxStreamsBidi(3).build();
    for (boolean accepted : new boolean[] {true, false}) {
      ZeroRtt zeroRtt = newZeroRtt();
      zeroRtt.onOffered(remembered);
      if (accepted) {
        zeroRtt.onAccepted();
      } else {
        zeroRtt.onRefused();
      }
      zeroRtt.checkKept(
          TransportParameters.builder().initialMaxData(101).initialMaxStreamsBidi(3).build());
      TransportParameters lower =
          TransportParameters.builder().initialMaxData(1000).initialMaxStreamsBidi(2).build();
      if (accepted) {
        ProtocolException e = assertThrows(ProtocolException.class, () -> zeroRtt.checkKept(lower));
        assertEquals(TransportError.PROTOCOL_VIOLATION, e.code());
      } else {
        zeroRtt.checkKept(lower);
      }
    }
  }

  private static ZeroRtt newZeroRtt() {
    ChunkPool pool = new ChunkPool();
    return new ZeroRtt(
        new PacketNumberSpace(PacketSpace.APPLICATION, 0, pool),
        new PacketNumberSpace(PacketSpace.HANDSHAKE, 0, pool),
        new Mux(false, MuxConfig.DEFAULT, pool));
  }

  @Test
  void earlyDataIsSentAgainAfterARetry() {
    // RFC 9000 §17.2.5.3: the server has kept nothing of it.
    ConnectedPair pair =
        resuming(
            QuicConfig.DEFAULT.withAddressValidation(AddressValidationPolicy.ALWAYS), serverTls());
    ask(pair, "before the Retry");
    pair.deliverToServer();
    assertFalse(pair.hasServer());
    pair.deliverAnswers();
    pair.deliverToServer();
    assertEquals(Map.of(0L, "before the Retry"), received(pair));
    assertTrue(pair.server().concernsApplication());
    pair.settle();
    assertAlive(pair, EarlyData.ACCEPTED);
  }
}
