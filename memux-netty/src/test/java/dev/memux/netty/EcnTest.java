package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.engine.ConnectionStatistics;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 9000 §13.4 with the sockets of this machine. */
class EcnTest {
  private static final int BYTES = 100_000;

  /** Sockets that cannot tell codepoints report none, and ECN is not used (§13.4.2.1). */
  @ParameterizedTest
  @CsvSource({"EPOLL, 127.0.0.1", "EPOLL, ::1", "NIO, 127.0.0.1", "NIO, ::1"})
  void isUsedWhereSocketsTellCodepoints(IoTransport transport, String host) throws Exception {
    try (Loopback loopback = new Loopback(transport)) {
      boolean tells = transport == IoTransport.EPOLL && LinuxUdpSocket.isAvailable();
      QuicServer server =
          Loopback.get(
              loopback
                  .server()
                  .streamHandler(Loopback.initializer(Echo::new))
                  .bind(new InetSocketAddress(InetAddress.ofLiteral(host), 0)));
      MuxQuicChannel client = loopback.connect(server);
      Recorder answer = new Recorder();
      Loopback.open(client, answer).writeAndFlush(Unpooled.wrappedBuffer(new byte[BYTES]));
      Loopback.await(() -> answer.size() == BYTES);
      ConnectionStatistics statistics = Loopback.get(client.statistics());
      assertEquals(tells, statistics.ecnCapable());
      assertEquals(0, statistics.congestionMarks());
    }
  }
}
