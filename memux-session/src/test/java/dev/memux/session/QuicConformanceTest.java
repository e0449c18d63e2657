package dev.memux.session;

final class QuicConformanceTest extends CarrierConformance {
  @Override
  public SessionPair connect(Settings settings) throws Exception {
    return new Loopback(settings);
  }
}
