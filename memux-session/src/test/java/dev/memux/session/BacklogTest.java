package dev.memux.session;

import static dev.memux.session.Loopback.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.MuxException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** Sessions that nobody accepts. */
final class BacklogTest {
  @Test
  void sessionsThatNobodyAcceptsDoNotPileUp() throws Exception {
    try (Loopback loopback = new Loopback();
        SessionServer server =
            loopback
                .server(QuicConfig.DEFAULT)
                .backlog(2)
                .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      SessionClient client = loopback.client(QuicConfig.DEFAULT);
      Session first = client.connect(server.localAddress(), "localhost");
      Session second = client.connect(server.localAddress(), "localhost");
      await(() -> server.sessionCount() == 2);
      Session third = client.connect(server.localAddress(), "localhost");
      assertThrows(MuxException.Peer.class, third::accept);
      first.close(0, "");
      await(() -> server.sessionCount() == 1); // one that ended waits no more
      Session fourth = client.connect(server.localAddress(), "localhost");
      assertEquals(second.localAddress().getPort(), server.accept().remoteAddress().getPort());
      fourth.close(0, "");
      second.close(0, "");
    }
  }
}
