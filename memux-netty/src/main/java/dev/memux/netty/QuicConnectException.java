package dev.memux.netty;

import dev.memux.engine.CloseReason;
import io.netty.channel.ConnectTimeoutException;
import java.net.ConnectException;
import java.net.SocketAddress;

/**
 * A connection ended before its handshake was complete; the message names a TLS alert, the
 * {@linkplain #getCause() cause} says whose doing it was. Where the peer did not answer in time it
 * is Netty's {@link ConnectTimeoutException} instead.
 */
public final class QuicConnectException extends ConnectException {
  private static final long serialVersionUID = 1L;

  private final transient CloseReason reason;

  private QuicConnectException(String message, CloseReason reason) {
    super(message);
    this.reason = reason;
  }

  /** What an attempt to connect to {@code remote} fails with. */
  static ConnectException of(SocketAddress remote, CloseReason reason) {
    String message = "cannot connect to " + remote + ": " + CloseReasons.describe(reason);
    MuxException cause = MuxException.of(reason);
    ConnectException failure =
        cause instanceof MuxException.Timeout
            ? new ConnectTimeoutException(message)
            : new QuicConnectException(message, reason);
    failure.initCause(cause);
    return failure;
  }

  /** Who ended it and why. */
  public CloseReason reason() {
    return reason;
  }
}
