package dev.memux.engine.quic;

import static dev.memux.engine.quic.ConnectedPair.SECOND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.mux.DatagramConfig;
import dev.memux.engine.mux.Datagrams;
import dev.memux.engine.mux.MuxConfig;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Unreliable datagrams in QUIC packets (RFC 9221). */
class DatagramExchangeTest {
  private static final QuicConfig CONFIG =
      QuicConfig.DEFAULT.withMux(MuxConfig.DEFAULT.withDatagrams(DatagramConfig.ENABLED));

  private final ConnectedPair pair = new ConnectedPair(CONFIG, CONFIG).settle();
  private final Datagrams client = pair.client.mux().datagrams();
  private final Datagrams server = pair.server().mux().datagrams();

  @Test
  void theLargestFillsADatagramOfThePath() {
    int most = client.maxPayloadBytes();
    assertTrue(most > 1100 && most < 1200, "at most " + most);
    for (int i = 0; i < 3; i++) {
      byte[] payload = new byte[most];
      Arrays.fill(payload, (byte) i);
      assertEquals(Datagrams.SendResult.QUEUED, client.send(ByteBuffer.wrap(payload)));
    }
    pair.settle();
    for (int i = 0; i < 3; i++) {
      byte[] received = server.poll();
      assertNotNull(received);
      assertEquals(most, received.length);
      assertEquals(i, received[most - 1]);
    }
  }

  @Test
  void aLostOneIsCountedOnceAndNeverSentAgain() {
    // RFC 9221 §5: not retransmitted, but ack-eliciting, so that its loss is noticed.
    pair.toServer = datagram -> false;
    client.send(ByteBuffer.allocate(500));
    pair.settle();
    pair.toServer = datagram -> true;
    pair.runUntil(pair.now + 5 * SECOND);
    assertNull(server.poll());
    assertTrue(pair.client.statistics().probesSent() > 0);
    assertEquals(1, pair.client.statistics().datagrams().lost());
    assertEquals(1, pair.client.statistics().datagrams().sent());
    assertEquals(0, pair.client.statistics().bytesInFlight());
  }

  @Test
  void whoSendsNothingElseIsNoBurden() {
    // RFC 9000 §21.9 is about packets that bring nothing; these bring what was sent.
    int received = 0;
    for (int i = 0; i < 3 * IdlePackets.ALLOWED; i++) {
      client.send(ByteBuffer.allocate(1000));
      pair.runUntil(pair.now + SECOND / 200);
      received += server.poll() == null ? 0 : 1;
    }
    assertTrue(pair.server().isOpen(), () -> "closed: " + pair.serverEvents);
    assertEquals(3 * IdlePackets.ALLOWED, received);
  }

  @Test
  void congestionControlHoldsThemBack() {
    // RFC 9221 §5.4
    pair.toServer = datagram -> false;
    for (int i = 0; i < 200; i++) {
      client.send(ByteBuffer.allocate(1000));
    }
    pair.runUntil(pair.now + SECOND / 100);
    ConnectionStatistics statistics = pair.client.statistics();
    assertTrue(statistics.bytesInFlight() <= statistics.windowBytes());
    assertTrue(statistics.datagrams().sent() < 20, statistics.toString());
  }
}
