package dev.memux.netty;

import dev.memux.engine.CloseReason;
import java.nio.channels.ClosedChannelException;

/** What writes on streams fail with whose connection has ended. */
public final class ConnectionClosedException extends ClosedChannelException {
  private static final long serialVersionUID = 1L;

  private final transient CloseReason reason;

  ConnectionClosedException(CloseReason reason) {
    this.reason = reason;
  }

  /** Who ended the connection and why. */
  public CloseReason reason() {
    return reason;
  }

  @Override
  public String getMessage() {
    return "connection " + CloseReasons.describe(reason);
  }

  /** It tells of the connection, not of where the write came from. */
  @Override
  public Throwable fillInStackTrace() {
    return this;
  }
}
