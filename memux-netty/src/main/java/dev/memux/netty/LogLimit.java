package dev.memux.netty;

import java.util.concurrent.TimeUnit;

/**
 * Lets only so many lines into the log of a kind that a peer may be able to provoke, or it could
 * fill a disk with them. Confined to one event loop.
 */
final class LogLimit {
  /** Lines in one {@link #PERIOD_NANOS}; further ones are counted. */
  static final int MAX_LINES = 10;

  static final long PERIOD_NANOS = TimeUnit.MINUTES.toNanos(1);

  private long periodEndNanos;
  private int lines;
  private boolean started;
  private long leftOut;

  /** Whether a line may be written now. */
  boolean admits(long nowNanos) {
    if (!started || nowNanos - periodEndNanos >= 0) {
      started = true;
      periodEndNanos = nowNanos + PERIOD_NANOS;
      lines = 0;
    }
    if (lines == MAX_LINES) {
      leftOut++;
      return false;
    }
    lines++;
    return true;
  }

  /** How many lines have not been written since this was last asked. */
  long takeLeftOut() {
    long count = leftOut;
    leftOut = 0;
    return count;
  }
}
