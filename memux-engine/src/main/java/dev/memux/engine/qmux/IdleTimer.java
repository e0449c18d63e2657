package dev.memux.engine.qmux;

/**
 * Idle timeout and keep-alive (QMux §7.1). Only whole records count, in both directions: what the
 * layer below does to stay alive says nothing about the peer.
 */
final class IdleTimer {
  private static final long NEVER = Long.MAX_VALUE;
  private static final long MILLI_NANOS = 1_000_000;

  private final long keepAliveNanos;
  private long timeoutNanos;
  private long activeNanos;
  private boolean keepingAlive;

  /**
   * @param timeoutNanos our own limit, 0 for none
   */
  IdleTimer(long timeoutNanos, long keepAliveNanos, long nowNanos) {
    this.timeoutNanos = timeoutNanos;
    this.keepAliveNanos = keepAliveNanos;
    activeNanos = nowNanos;
  }

  /** The peer's limit, 0 for none: the lower one holds. Keep-alives begin. */
  void onPeerTimeoutMillis(long millis) {
    // RFC 9000 §18.2 allows 2^62-1 milliseconds, more than a long has nanoseconds.
    long nanos = Math.min(millis, QmuxConfig.MAX_TIMEOUT_NANOS / MILLI_NANOS) * MILLI_NANOS;
    if (nanos != 0) {
      timeoutNanos = timeoutNanos == 0 ? nanos : Math.min(timeoutNanos, nanos);
    }
    keepingAlive = keepAliveNanos > 0;
  }

  /** A record has come, or was sent, as a whole. */
  void onRecord(long nowNanos) {
    activeNanos = nowNanos;
  }

  /** When the connection is idle for too long. */
  long deadlineNanos() {
    return timeoutNanos == 0 ? NEVER : activeNanos + timeoutNanos;
  }

  /** When a QX_PING is due to keep the connection alive. */
  long keepAliveDeadlineNanos() {
    return keepingAlive ? activeNanos + keepAliveNanos : NEVER;
  }
}
