package dev.memux.netty;

import dev.memux.engine.CloseReason;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * What writes on streams fail with whose connection has ended. The {@linkplain #getCause() cause}
 * says whose doing that was.
 */
public final class ConnectionClosedException extends ClosedChannelException {
  private static final long serialVersionUID = 1L;

  private final transient CloseReason reason;
  private final long bytesAcknowledged;
  private transient @Nullable MuxException failure;

  ConnectionClosedException(CloseReason reason, long bytesAcknowledged) {
    this.reason = reason;
    this.bytesAcknowledged = bytesAcknowledged;
  }

  /** Who ended the connection and why. */
  public CloseReason reason() {
    return reason;
  }

  @Override
  public String getMessage() {
    return "connection " + CloseReasons.describe(reason);
  }

  /** Made when it is asked for: of ten thousand streams that end together few are asked. */
  @Override
  public synchronized MuxException getCause() {
    if (failure == null) {
      failure = MuxException.ofStream(reason, bytesAcknowledged);
    }
    return failure;
  }

  /** It tells of the connection, not of where the write came from. */
  @Override
  public Throwable fillInStackTrace() {
    return this;
  }
}
