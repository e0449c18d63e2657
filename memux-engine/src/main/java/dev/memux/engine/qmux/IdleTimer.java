package dev.memux.engine.qmux;

/**
 * Idle timeout and keep-alive (QMux §7.1). Only whole records count, in both directions: what the
 * layer below does to stay alive says nothing about the peer.
 *
 * <p>By that alone a connection would not end whose peer is gone while a deep buffer below still
 * takes what we send, keep-alives for instance. So a ping, which the peer has to answer, starts a
 * time of its own in which something has to come.
 */
final class IdleTimer {
  private static final long NEVER = Long.MAX_VALUE;
  private static final long MILLI_NANOS = 1_000_000;

  private final long keepAliveNanos;
  private long timeoutNanos;
  private long activeNanos;
  private long keptAliveNanos;

  /** Since when an answer is due and nothing at all has come; NEVER: none is. */
  private long awaitingSinceNanos = NEVER;

  private boolean keepingAlive;

  /**
   * @param timeoutNanos our own limit, 0 for none
   */
  IdleTimer(long timeoutNanos, long keepAliveNanos, long nowNanos) {
    this.timeoutNanos = timeoutNanos;
    this.keepAliveNanos = keepAliveNanos;
    activeNanos = nowNanos;
    keptAliveNanos = nowNanos;
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

  /** A record has come as a whole. */
  void onReceived(long nowNanos) {
    activeNanos = nowNanos;
    awaitingSinceNanos = NEVER;
  }

  /**
   * A record was sent as a whole.
   *
   * @param awaitsAnswer whether a ping of ours has not been answered
   */
  void onSent(boolean awaitsAnswer, long nowNanos) {
    activeNanos = nowNanos;
    if (awaitsAnswer && awaitingSinceNanos == NEVER) {
      awaitingSinceNanos = nowNanos;
    }
  }

  /** When the connection is idle for too long. */
  long deadlineNanos() {
    return timeoutNanos == 0 ? NEVER : Math.min(activeNanos, awaitingSinceNanos) + timeoutNanos;
  }

  /** When a QX_PING is due to keep the connection alive. */
  long keepAliveDeadlineNanos() {
    return keepingAlive ? Math.max(activeNanos, keptAliveNanos) + keepAliveNanos : NEVER;
  }

  /** A QX_PING is to be sent; it may have to wait for the layer below. */
  void onKeepAlive(long nowNanos) {
    keptAliveNanos = nowNanos;
  }
}
