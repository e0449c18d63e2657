package dev.memux.engine.congestion;

/**
 * Spreads packets in flight over the round trip (RFC 9002 §7.7): a token bucket that fills at the
 * {@linkplain CongestionController#pacingBytesPerNano controller's rate}.
 *
 * <p>The bucket starts with, and at least holds, ten datagrams, the burst of an initial window that
 * RFC 9002 §7.7 allows: a short answer after a pause is not stretched over a round trip. Otherwise
 * it holds two batches, so that a timer that is late by one batch costs no throughput. While data
 * flows the bucket is near empty and {@link #batchBytes} bounds the bursts.
 *
 * <p>Say the rate ({@link #onRate}) before a batch, ask {@link #delayUntilNanos} before each packet
 * and report {@link #onSent} after. Packets that are not in flight (only ACK frames) are neither
 * asked for nor reported: delaying them would delay the peer's loss detection.
 */
public final class Pacer {
  private int maxDatagramBytes;
  private double tokenBytes;
  private long filledNanos = NEVER_FILLED;

  private double bytesPerNano;
  private int batchBytes;

  public Pacer(int maxDatagramBytes) {
    this.maxDatagramBytes = maxDatagramBytes;
    this.tokenBytes = minimumBurstBytes();
  }

  /** How fast packets may leave from now on. */
  public void onRate(double bytesPerNanosecond) {
    if (bytesPerNanosecond != bytesPerNano) {
      bytesPerNano = bytesPerNanosecond;
      batchBytes = batchBytes(bytesPerNano, maxDatagramBytes);
    }
  }

  /**
   * When that many bytes may leave.
   *
   * @return {@code nowNanos}: at once; otherwise the time to ask again
   */
  public long delayUntilNanos(long nowNanos, int bytes) {
    double capacity = Math.max(minimumBurstBytes(), 2.0 * batchBytes);
    fill(nowNanos, capacity);
    double missing = Math.min(bytes, capacity) - tokenBytes;
    return missing <= 0 ? nowNanos : nowNanos + (long) Math.ceil(missing / bytesPerNano);
  }

  /**
   * Bytes in flight left. Probes leave without asking, so the bucket can owe: later packets wait
   * for them.
   */
  public void onSent(int bytes) {
    tokenBytes -= bytes;
  }

  /** The most bytes to hand down in one batch. */
  public int batchBytes() {
    return batchBytes;
  }

  /**
   * What the path takes in a millisecond, at least two datagrams, at most one segmented send. On a
   * slow path the choice of what to send thus stays late.
   */
  static int batchBytes(double bytesPerNano, int datagramBytes) {
    double perMillisecond = bytesPerNano * 1_000_000;
    return (int) Math.min(MAX_BATCH_BYTES, Math.max(2.0 * datagramBytes, perMillisecond));
  }

  /** Full packets have another size from now on. */
  public void onDatagramBytes(int bytes) {
    maxDatagramBytes = bytes;
    batchBytes = batchBytes(bytesPerNano, bytes);
  }

  private void fill(long nowNanos, double capacity) {
    if (filledNanos != NEVER_FILLED && nowNanos > filledNanos) {
      tokenBytes += (nowNanos - filledNanos) * bytesPerNano;
    }
    // A window that shrank shrinks the bucket too: the burst it once allowed is no longer harmless.
    tokenBytes = Math.min(tokenBytes, capacity);
    filledNanos = nowNanos;
  }

  private int minimumBurstBytes() {
    return WindowLimits.initialBytes(maxDatagramBytes);
  }

  /**
   * One UDP_SEGMENT send carries at most 65,535 bytes with its headers; whole datagrams are cut to
   * fit by whoever fills it.
   */
  static final int MAX_BATCH_BYTES = 65_507;

  private static final long NEVER_FILLED = Long.MIN_VALUE;
}
