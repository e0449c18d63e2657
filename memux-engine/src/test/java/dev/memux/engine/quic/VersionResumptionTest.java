package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.EarlyData;
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
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What one connection leaves for the next is of its version: RFC 9369 §5. */
class VersionResumptionTest {
  private static final QuicVersion V1 = QuicVersion.V1;
  private static final QuicVersion V2 = QuicVersion.V2;

  private final VersionWatch wire = new VersionWatch();

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
    return wire.watched(new ConnectedPair(client, server, clientTls, serverTls));
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
    VersionWatch.assertConfirmed(
        resuming(QuicConfig.DEFAULT, VersionWatch.config(V2, V1)).settle(), V2);
    wire.toServer.clear();
    ConnectedPair again = resuming(QuicConfig.DEFAULT, VersionWatch.config(V2, V1));
    assertEquals(V2, again.client.version().begun());
    assertNotNull(sendEarly(again));
    again.settle();
    assertEquals(EarlyData.ACCEPTED, session(again.clientEvents).earlyData());
    assertTrue(session(again.clientEvents).resumed());
    assertEquals(9, received(again));
    assertTrue(wire.toServer.stream().allMatch(s -> s.version() == V2));
  }

  /** RFC 9369 §5: a client must not. */
  @Test
  void aSessionOfAVersionThatIsNotSpokenAnyMoreIsNotOffered() {
    VersionWatch.assertConfirmed(
        resuming(VersionWatch.config(V2), VersionWatch.config(V2)).settle(), V2);
    ConnectedPair again = resuming(VersionWatch.config(V1), QuicConfig.DEFAULT).settle();
    VersionWatch.assertConfirmed(again, V1);
    assertFalse(session(again.clientEvents).resumed());
  }

  /** RFC 9369 §5: a server must not take it; the handshake is a full one. */
  @Test
  void aTicketOfAnotherVersionIsNotTaken() {
    VersionWatch.assertConfirmed(
        resuming(VersionWatch.config(V2), VersionWatch.config(V2)).settle(), V2);
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
    VersionWatch.assertConfirmed(
        resuming(QuicConfig.DEFAULT, VersionWatch.config(V1, V2)).settle(), V1);
    wire.toServer.clear();
    ConnectedPair again = resuming(QuicConfig.DEFAULT, VersionWatch.config(V2, V1));
    assertNotNull(sendEarly(again));
    again.settle();
    assertEquals(EarlyData.ACCEPTED, session(again.clientEvents).earlyData());
    assertEquals(9, received(again));
    assertEquals(List.of(V1), VersionWatch.versions(wire.toServer, PacketType.ZERO_RTT));
    assertEquals(V2.code(), again.client.statistics().quicVersion());
  }

  /** RFC 9001 §4.6.2: what nobody has kept is sent again. */
  @Test
  void earlyDataSurvivesVersionNegotiation() {
    VersionWatch.assertConfirmed(
        resuming(QuicConfig.DEFAULT, VersionWatch.config(V2, V1)).settle(), V2);
    ConnectedPair again = resuming(QuicConfig.DEFAULT, VersionWatch.config(V1));
    assertEquals(V2, again.client.version().begun());
    assertNotNull(sendEarly(again));
    again.settle();
    VersionWatch.assertConfirmed(again, V1);
    assertTrue(wire.negotiations > 0);
    assertEquals(EarlyData.REFUSED, session(again.clientEvents).earlyData());
    assertFalse(session(again.clientEvents).resumed());
  }

  // Tokens.

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
    ConnectedPair pair = wire.pair(QuicConfig.DEFAULT, VersionWatch.config(V2, V1)).settle();
    byte[] token = token(pair);
    assertEquals(V2, VersionedToken.decode(token).version());
    QuicConnection again = connect(QuicConfig.DEFAULT, token);
    assertEquals(V2, again.version().begun());
    assertNotEquals(0, again.start().token().length);
    QuicConnection older = connect(VersionWatch.config(V1), token);
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
