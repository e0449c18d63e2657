package dev.memux.http;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Why an exchange failed. The subclasses say who is to blame; the message is fit for people. */
public abstract sealed class HttpException extends IOException {
  private static final long serialVersionUID = 1;

  HttpException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** The host has no address. */
  public static final class Unresolved extends HttpException {
    private static final long serialVersionUID = 1;

    Unresolved(String host, Throwable cause) {
      super("could not resolve " + host, cause);
    }
  }

  /** No address of the host answered. */
  public static final class Unreachable extends HttpException {
    private static final long serialVersionUID = 1;

    Unreachable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** Something took longer than it was given. */
  public static final class TimedOut extends HttpException {
    private static final long serialVersionUID = 1;

    TimedOut(String message) {
      super(message, null);
    }
  }

  /** More is asked for at a time than is allowed to wait. */
  public static final class Overloaded extends HttpException {
    private static final long serialVersionUID = 1;

    Overloaded(String message) {
      super(message, null);
    }
  }

  /** The peer answered, but there is no secure connection. */
  public static final class HandshakeFailed extends HttpException {
    private static final long serialVersionUID = 1;

    HandshakeFailed(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** The peer's certificate is not one that we trust for that host. */
  public static final class Untrusted extends HttpException {
    private static final long serialVersionUID = 1;

    Untrusted(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** The peer, or we, gave up this one stream. */
  public static final class StreamReset extends HttpException {
    private static final long serialVersionUID = 1;
    private final long code;

    StreamReset(String message, long code) {
      this(message, code, null);
    }

    StreamReset(String message, long code, @Nullable Throwable cause) {
      super(message, cause);
      this.code = code;
    }

    /** The HTTP/3 error code (RFC 9114 §8.1), or -1 if it is not known. */
    public long code() {
      return code;
    }
  }

  /** The proxy will not, or cannot, make the tunnel that was asked for (RFC 9110 §9.3.6). */
  public static final class TunnelRefused extends HttpException {
    private static final long serialVersionUID = 1;
    private final int status;
    private final String reason;

    TunnelRefused(String proxy, String target, int status, String reason) {
      super(
          proxy + " refused " + target + ": " + status + (reason.isEmpty() ? "" : " " + reason),
          null);
      this.status = status;
      this.reason = reason;
    }

    /** The status of the proxy's answer, 300 or above. */
    public int status() {
      return status;
    }

    /** What the answer said, in one line; empty: nothing. */
    public String reason() {
      return reason;
    }
  }

  /** The connection ended before the exchange did. */
  public static final class ConnectionLost extends HttpException {
    private static final long serialVersionUID = 1;

    ConnectionLost(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** The peer broke the rules of HTTP. */
  public static final class Malformed extends HttpException {
    private static final long serialVersionUID = 1;

    Malformed(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
