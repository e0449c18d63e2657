package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.TransportError;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Tokens for the next connection (RFC 9000 §8.1.3, §8.1.4, §19.7). */
class NewTokenTest {
  private static final InetSocketAddress OTHER_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 7777);

  private final SendBatch batch = new SendBatch();
  private final ConnectedPair pair =
      new ConnectedPair(
          QuicConfig.DEFAULT,
          QuicConfig.DEFAULT.withAddressValidation(AddressValidationPolicy.ALWAYS),
          ConnectedPair.shortHelloTls(),
          ConnectedPair.serverTls("test"));

  @Test
  void aServerGivesOneTokenAfterTheHandshake() {
    pair.settle();
    assertEquals(1, tokens(pair).size());
  }

  @Test
  void aLostTokenIsSentAgain() {
    boolean[] lose = {true};
    pair.toClient = d -> (d[0] & 0x80) != 0 || !lose[0]; // short headers are lost
    pair.settle();
    assertEquals(0, tokens(pair).size());
    lose[0] = false;
    pair.runUntil(pair.now + 2 * ConnectedPair.SECOND);
    assertEquals(1, tokens(pair).size());
  }

  @Test
  void whoShowsItNeedsNoRetryEvenFromAnotherPort() {
    // RFC 9000 §8.1.3: ports are not kept from one connection to the next.
    pair.settle();
    byte[] token = tokens(pair).getFirst();
    QuicConnection again = connect(token, OTHER_PORT);
    assertNotNull(again);
    assertTrue(again.stage() == HandshakeSlots.Stage.VALIDATED, again.stage().toString());
    assertFalse(pair.serverEndpoint.transmitStateless(batch));
  }

  @Test
  void itIsGoodForOneConnection() {
    // RFC 9000 §8.1.4: or whoever had the address once could have it flooded for a day.
    pair.settle();
    byte[] token = tokens(pair).getFirst();
    assertNotNull(connect(token, OTHER_PORT));
    assertRetried(token, OTHER_PORT);
  }

  @Test
  void itIsAsIfAbsentFromAnotherAddress() {
    // RFC 9000 §8.1.3: invalid tokens of this kind lead to a Retry, not to an error.
    pair.settle();
    assertRetried(tokens(pair).getFirst(), new InetSocketAddress(elsewhere(), 1111));
  }

  @Test
  void itIsAsIfAbsentWhenChangedOutdatedOrForeign() {
    pair.settle();
    byte[] token = tokens(pair).getFirst();
    for (int i = 1; i < token.length; i++) {
      byte[] changed = token.clone();
      changed[i] ^= 1;
      assertRetried(changed, ConnectedPair.CLIENT_ADDRESS);
    }
    assertRetried(new byte[300], ConnectedPair.CLIENT_ADDRESS);
    assertRetried(Arrays.copyOf(token, 1), ConnectedPair.CLIENT_ADDRESS);
    pair.now += AddressTokens.LATER_LIFETIME_NANOS + 1;
    assertRetried(token, ConnectedPair.CLIENT_ADDRESS);
  }

  @Test
  void anotherServersTokenIsAsIfAbsent() {
    ConnectedPair other = new ConnectedPair().settle();
    assertRetried(tokens(other).getFirst(), ConnectedPair.CLIENT_ADDRESS);
  }

  @Test
  void tokensTakenFromOneServerAreBounded() {
    pair.settle();
    for (int i = 0; i < 2 * QuicConnection.MAX_TOKENS; i++) {
      pair.forgeToClient(w -> w.newToken(new byte[] {5}));
    }
    assertEquals(QuicConnection.MAX_TOKENS, tokens(pair).size());
  }

  @Test
  void aTokenTooLongForInitialPacketsIsNotKept() {
    pair.settle();
    pair.forgeToClient(w -> w.newToken(new byte[ConnectionStart.MAX_TOKEN_BYTES + 1]));
    assertEquals(1, tokens(pair).size());
  }

  @Test
  void aClientThatSendsOneIsAtFault() {
    // RFC 9000 §19.7
    pair.settle();
    pair.sendToServer(
        ConnectedPair.forge(pair.client, PacketType.ONE_RTT, w -> w.newToken(new byte[] {1})));
    pair.settle();
    CloseReason reason = ConnectedPair.closeReason(pair.serverEvents);
    assertNotNull(reason);
    assertEquals(TransportError.PROTOCOL_VIOLATION, reason.code());
  }

  @Test
  void aSpentTokenIsRememberedUntilManyOthersWereSpent() {
    SpentTokens spent = new SpentTokens();
    assertTrue(spent.spend(5));
    assertFalse(spent.spend(5));
    assertTrue(spent.spend(5 + SpentTokens.SLOTS)); // in the same place
    assertTrue(spent.spend(5));
  }

  private void assertRetried(byte[] token, InetSocketAddress from) {
    int before = pair.serverEndpoint.connectionCount();
    connect(token, from);
    assertEquals(before, pair.serverEndpoint.connectionCount());
    assertTrue(pair.serverEndpoint.transmitStateless(batch));
    assertEquals((byte) 0xf0, batch.buffer()[0]); // Retry
    assertFalse(pair.serverEndpoint.transmitStateless(batch));
  }

  /** What the server makes of a new client's first datagram. */
  private @Nullable QuicConnection connect(byte[] token, InetSocketAddress from) {
    QuicConnection client =
        pair.clientEndpoint.connect(
            ConnectedPair.shortHelloTls(),
            "localhost",
            ConnectedPair.SERVER_ADDRESS,
            token,
            pair.now);
    assertTrue(client.transmit(batch, pair.now));
    byte[] first = Arrays.copyOf(batch.buffer(), batch.segmentBytes());
    return pair.serverEndpoint.receive(from, first, 0, first.length, pair.now);
  }

  private static InetAddress elsewhere() {
    try {
      return InetAddress.getByAddress(new byte[] {127, 0, 0, 2});
    } catch (java.net.UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<byte[]> tokens(ConnectedPair pair) {
    return pair.clientEvents.stream()
        .filter(e -> e instanceof ConnectionEvent.TokenReceived)
        .map(e -> ((ConnectionEvent.TokenReceived) e).token())
        .toList();
  }
}
