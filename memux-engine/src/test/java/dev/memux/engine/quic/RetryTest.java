package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.packet.RetryPacket;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Retry, seen from both ends (RFC 9000 §8.1.2, §17.2.5). */
class RetryTest {
  private static final ConnectionId SERVER_CHOICE = ConnectionId.of(new byte[] {9, 9, 9, 9, 9});
  private static final byte[] TOKEN = {1, 2, 3};

  private final ConnectedPair pair = demandingPair();
  private final List<byte[]> toServer = new ArrayList<>();
  private final List<byte[]> toClient = new ArrayList<>();

  RetryTest() {
    pair.toServer = d -> toServer.add(d.clone());
    pair.toClient = d -> toClient.add(d.clone());
  }

  private static ConnectedPair demandingPair() {
    return new ConnectedPair(
        QuicConfig.DEFAULT,
        QuicConfig.DEFAULT.withAddressValidation(AddressValidationPolicy.ALWAYS),
        ConnectedPair.shortHelloTls(),
        ConnectedPair.serverTls("test"));
  }

  @Test
  void aHandshakeSucceedsThroughARetry() {
    pair.settle();
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    assertEquals(PacketType.RETRY, parse(toClient.getFirst()).type());
    TransportParameters parameters = pair.client.peerParameters();
    assertNotNull(parameters);
    PacketHeader retry = parse(toClient.getFirst());
    assertArrayEquals(
        Arrays.copyOfRange(
            toClient.getFirst(), retry.scidFrom(), retry.scidFrom() + retry.scidLength()),
        parameters.retrySourceConnectionId()); // RFC 9000 §7.3
    assertArrayEquals(
        pair.client.start().original().toByteArray(), parameters.originalDestinationConnectionId());
    assertEquals(1, pair.serverEndpoint.connectionCount());
  }

  @Test
  void noStateIsKeptForWhoHasNotAnswered() {
    pair.deliverToServer();
    assertFalse(pair.hasServer());
    assertEquals(0, pair.serverEndpoint.connectionCount());
    assertEquals(0, pair.serverEndpoint.connectionIdCount());
  }

  @Test
  void theAnswerIsFarSmallerThanWhatItAnswers() {
    // RFC 9000 §8.1: three times at most; a Retry need not come near.
    pair.deliverToServer();
    pair.deliverAnswers();
    assertTrue(toClient.getFirst().length < 200, toClient.getFirst().length + " bytes");
  }

  @Test
  void packetNumbersGoOn() {
    // RFC 9000 §17.2.5.3: a client must not reset them, whatever keys are used then.
    pair.deliverToServer();
    long next = pair.client.initialSpace().nextPacketNumber;
    assertNotEquals(0, next);
    pair.deliverAnswers();
    pair.deliverToServer();
    assertTrue(pair.client.initialSpace().nextPacketNumber > next);
    assertEquals(next, pair.server().initialSpace().received.largest());
  }

  @Test
  void laterInitialPacketsCarryTheTokenAndGoWhereTheRetrySaid() {
    // RFC 9000 §17.2.5.3
    pair.deliverToServer();
    pair.deliverAnswers();
    pair.deliverToServer();
    byte[] retry = toClient.getFirst();
    PacketHeader header = parse(retry);
    byte[] second = toServer.get(1);
    PacketHeader initial = parse(second);
    assertEquals(PacketType.INITIAL, initial.type());
    assertEquals(QuicConfig.MIN_DATAGRAM_BYTES, second.length);
    assertArrayEquals(
        Arrays.copyOfRange(retry, header.tokenFrom(), header.tokenFrom() + header.tokenLength()),
        Arrays.copyOfRange(
            second, initial.tokenFrom(), initial.tokenFrom() + initial.tokenLength()));
    assertArrayEquals(
        Arrays.copyOfRange(retry, header.scidFrom(), header.scidFrom() + header.scidLength()),
        Arrays.copyOfRange(second, initial.dcidFrom(), initial.dcidFrom() + initial.dcidLength()));
  }

