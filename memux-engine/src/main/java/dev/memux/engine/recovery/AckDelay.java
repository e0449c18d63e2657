package dev.memux.engine.recovery;

/**
 * The ACK Delay field: microseconds, scaled down by the ack_delay_exponent of whoever sends it (RFC
 * 9000 §19.3).
 */
public final class AckDelay {
  private AckDelay() {}

  public static long encode(long nanos, int exponent) {
    return (Math.max(nanos, 0) / 1000) >>> exponent;
  }

  /** Saturates: a peer may claim more than a long of nanoseconds holds. */
  public static long decodeNanos(long field, int exponent) {
    long maxField = (Long.MAX_VALUE / 1000) >>> exponent;
    return field > maxField ? Long.MAX_VALUE : (field << exponent) * 1000;
  }
}
