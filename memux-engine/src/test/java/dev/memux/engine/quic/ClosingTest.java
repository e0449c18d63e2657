package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.TlsClientConfig;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClosingTest {
  @Test
  void codeAndReasonReachThePeer() {
    // RFC 9000 §10.2
    ConnectedPair pair = new ConnectedPair().settle();
    pair.client.close(42, "had enough", pair.now);
    pair.settle();
    CloseReason atServer = ConnectedPair.closeReason(pair.serverEvents);
    assertNotNull(atServer);
    assertEquals(new CloseReason(Origin.PEER, true, 42, 0, "had enough"), atServer);
    CloseReason atClient = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(atClient);
    assertEquals(Origin.LOCAL, atClient.origin());
  }

  @Test
  void anApplicationsReasonIsHiddenBeforeTheHandshakeEnds() {
    // RFC 9000 §10.2.3
    ConnectedPair pair = new ConnectedPair();
    pair.deliverToServer();
    pair.client.close(42, "secret", pair.now);
    pair.settle();
    CloseReason atServer = ConnectedPair.closeReason(pair.serverEvents);
    assertNotNull(atServer);
    assertFalse(atServer.application());
    assertEquals(TransportError.APPLICATION_ERROR, atServer.code());
    assertEquals("", atServer.reason());
  }

  @Test
  void aPeerThatHasAllKeysLearnsTheReasonBeforeTheHandshakeIsConfirmed() {
    // RFC 9000 §10.2.3: under all keys, and the newest of them by themselves and first.
    ConnectedPair pair = new ConnectedPair();
    pair.deliverToServer();
    pair.deliverToClient();
    pair.deliverToServer();
    List<Boolean> longHeaders = new ArrayList<>();
    pair.toServer = d -> longHeaders.add(d[0] < 0);
    pair.client.close(42, "not a secret", pair.now);
    pair.settle();
    CloseReason atServer = ConnectedPair.closeReason(pair.serverEvents);
    assertEquals(new CloseReason(Origin.PEER, true, 42, 0, "not a secret"), atServer);
    assertEquals(List.of(false, true), longHeaders.subList(0, 2));
  }

  @Test
  void bothEndsAreGoneAfterThreeProbeTimeouts() {
    // RFC 9000 §10.2
    ConnectedPair pair = new ConnectedPair().settle();
    pair.client.close(0, "", pair.now);
    pair.runUntil(pair.now + 10 * ConnectedPair.SECOND);
    assertTrue(pair.client.isTerminated());
    assertTrue(pair.server().isTerminated());
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.Terminated()));
    assertEquals(Long.MAX_VALUE, pair.client.deadlineNanos());
    pair.clientEndpoint.forget(pair.client);
    pair.serverEndpoint.forget(pair.server());
    assertEquals(0, pair.clientEndpoint.connectionCount());
    assertEquals(0, pair.serverEndpoint.connectionCount());
  }

  @Test
  void answersToPacketsWhileClosingBecomeRarer() {
    // RFC 9000 §10.2.1
    ConnectedPair pair = new ConnectedPair().settle();
    int[] answers = {0};
    pair.toClient =
        d -> {
          answers[0]++;
          return false;
        };
    pair.server().close(1, "", pair.now);
    for (int i = 0; i < 1000; i++) {
      pair.sendToServer(ConnectedPair.forge(pair.client, PacketType.ONE_RTT, FrameWriter::ping));
      pair.deliverToClient();
    }
    assertTrue(answers[0] >= 2 && answers[0] <= 12, answers[0] + " answers");
  }

  @Test
  void nothingIsSentWhileDraining() {
    // RFC 9000 §10.2.2
    ConnectedPair pair = new ConnectedPair().settle();
    pair.server().close(1, "", pair.now);
    pair.deliverToClient();
    pair.toClient = d -> false;
    SendBatch batch = new SendBatch();
    for (int i = 0; i < 10; i++) {
      byte[] ping = ConnectedPair.forge(pair.server(), PacketType.ONE_RTT, FrameWriter::ping);
      pair.clientEndpoint.receive(ConnectedPair.SERVER_ADDRESS, ping, 0, ping.length, pair.now);
      assertFalse(pair.client.transmit(batch, pair.now));
    }
  }

  @Test
  void anIdleConnectionEndsInSilence() {
    // RFC 9000 §10.1: the lower of both limits.
    QuicConfig shorter = QuicConfig.DEFAULT.withMaxIdleTimeoutNanos(5 * ConnectedPair.SECOND);
    ConnectedPair pair = new ConnectedPair(QuicConfig.DEFAULT, shorter).settle();
    pair.runUntil(pair.now + 4 * ConnectedPair.SECOND);
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    pair.toServer = d -> fail("sent after the end");
    pair.runUntil(pair.now + 3 * ConnectedPair.SECOND);
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(reason);
    assertEquals(Origin.IDLE_TIMEOUT, reason.origin());
    assertTrue(pair.client.isTerminated());
    assertTrue(pair.server().isTerminated());
  }

  @Test
  void aPeerThatStopsAnsweringIsLostLongBeforeTheIdleTimeout() {
    // RFC 9000 §10.1 leaves the idle timer as it is once something is under way without an answer.
    ConnectedPair pair = new ConnectedPair().settle();
    pair.runUntil(pair.now + 20 * ConnectedPair.SECOND); // nothing to say: nothing is missed
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    pair.toServer = d -> false;
    MuxStream stream = pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.write(ByteBuffer.wrap(new byte[] {1}));
    pair.runUntil(pair.now + IdleTimer.MAX_SILENCE_NANOS - ConnectedPair.SECOND);
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    pair.runUntil(pair.now + 2 * ConnectedPair.SECOND);
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(reason);
    assertEquals(Origin.CARRIER_LOST, reason.origin());
    assertTrue(pair.client.isTerminated());
  }

  @Test
  void aPeerWithAShortIdleTimeoutHasHalfOfItToAnswer() {
    QuicConfig shorter = QuicConfig.DEFAULT.withMaxIdleTimeoutNanos(4 * ConnectedPair.SECOND);
    ConnectedPair pair = new ConnectedPair(QuicConfig.DEFAULT, shorter).settle();
    pair.toClient = d -> false;
    MuxStream stream = pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.write(ByteBuffer.wrap(new byte[] {1}));
    pair.runUntil(pair.now + 1500 * ConnectedPair.MILLI);
    pair.toClient = d -> true;
    pair.runUntil(pair.now + 3 * ConnectedPair.SECOND); // one answer is enough
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    pair.toClient = d -> false;
    stream.write(ByteBuffer.wrap(new byte[] {1}));
    pair.runUntil(pair.now + 2100 * ConnectedPair.MILLI);
    CloseReason reason = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(reason);
    assertEquals(Origin.CARRIER_LOST, reason.origin());
  }

  private static boolean fail(String what) {
    throw new AssertionError(what);
  }

  @Test
  void keepAlivesPreventTheIdleTimeout() {
    // RFC 9000 §10.1.2
    QuicConfig keepAlive =
        QuicConfig.DEFAULT
            .withMaxIdleTimeoutNanos(5 * ConnectedPair.SECOND)
            .withKeepAliveNanos(2 * ConnectedPair.SECOND);
    ConnectedPair pair = new ConnectedPair(keepAlive, QuicConfig.DEFAULT).settle();
    pair.runUntil(pair.now + 60 * ConnectedPair.SECOND);
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    assertNull(ConnectedPair.closeReason(pair.serverEvents));
    long sent = pair.client.statistics().datagramsSent();
    assertTrue(sent < 60, sent + " datagrams for 30 keep-alives");
  }

  @Test
  void timeoutsThatNoClockReachesNeverEndAConnection() {
    // RFC 9000 §18.2: any variable-length integer of milliseconds is a valid idle timeout.
    QuicConfig endless =
        QuicConfig.DEFAULT
            .withMaxIdleTimeoutNanos(Long.MAX_VALUE)
            .withHandshakeTimeoutNanos(Long.MAX_VALUE)
            .withKeepAliveNanos(Long.MAX_VALUE);
    ConnectedPair pair = new ConnectedPair(endless, endless);
    pair.runUntil(pair.now + 3600 * ConnectedPair.SECOND);
    assertNull(ConnectedPair.closeReason(pair.clientEvents));
    assertNull(ConnectedPair.closeReason(pair.serverEvents));
    IdleTimer timer = new IdleTimer(0, 0, pair.now);
    timer.onPeerTimeoutMillis((1L << 62) - 1);
    assertTrue(timer.deadlineNanos(0) > pair.now + 3600 * ConnectedPair.SECOND);
  }

  @Test
  void whatFollowsACloseInItsPacketIsIgnored() {
    ConnectedPair pair = new ConnectedPair().settle();
    pair.forgeToServer(
        writer -> {
          writer.connectionClose(true, 1, 0, "first");
          writer.connectionClose(true, 2, 0, "second");
          writer.handshakeDone(); // a fault, in a packet of a client
        });
    CloseReason reason = ConnectedPair.closeReason(pair.serverEvents);
    assertEquals(new CloseReason(Origin.PEER, true, 1, 0, "first"), reason);
  }

  @Test
  void aServerLearnsWhyTheClientRefusedItsCertificate() {
    // RFC 9001 §4.8
    ConnectedPair pair =
        new ConnectedPair(
                QuicConfig.DEFAULT,
                QuicConfig.DEFAULT,
                TlsClientConfig.builder().applicationProtocols("test").build(),
                ConnectedPair.serverTls("test"))
            .settle();
    CloseReason atClient = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(atClient);
    CloseReason atServer = ConnectedPair.closeReason(pair.serverEvents);
    assertNotNull(atServer);
    assertEquals(Origin.PEER, atServer.origin());
    assertEquals(atClient.code(), atServer.code());
    assertEquals(TransportError.CRYPTO_ERROR, atServer.code() & ~0xff);
  }

  @Test
  void noStreamOpensAfterTheEnd() {
    ConnectedPair pair = new ConnectedPair().settle();
    pair.client.close(0, "", pair.now);
    assertNull(pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT));
  }

  @Test
  void aPathChallengeIsAnsweredAndTheirNumberBounded() {
    // RFC 9000 §8.2.2
    ConnectedPair pair = new ConnectedPair().settle();
    pair.forgeToServer(
        writer -> {
          for (int i = 0; i < 3 * PathResponses.MAX_PENDING; i++) {
            writer.pathChallenge(i);
          }
        });
    assertEquals(PathResponses.MAX_PENDING, pair.server().paths().active().responses().size());
    pair.deliverToClient(); // where the answers, never asked for, are a fault
    assertFalse(pair.server().paths().active().responses().hasPending());
    assertFalse(pair.client.isOpen());
  }
}
