package dev.memux.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.netty.MigrationException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
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

  @Test
  void goesOnFromAnotherSocket() throws Exception {
    // RFC 9000 §9.2
    try (Loopback loopback = new Loopback()) {
      StreamPair stream = loopback.stream();
      InetSocketAddress before = loopback.near.localAddress();
      stream.near().write(ByteBuffer.wrap(new byte[100_000]));
      InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      InetSocketAddress after = loopback.near.migrate(any);
      assertNotEquals(before, after);
      assertEquals(after, loopback.near.localAddress());
      stream.near().write(ByteBuffer.wrap(new byte[100_000]));
      stream.near().shutdownOutput();
      ByteBuffer all = ByteBuffer.allocate(200_001);
      while (stream.far().read(all) >= 0) {}
      assertEquals(200_000, all.position());
      Loopback.await(() -> after.equals(loopback.far.remoteAddress()));
    }
  }

  @Test
  void aServersEndStaysWhereItIs() throws Exception {
    try (Loopback loopback = new Loopback()) {
      InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      assertThrows(MigrationException.class, () -> loopback.far.migrate(any));
    }
  }
}
