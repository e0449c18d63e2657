package dev.memux.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.CarrierType;
import dev.memux.netty.IoTransport;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is so over TCP alone. */
final class TcpSessionTest {
  @ParameterizedTest
  @EnumSource
  void tellsWhatItIsLike(IoTransport transport) throws Exception {
    try (Loopback loopback = new Loopback(QuicConfig.DEFAULT, transport, CarrierType.TCP)) {
      assertEquals(Loopback.ALPN, loopback.near.tls().applicationProtocol());
      assertEquals("localhost", loopback.near.tls().serverName());
      assertEquals("localhost", loopback.far.tls().serverName());
      assertEquals(1, loopback.near.tls().peerCertificates().size());
      assertEquals(loopback.server.localAddress(), loopback.near.remoteAddress());
      assertEquals(loopback.near.localAddress(), loopback.far.remoteAddress());
      assertEquals(transport.name().toLowerCase(Locale.ROOT) + " tcp", loopback.near.io());
    }
  }
}
