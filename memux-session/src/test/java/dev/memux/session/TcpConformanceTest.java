package dev.memux.session;

import dev.memux.netty.CarrierType;
import dev.memux.netty.IoTransport;
import org.junit.jupiter.api.Nested;

/** QMux over TLS and TCP. */
final class TcpConformanceTest {
  @Nested
  final class Epoll extends CarrierConformance {
    @Override
    public SessionPair connect(Settings settings) throws Exception {
      return new Loopback(settings, IoTransport.EPOLL, CarrierType.TCP);
    }
  }

  @Nested
  final class Nio extends CarrierConformance {
    @Override
    public SessionPair connect(Settings settings) throws Exception {
      return new Loopback(settings, IoTransport.NIO, CarrierType.TCP);
    }
  }
}
