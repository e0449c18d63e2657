package dev.memux.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What is so on QUIC alone. */
final class QuicSessionTest {
  @Test
  void tellsWhatItIsLike() throws Exception {
    try (Loopback loopback = new Loopback()) {
      assertEquals(loopback.server.localAddress(), loopback.near.remoteAddress());
      assertEquals(0, loopback.stream().near().id());
      SessionStatistics statistics = loopback.near.statistics();
      assertEquals(1200, statistics.packetBytes());
      assertTrue(statistics.bytesSent() >= 1200, statistics.toString());
      assertTrue(statistics.windowBytes() > 0, statistics.toString());
      assertTrue(
          loopback.near.io().matches("nio|epoll( gro)?( gso)?|ffm( gro)?( gso)?( ecn)?( pktinfo)?"),
          loopback.near.io());
    }
  }
}
