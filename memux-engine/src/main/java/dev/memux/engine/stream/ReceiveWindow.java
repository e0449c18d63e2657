package dev.memux.engine.stream;

import dev.memux.engine.memory.MemoryBudget;

/**
 * The credit we give a peer, for a stream or for a connection (RFC 9000 §4.1). The window is a
 * guess at the bandwidth-delay product: when half of it is consumed in less than two round trips it
 * may be what holds the sender back, and is doubled, up to a bound. So it follows the path, and an
 * idle stream keeps the small window that it began with. While memory is scarce windows do not
 * grow, or even shrink.
 */
public final class ReceiveWindow {
  /** The limit is still the initial one. */
  public static final long NEVER_RAISED = Long.MIN_VALUE;

  /** What windows shrink to when memory is scarce: some packets a round trip for everybody. */
  public static final long FLOOR_BYTES = 16 << 10;

  private final long maxWindowBytes;
  private long windowBytes;
  private long limit;
  private long consumed;
  private long raisedAtNanos = NEVER_RAISED;

  public ReceiveWindow(long initialWindowBytes, long maxWindowBytes) {
    this.windowBytes = initialWindowBytes;
    this.maxWindowBytes = Math.max(initialWindowBytes, maxWindowBytes);
    this.limit = initialWindowBytes;
  }

  /**
   * A window that has been in use.
   *
   * @param consumed how much of it
   * @param limit what the peer was told
   * @param raisedAtNanos when, {@link #NEVER_RAISED} if that was at the beginning
   */
  public ReceiveWindow(
      long windowBytes, long maxWindowBytes, long consumed, long limit, long raisedAtNanos) {
    this(windowBytes, maxWindowBytes);
    this.consumed = consumed;
    this.limit = limit;
    this.raisedAtNanos = raisedAtNanos;
  }

  /** When the limit was raised last: how fast it is used up says whether the window should grow. */
  public long raisedAtNanos() {
    return raisedAtNanos;
  }

  /** The highest offset, or sum of offsets, that the peer may send up to. */
  public long limit() {
    return limit;
  }

  /** The size of the window now. */
  public long windowBytes() {
    return windowBytes;
  }

  /** The application has taken {@code bytes}, or they were thrown away. */
  public void consume(long bytes) {
    consumed += bytes;
  }

  /** Whether so little credit is left that the peer should be told of more. */
  public boolean isLow() {
    return limit - consumed <= windowBytes / 2;
  }

  /**
   * Raises the limit to a window above what is consumed, after growing the window if the path asks
   * for it. Has no effect unless {@link #isLow}: a limit told again because a packet was lost says
   * nothing about the path.
   *
   * @param rttNanos smoothed round-trip time, 0 if unknown
   * @param pressure how scarce memory is
   * @return the limit
   */
  public long raise(long nowNanos, long rttNanos, MemoryBudget.Pressure pressure) {
    if (!isLow()) {
      return limit;
    }
    switch (pressure) {
      case NONE -> {
        if (raisedAtNanos != NEVER_RAISED && nowNanos - raisedAtNanos < 2 * rttNanos) {
          windowBytes = Math.min(2 * windowBytes, maxWindowBytes);
        }
      }
      case HIGH -> {}
      case CRITICAL -> windowBytes = Math.max(windowBytes / 2, Math.min(windowBytes, FLOOR_BYTES));
    }
    raisedAtNanos = nowNanos;
    limit = Math.max(limit, consumed + windowBytes);
    return limit;
  }

  /**
   * Makes the window at least {@code bytes}: a connection's must not be smaller than its streams'.
   */
  public void atLeast(long bytes) {
    windowBytes = Math.max(windowBytes, Math.min(bytes, maxWindowBytes));
  }
}
