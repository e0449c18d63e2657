package dev.memux.engine.congestion;

/**
 * How much more is acknowledged at a time than the estimated rate explains (draft-ietf-ccwg-bbr,
 * "BBR.extra_acked"): so much has to be in flight in addition where acknowledgements come in
 * bursts.
 */
final class AckAggregation {
  private final WindowedMax extraBytes = new WindowedMax();
  private long startNanos;
  private long ackedBytes;

  /** Nothing was in flight for a while. */
  void restart(long nowNanos) {
    startNanos = nowNanos;
    ackedBytes = 0;
  }

  /**
   * @param bytesPerNano the estimated rate
   * @param mostBytes what is never exceeded
   * @param round the number of the round trip
   * @param rounds how many of them are remembered
   */
  void onAcked(
      long bytes, double bytesPerNano, double mostBytes, long round, int rounds, long nowNanos) {
    double expectedBytes = bytesPerNano * (nowNanos - startNanos);
    if (ackedBytes <= expectedBytes) {
      restart(nowNanos);
      expectedBytes = 0;
    }
    ackedBytes += bytes;
    extraBytes.update(Math.min(ackedBytes - expectedBytes, mostBytes), round, rounds);
  }

  double extraBytes() {
    return extraBytes.value();
  }
}