  @Test
  void theClientsAddressIsValidatedByItsAnswer() {
    // RFC 9000 §8.1: a long certificate chain goes out at once.
    ConnectedPair large =
        new ConnectedPair(
            QuicConfig.DEFAULT,
            QuicConfig.DEFAULT.withAddressValidation(AddressValidationPolicy.ALWAYS),
            ConnectedPair.shortHelloTls(),
            ConnectedPair.serverTls("test", 4).build());
    large.deliverToServer();
    large.deliverAnswers();
    large.deliverToServer();
    long received = large.bytesToServer;
    large.deliverToClient();
    assertTrue(large.bytesToClient > 3 * received, large.bytesToClient + " to " + received);
    assertTrue(large.settle().clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
  }

  @Test
  void aLostRetryIsAskedForAgain() {
    pair.deliverToServer();
    pair.toClient = d -> false;
    pair.deliverAnswers();
    pair.toClient = d -> true;
    pair.runUntil(pair.now + 3 * ConnectedPair.SECOND);
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
  }

  @Test
  void theSecondRetryIsIgnoredAndSoIsALateOne() {
    // RFC 9000 §17.2.5.2: at most one for each connection attempt.
    pair.deliverToServer();
    byte[] first = toServer.getFirst();
    pair.sendToServer(first.clone()); // a copy, which is answered as well
    pair.deliverAnswers();
    assertEquals(2, toClient.size());
    ConnectionId accepted = pair.client.start().retrySource();
    byte[] firstRetry = toClient.getFirst();
    assertNotNull(accepted);
    assertTrue(accepted.matches(firstRetry, parse(firstRetry).scidFrom(), accepted.length()));
    pair.settle();
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
    pair.sendToClient(firstRetry.clone());
    pair.settle();
    assertTrue(pair.client.isOpen());
  }

  @Test
  void aRetryAfterAnyPacketOfTheServersIsIgnored() {
    // RFC 9000 §17.2.5.2: it can only be an attacker's, or late.
    ConnectedPair other = ConnectedPair.withShortHello();
    other.deliverToServer();
    other.deliverToClient();
    other.sendToClient(retry(other, SERVER_CHOICE, TOKEN));
    assertNull(other.client.start().retrySource());
    other.settle();
    assertTrue(other.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
  }

  @Test
  void aChangedRetryIsIgnored() {
    // RFC 9000 §17.2.5.2, RFC 9001 §5.8: each byte of it is protected.
    pair.deliverToServer();
    byte[] retry = retry(pair, SERVER_CHOICE, TOKEN);
    for (int i = 0; i < retry.length; i++) {
      byte[] changed = retry.clone();
      changed[i] ^= 0x10;
      pair.sendToClient(changed);
      assertNull(pair.client.start().retrySource(), "byte " + i);
    }
    pair.sendToClient(retry);
    assertEquals(SERVER_CHOICE, pair.client.start().retrySource());
  }

  @Test
  void aRetryForAnotherConnectionIsIgnored() {
    // RFC 9001 §5.8: the tag covers where the client's first packet went.
    ConnectedPair other = ConnectedPair.withShortHello();
    byte[] out = new byte[200];
    int end =
        RetryPacket.write(
            QuicVersion.V1,
            out,
            0,
            pair.client.localIds().first(),
            SERVER_CHOICE,
            TOKEN,
            other.client.start().original());
    pair.sendToClient(Arrays.copyOf(out, end));
    assertNull(pair.client.start().retrySource());
  }

  @Test
  void aRetryThatNamesTheClientsOwnChoiceIsIgnored() {
    // RFC 9000 §17.2.5.1
    pair.sendToClient(retry(pair, pair.client.start().original(), TOKEN));
    assertNull(pair.client.start().retrySource());
  }

  @Test
  void aRetryWithATokenTooLongForInitialPacketsIsIgnored() {
    pair.sendToClient(retry(pair, SERVER_CHOICE, new byte[ConnectionStart.MAX_TOKEN_BYTES + 1]));
    assertNull(pair.client.start().retrySource());
    pair.sendToClient(retry(pair, SERVER_CHOICE, new byte[ConnectionStart.MAX_TOKEN_BYTES]));
    assertEquals(SERVER_CHOICE, pair.client.start().retrySource());
    pair.deliverToServer();
    assertEquals(QuicConfig.MIN_DATAGRAM_BYTES, toServer.getLast().length);
  }

  @Test
  void aRetryIsNothingForAServer() {
    pair.settle();
    byte[] out = new byte[200];
    ConnectionId id = pair.server().localIds().first();
    int end = RetryPacket.write(QuicVersion.V1, out, 0, id, SERVER_CHOICE, TOKEN, id);
    pair.sendToServer(Arrays.copyOf(out, end));
    assertTrue(pair.server().isOpen());
  }

  @Test
  void aServerThatHidesTheRetryIsNotTrusted() {
    // RFC 9000 §7.3: a Retry that the server knows nothing of was an attacker's.
    ConnectedPair other = ConnectedPair.withShortHello();
    other.sendToClient(retry(other, SERVER_CHOICE_8, TOKEN));
    assertEquals(SERVER_CHOICE_8, other.client.start().retrySource());
    other.settle();
    CloseReason reason = ConnectedPair.closeReason(other.clientEvents);
    assertNotNull(reason);
    assertEquals(TransportError.TRANSPORT_PARAMETER_ERROR, reason.code(), reason.toString());
  }

  private static final ConnectionId SERVER_CHOICE_8 = ConnectionId.of(new byte[8]);

  @Test
  void versionNegotiationAfterARetryIsIgnored() {
    // RFC 9000 §6.2: only as the first answer.
    pair.deliverToServer();
    pair.deliverAnswers();
    pair.sendToClient(versionNegotiation());
    assertTrue(pair.client.isOpen());
  }

  private byte[] versionNegotiation() {
    byte[] dcid = pair.client.localIds().first().toByteArray();
    byte[] scid = pair.client.start().original().toByteArray();
    byte[] out = new byte[5 + 1 + dcid.length + 1 + scid.length + 4];
    out[0] = (byte) 0xc0;
    out[5] = (byte) dcid.length;
    System.arraycopy(dcid, 0, out, 6, dcid.length);
    out[6 + dcid.length] = (byte) scid.length;
    System.arraycopy(scid, 0, out, 7 + dcid.length, scid.length);
    out[out.length - 1] = 2;
    return out;
  }

  @Test
  void aTokenFromAnotherPortIsRefused() {
    // RFC 9000 §8.1.3: the client takes no other Retry, so it is told to give up.
    pair.deliverToServer();
    pair.deliverAnswers();
    pair.toServer = d -> false;
    byte[] second = record(pair);
    pair.serverEndpoint.receive(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 1112),
        second,
        0,
        second.length,
        pair.now);
    assertEquals(0, pair.serverEndpoint.connectionCount());
    pair.deliverAnswers();
    pair.settle();
    assertInvalidToken();
  }

  @Test
  void aTokenThatIsTooOldIsRefused() {
    // RFC 9000 §8.1.3
    pair.deliverToServer();
    pair.deliverAnswers();
    pair.now += AddressTokens.RETRY_LIFETIME_NANOS + 1;
    pair.settle();
    assertInvalidToken();
  }

  @Test
  void aDamagedTokenIsIgnored() {
    // RFC 9000 §8.1.3: the packet must be otherwise valid. A repetition may arrive in one piece.
    pair.deliverToServer();
    pair.deliverAnswers();
    byte[] second = record(pair);
    second[parse(second).tokenFrom() + 20] ^= 1;
    pair.sendToServer(second);
    assertEquals(0, pair.serverEndpoint.connectionCount());
    assertFalse(pair.serverEndpoint.transmitStateless(new SendBatch()));
    pair.runUntil(pair.now + 2 * ConnectedPair.SECOND);
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
  }

  @Test
  void aTokenShownAtAnotherConnectionIdIsRefused() {
    // It names where the client was before, so it must not serve another connection.
    pair.deliverToServer();
    pair.deliverAnswers();
    byte[] retry = toClient.getFirst();
    PacketHeader header = parse(retry);
    byte[] token =
        Arrays.copyOfRange(retry, header.tokenFrom(), header.tokenFrom() + header.tokenLength());
    QuicConnection other =
        pair.clientEndpoint.connect(
            ConnectedPair.shortHelloTls(),
            "localhost",
            ConnectedPair.SERVER_ADDRESS,
            token,
            pair.now);
    SendBatch batch = new SendBatch();
    assertTrue(other.transmit(batch, pair.now));
    pair.sendToServer(Arrays.copyOf(batch.buffer(), batch.segmentBytes()));
    assertEquals(0, pair.serverEndpoint.connectionCount());
    assertTrue(pair.serverEndpoint.transmitStateless(new SendBatch()));
  }

  private static byte[] record(ConnectedPair pair) {
    SendBatch batch = new SendBatch();
    assertTrue(pair.client.transmit(batch, pair.now));
    return Arrays.copyOf(batch.buffer(), batch.segmentBytes());
  }

  private void assertInvalidToken() {
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(reason);
    assertEquals(CloseReason.Origin.PEER, reason.origin());
    assertEquals(TransportError.INVALID_TOKEN, reason.code());
  }

  @Test
  void retriesThatWaitAreBounded() {
    byte[] first = record(pair);
    for (int i = 0; i < 2 * StatelessAnswers.MAX_PENDING; i++) {
      pair.sendToServer(first.clone());
    }
    SendBatch batch = new SendBatch();
    int answers = 0;
    while (pair.serverEndpoint.transmitStateless(batch)) {
      answers++;
    }
    assertEquals(StatelessAnswers.MAX_PENDING, answers);
  }

  @Test
  void theRetryResetsTheProbeTimerAndFreesTheWindow() {
    // RFC 9002 §6.3, §6.2.4: what was sent before is neither lost nor in flight.
    pair.deliverToServer();
    pair.toClient = d -> false;
    pair.deliverAnswers();
    pair.runUntil(pair.now + 2 * ConnectedPair.SECOND);
    assertTrue(pair.client.recovery().ptoCount() > 0);
    pair.sendToClient(retry(pair, SERVER_CHOICE, TOKEN));
    assertEquals(0, pair.client.recovery().ptoCount());
    assertEquals(0, pair.client.recovery().bytesInFlight());
    assertEquals(0, pair.client.recovery().probesPending(PacketSpace.INITIAL));
    assertEquals(0, pair.client.statistics().packetsLost());
  }

  private static byte[] retry(ConnectedPair pair, ConnectionId source, byte[] token) {
    byte[] out = new byte[100 + token.length];
    int end =
        RetryPacket.write(
            QuicVersion.V1,
            out,
            0,
            pair.client.localIds().first(),
            source,
            token,
            pair.client.start().original());
    return Arrays.copyOf(out, end);
  }

  private static PacketHeader parse(byte[] datagram) {
    PacketHeader header = new PacketHeader();
    assertTrue(header.parse(datagram, 0, datagram.length, 8));
    return header;
  }
}
