package dev.memux.session;

import static dev.memux.session.Loopback.await;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.MuxException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a peer could make grow does not. */
final class LimitsTest {
  private static final int WINDOW_BYTES = 20_000;
  private static final int STREAMS = 10;

  private static Loopback loopback() throws Exception {
    MuxConfig mux = MuxConfig.DEFAULT.withWindows(WINDOW_BYTES, WINDOW_BYTES, 60_000, 60_000);
    return new Loopback(QuicConfig.DEFAULT.withMux(mux.withStreams(STREAMS, 0)));
  }

  @Test
  void creditIsGivenBackForWhatHasBeenReadAlone() throws Exception {
    // RFC 9000 §4.1: what the loop has taken from the engine, nobody has read yet.
    try (Loopback loopback = loopback()) {
      byte[] content = new byte[500_000];
      Stream near = loopback.near.open();
      CompletableFuture<Integer> writer = start(() -> near.write(ByteBuffer.wrap(content)));
      Stream far = loopback.far.accept();
      ByteBuffer little = ByteBuffer.allocate(100);
      assertEquals(100, far.inputStream().readNBytes(little.array(), 0, 100));
      for (int i = 0; i < 20; i++) {
        exchange(loopback);
      }
      long received = loopback.far.statistics().bytesReceived();
      assertTrue(received > WINDOW_BYTES && received < 3 * WINDOW_BYTES, received + " bytes");
      near.shutdownOutput(); // reset, if it is still writing
      writer.handle((written, failure) -> written).join();
    }
  }

  /** A round trip beside whatever else goes on. */
  private static void exchange(Loopback loopback) throws Exception {
    try (Stream near = loopback.near.open()) {
      near.write(ByteBuffer.wrap(new byte[] {1}));
      near.shutdownOutput();
      try (Stream far = loopback.far.accept()) {
        far.inputStream().readAllBytes();
      }
      assertEquals(-1, near.inputStream().read());
    }
  }

  @Test
  void streamsThatThePeerGivesUpDoNotPileUp() throws Exception {
    try (Loopback loopback = loopback()) {
      for (int i = 0; i < 30 * STREAMS; i++) {
        Stream stream = loopback.near.open(); // waits until one of those before is gone
        stream.reset(1);
        stream.stopSending(1);
      }
      Stream last = loopback.near.open();
      last.write(ByteBuffer.wrap(new byte[] {1}));
      int accepted = 1;
      while (loopback.far.accept().id() != last.id()) {
        accepted++;
      }
      assertTrue(accepted <= STREAMS, accepted + " streams waited");
    }
  }

  @Test
  void sessionsThatNobodyAcceptsDoNotPileUp() throws Exception {
    try (Loopback loopback = loopback();
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
