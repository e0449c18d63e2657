package dev.memux.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.MuxException;
import io.netty.util.NetUtil;
import java.io.InterruptedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who waits for a connection, or for somebody to connect, and those whose own end goes away. */
final class ConnectTest {
  @Test
  void closingTheServerReleasesWhoAccepts() throws Exception {
    try (Loopback loopback = new Loopback()) {
      Blocked accepting = Blocked.in(() -> loopback.server.accept());
      loopback.near.close(0, "");
      loopback.server.close();
      accepting.failure(ClosedChannelException.class);
    }
  }

  @Test
  void aConnectionThatIsNotAnswered() throws Exception {
    QuicConfig config = QuicConfig.DEFAULT.withHandshakeTimeoutNanos(50_000_000);
    try (Loopback loopback = new Loopback();
        var silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      InetSocketAddress remote = (InetSocketAddress) silent.getLocalSocketAddress();
      assertThrows(
          MuxException.Timeout.class, () -> loopback.client(config).connect(remote, "localhost"));
      Blocked connecting =
          Blocked.in(() -> loopback.client(QuicConfig.DEFAULT).connect(remote, "localhost"));
      connecting.thread().interrupt();
      connecting.failure(InterruptedIOException.class);
    }
  }

  @Test
  void triesAllAddressesOfAName() throws Exception {
    try (Loopback loopback = new Loopback()) { // on 127.0.0.1 alone
      Session session =
          loopback
              .client(QuicConfig.DEFAULT)
              .connect("localhost", loopback.server.localAddress().getPort());
      assertEquals(loopback.server.localAddress(), session.remoteAddress());
    }
  }

  @Test
  void tellsWhyEachAddressDidNotDo() throws Exception {
    try (Loopback loopback = new Loopback()) {
      int port = loopback.server.localAddress().getPort();
      loopback.near.close(0, "");
      loopback.server.close();
      MuxException.CarrierLost failure =
          assertThrows(
              MuxException.CarrierLost.class,
              () -> loopback.client(QuicConfig.DEFAULT).connect("localhost", port));
      String told = failure.getMessage();
      assertTrue(told.startsWith("cannot connect to localhost:" + port + ": "), told);
      for (InetAddress address : InetAddress.getAllByName("localhost")) {
        assertTrue(
            told.contains(
                "QUIC to " + NetUtil.toSocketAddressString(new InetSocketAddress(address, port))),
            told);
      }
    }
  }

  @Test
  void theEventLoopThatIsShutDown() throws Exception {
    try (Loopback loopback = new Loopback(ReleaseContract.TIGHT)) {
      Stream near = loopback.stream().near();
      Blocked[] all = {
        Blocked.in(() -> near.read(ByteBuffer.allocate(10))),
        Blocked.in(() -> near.write(ByteBuffer.wrap(new byte[5_000_000]))),
        Blocked.in(() -> loopback.near.accept())
      };
      loopback.nearGroup.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      for (Blocked blocked : all) {
        blocked.failure(MuxException.CarrierLost.class);
      }
      assertThrows(MuxException.CarrierLost.class, () -> loopback.near.open());
      assertThrows(
          MuxException.CarrierLost.class, () -> near.write(ByteBuffer.wrap(new byte[500_000])));
    }
  }
}
