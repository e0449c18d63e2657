package dev.memux.session;

import dev.memux.netty.CarrierType;

final class QuicConformanceTest extends CarrierConformance {
  @Override
  public SessionPair connect(Settings settings) throws Exception {
    return new Loopback(settings, CarrierType.QUIC);
  }
}
