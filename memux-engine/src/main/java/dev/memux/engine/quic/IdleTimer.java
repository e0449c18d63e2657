package dev.memux.engine.quic;

/** Idle timeout and keep-alive (RFC 9000 §10.1). */
final class IdleTimer {
  private static final long NEVER = Long.MAX_VALUE;
  private static final long MILLI_NANOS = 1_000_000;

  private final long keepAliveNanos;
  private long timeoutNanos;
  private long restartedNanos;
  private long activeNanos;
  private boolean sentSinceReceived;
  private boolean keepingAlive;

  /**
   * @param timeoutNanos our own limit, 0 for none
   */
  IdleTimer(long timeoutNanos, long keepAliveNanos, long nowNanos) {
    this.timeoutNanos = timeoutNanos;
    this.keepAliveNanos = keepAliveNanos;
    restartedNanos = nowNanos;
    activeNanos = nowNanos;
  }

  /** The peer's limit, 0 for none: the lower one holds. */
  void onPeerTimeoutMillis(long millis) {
    // RFC 9000 §18.2 allows 2^62-1 milliseconds, more than a long has nanoseconds.
    long nanos = Math.min(millis, QuicConfig.MAX_TIMEOUT_NANOS / MILLI_NANOS) * MILLI_NANOS;
    if (nanos != 0) {
      timeoutNanos = timeoutNanos == 0 ? nanos : Math.min(timeoutNanos, nanos);
    }
  }

  /** Keep-alives begin when the handshake is over. */
  void onHandshakeConfirmed() {
    keepingAlive = keepAliveNanos > 0;
  }

  /** A packet was received and processed. */
  void onReceived(long nowNanos) {
    restartedNanos = nowNanos;
    activeNanos = nowNanos;
    sentSinceReceived = false;
  }

  /** An ack-eliciting packet was sent; only the first after a received one restarts the timer. */
  void onSent(long nowNanos) {
    activeNanos = nowNanos;
    if (!sentSinceReceived) {
      sentSinceReceived = true;
      restartedNanos = nowNanos;
    }
  }

  /**
   * When the connection is idle for too long.
   *
   * @param ptoNanos the probe timeout: three of them must fit, or a lost packet ends a connection
   */
  long deadlineNanos(long ptoNanos) {
    return timeoutNanos == 0 ? NEVER : restartedNanos + Math.max(timeoutNanos, 3 * ptoNanos);
  }

  /** When a PING is due to keep the connection alive. */
  long keepAliveDeadlineNanos() {
    return keepingAlive ? activeNanos + keepAliveNanos : NEVER;
  }

  /** A PING is on its way. */
  void onKeepAlive(long nowNanos) {
    activeNanos = nowNanos;
  }
}
