package dev.memux.sim.world;

/**
 * A batch holds what the path takes in a millisecond, or two packets: on a slow path the choice of
 * what is sent stays late, and bursts stay short (RFC 9002 §7.7).
 */
final class BatchInvariant {
  private static final double PACING_GAIN = 1.25;
  private static final int LEAST_PACKETS = 2;
  private static final long MILLI_NANOS = 1_000_000;

  private double mostBytes;
  private long bytes;

  /** A batch begins, of a sender whose window makes the pace. */
  void beforeTransmit(long windowBytes, long smoothedRttNanos, long packetBytes) {
    begin(PACING_GAIN * windowBytes * MILLI_NANOS / smoothedRttNanos, packetBytes);
  }

  /** A batch begins, of a sender that knows the rate of the path. */
  void beforePacedTransmit(long bytesPerSecond, long packetBytes) {
    begin(bytesPerSecond / 1e3, packetBytes);
  }

  private void begin(double inAMillisecond, long packetBytes) {
    mostBytes = Math.max((double) (LEAST_PACKETS * packetBytes), inAMillisecond);
    bytes = 0;
  }

  void onDatagramSent(int datagramBytes) {
    bytes += datagramBytes;
  }

  void afterTransmit() {
    if (bytes > mostBytes) {
      throw new Violation(
          BatchInvariant.class, "a batch of %d bytes, at most %.0f".formatted(bytes, mostBytes));
    }
  }
}
