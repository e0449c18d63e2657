package dev.memux.netty;

/**
 * The pace of a layer below of which nothing is known but what it takes. While it is full most of
 * the time, what it takes is what its path carries; at other times it says nothing of the path.
 */
final class MeasuredPace extends SendPace {
  /** Shorter spans say more about buffers than about the path. */
  static final long MIN_SAMPLE_NANOS = 20_000_000;

  private static final double NEW_SAMPLE_WEIGHT = 0.25;

  private double bytesPerNano;

  /** When the layer below was first found full; measured from one such time to another. */
  private long sinceNanos;

  private long bytes;
  private boolean measuring;

  @Override
  boolean isPolled() {
    return false;
  }

  @Override
  void onTaken(int taken, boolean hadToWait, long nowNanos) {
    if (!measuring) {
      if (hadToWait) {
        begin(nowNanos);
      }
      return;
    }
    bytes += taken;
    long spanNanos = nowNanos - sinceNanos;
    if (hadToWait && spanNanos >= MIN_SAMPLE_NANOS) {
      double sample = (double) bytes / spanNanos;
      bytesPerNano =
          bytesPerNano == 0 ? sample : bytesPerNano + NEW_SAMPLE_WEIGHT * (sample - bytesPerNano);
      onRate(bytesPerNano, 0);
      begin(nowNanos);
    }
  }

  /** The application has nothing to send: the path is no longer what limits. */
  @Override
  void onIdle() {
    measuring = false;
  }

  private void begin(long nowNanos) {
    measuring = true;
    sinceNanos = nowNanos;
    bytes = 0;
  }
}
