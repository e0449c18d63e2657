package dev.memux.session;

final class TwiceNestedConformanceTest extends CarrierConformance {
  @Override
  public SessionPair connect(Settings settings) throws Exception {
    return NestedPair.in(new Loopback(settings), 2, settings);
  }
}
