package dev.memux.engine.quic;

/**
 * When a connection that hears nothing is over: idle timeout and keep-alive (RFC 9000 §10.1), and a
 * peer that does not answer.
 */
final class IdleTimer {
  /**
   * A peer that lives acknowledges within a round trip, and is asked again and again meanwhile.
   * This is long enough for a phone to find another network, and short enough for people to be
   * told.
   */
  static final long MAX_SILENCE_NANOS = 15_000_000_000L;

  private static final long NEVER = Long.MAX_VALUE;
  private static final long MILLI_NANOS = 1_000_000;

  private final long keepAliveNanos;
  private long timeoutNanos;
  private long restartedNanos;
  private long activeNanos;
  private boolean sentSinceReceived;
  private boolean keepingAlive;
  private boolean confirmed;

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

  /** Keep-alives begin when the handshake is over; before, it has a timeout of its own. */
  void onHandshakeConfirmed() {
    confirmed = true;
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

  /**
   * When the peer is lost: the first packet that it ought to have acknowledged since it was last
   * heard of has been without answer for half the idle timeout, or {@link #MAX_SILENCE_NANOS} if
   * that is less.
   *
   * @param ptoNanos the probe timeout: three of them must fit here, too
   */
  long silenceDeadlineNanos(long ptoNanos) {
    if (!confirmed || !sentSinceReceived) {
      return NEVER;
    }
    long limitNanos =
        timeoutNanos == 0 ? MAX_SILENCE_NANOS : Math.min(timeoutNanos / 2, MAX_SILENCE_NANOS);
    return restartedNanos + Math.max(limitNanos, 3 * ptoNanos);
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
