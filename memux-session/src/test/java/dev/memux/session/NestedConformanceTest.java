package dev.memux.session;

final class NestedConformanceTest extends CarrierConformance {
  @Override
  public SessionPair connect(Settings settings) throws Exception {
    return NestedPair.in(new Loopback(settings), 1, settings);
  }
}
