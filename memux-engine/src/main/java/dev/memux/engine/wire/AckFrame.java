package dev.memux.engine.wire;

import java.util.Arrays;

/**
 * A received ACK frame (RFC 9000 §19.3). One object serves all frames of a connection: it is valid
 * only while {@link FrameSink#onAck} runs.
 */
public final class AckFrame {
  /**
   * Ranges that are kept, the highest; more than fit a packet on a usual path. Each takes two bytes
   * of the peer's and sixteen of ours, for as long as the connection lives, and what lies below so
   * many gaps has long been declared lost.
   */
  public static final int MAX_RANGES = 1024;

  private static final int INITIAL_RANGES = 4;

  private long delay;
  private int rangeCount;
  private long[] smallest = new long[INITIAL_RANGES];
  private long[] largest = new long[INITIAL_RANGES];
  private boolean hasEcn;
  private long ect0;
  private long ect1;
  private long ce;

  /** The largest packet number acknowledged. */
  public long largest() {
    return largest[0];
  }

  /** The ACK Delay field as it came, before the exponent is applied. */
  public long delay() {
    return delay;
  }

  /** Number of ranges, at least 1. */
  public int rangeCount() {
    return rangeCount;
  }

  /** The smallest packet number of range {@code i}; range 0 is the highest. */
  public long smallest(int i) {
    return smallest[i];
  }

  /** The largest packet number of range {@code i}, inclusive. */
  public long largest(int i) {
    return largest[i];
  }

  /** Whether the frame carried ECN counts. */
  public boolean hasEcn() {
    return hasEcn;
  }

  public long ect0() {
    return ect0;
  }

  public long ect1() {
    return ect1;
  }

  public long ce() {
    return ce;
  }

  /** Begins a frame. */
  public void reset(long ackDelay) {
    delay = ackDelay;
    rangeCount = 0;
    hasEcn = false;
  }

  /** Adds the next lower range, both ends inclusive; without effect beyond {@link #MAX_RANGES}. */
  public void addRange(long rangeSmallest, long rangeLargest) {
    if (rangeCount == MAX_RANGES) {
      return;
    }
    if (rangeCount == smallest.length) {
      smallest = Arrays.copyOf(smallest, rangeCount * 2);
      largest = Arrays.copyOf(largest, rangeCount * 2);
    }
    smallest[rangeCount] = rangeSmallest;
    largest[rangeCount] = rangeLargest;
    rangeCount++;
  }

  /** Sets the ECN counts. */
  public void ecn(long ect0Count, long ect1Count, long ceCount) {
    hasEcn = true;
    ect0 = ect0Count;
    ect1 = ect1Count;
    ce = ceCount;
  }
}
