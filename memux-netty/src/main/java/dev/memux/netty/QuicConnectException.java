package dev.memux.netty;

import dev.memux.engine.CloseReason;
import java.net.ConnectException;
import java.net.SocketAddress;

/** A connection ended before its handshake was complete; the message names a TLS alert. */
public final class QuicConnectException extends ConnectException {
  private static final long serialVersionUID = 1L;

  private final transient CloseReason reason;

  QuicConnectException(SocketAddress remote, CloseReason reason) {
    super("cannot connect to " + remote + ": " + CloseReasons.describe(reason));
    this.reason = reason;
  }

  /** Who ended it and why. */
  public CloseReason reason() {
    return reason;
  }

  /** Whether the peer did not answer in time. */
  public boolean isTimeout() {
    return reason.origin() == CloseReason.Origin.HANDSHAKE_TIMEOUT
        || reason.origin() == CloseReason.Origin.IDLE_TIMEOUT;
  }
}
