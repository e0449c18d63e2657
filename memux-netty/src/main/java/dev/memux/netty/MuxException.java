package dev.memux.netty;

import dev.memux.engine.CloseReason;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.AlertDescription;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Why a connection or a stream came to an end before its time. The subclasses say whose doing it
 * was, and so what a program can do about it; the message is fit for people.
 *
 * <p>Netty's channels fail with the exceptions that Netty's users know and have one of these as
 * their {@linkplain #behind cause}.
 */
public abstract sealed class MuxException extends IOException {
  private static final long serialVersionUID = 1;

  MuxException(String message) {
    super(message);
  }

  /** One of the same kind that tells more, and that this one has caused. */
  public final MuxException withMessage(String message) {
    MuxException telling =
        switch (this) {
          case Peer e -> new Peer(message, e.code(), e.reason());
          case Transport e -> new Transport(message, e.code(), e.reason(), e.isByPeer());
          case Timeout e -> new Timeout(message);
          case CarrierLost e -> new CarrierLost(message, e.bytesAcknowledged());
          case Local e -> new Local(message, e.code(), e.reason());
        };
    telling.initCause(this);
    return telling;
  }

  /** The application at the other end closed the connection, or gave up the stream, with a code. */
  public static final class Peer extends MuxException {
    private static final long serialVersionUID = 1;
    private final long code;
    private final String reason;

    /**
     * @param code the application protocol's error code (RFC 9000 §20.2)
     * @param reason what the peer said; empty: nothing
     */
    public Peer(String message, long code, String reason) {
      super(message);
      this.code = code;
      this.reason = reason;
    }

    /** The application protocol's error code (RFC 9000 §20.2). */
    public long code() {
      return code;
    }

    /** What the peer said about it; empty: nothing. */
    public String reason() {
      return reason;
    }
  }

  /** The ends do not understand each other: a protocol error, found by either, or a TLS alert. */
  public static final class Transport extends MuxException {
    private static final long serialVersionUID = 1;
    private static final long LAST_CRYPTO_ERROR = TransportError.CRYPTO_ERROR + 0xff;
    private final long code;
    private final String reason;
    private final boolean byPeer;

    /**
     * @param code of RFC 9000 §20.1; 0 if there is no common version
     * @param reason what was said about it; empty: nothing
     * @param byPeer whether the peer found the error, not this end
     */
    public Transport(String message, long code, String reason, boolean byPeer) {
      super(message);
      this.code = code;
      this.reason = reason;
      this.byPeer = byPeer;
    }

    /** The error code of RFC 9000 §20.1; 0 if there is no common version. */
    public long code() {
      return code;
    }

    /** What was said about it; empty: nothing. */
    public String reason() {
      return reason;
    }

    /** Whether the peer found the error, not this end. */
    public boolean isByPeer() {
      return byPeer;
    }

    /** Whether it is a TLS alert (RFC 9001 §4.8), so that there never was a secure connection. */
    public boolean isTlsAlert() {
      return code >= TransportError.CRYPTO_ERROR && code <= LAST_CRYPTO_ERROR;
    }

    /** Whether this end does not trust the peer's certificate (RFC 8446 §6.2). */
    public boolean isCertificateRefused() {
      long alert = code - TransportError.CRYPTO_ERROR;
      return !byPeer
          && ((alert >= AlertDescription.BAD_CERTIFICATE.code()
                  && alert <= AlertDescription.CERTIFICATE_UNKNOWN.code())
              || alert == AlertDescription.UNKNOWN_CA.code());
    }
  }

  /**
   * Nothing came in time: the handshake's end, any packet at all, or what a deadline was set for.
   */
  public static final class Timeout extends MuxException {
    private static final long serialVersionUID = 1;

    /** Says what did not come. */
    public Timeout(String message) {
      super(message);
    }
  }

  /**
   * What carries the connection is gone: its socket was closed under it, the other host says that
   * nobody listens there, the peer does not answer any more, or says that it has lost the
   * connection (RFC 9000 §10.3). To a stream in flight a connection that idled away is lost, too.
   */
  public static final class CarrierLost extends MuxException {
    private static final long serialVersionUID = 1;
    private final long bytesAcknowledged;

    /**
     * @param bytesAcknowledged how much of the stream, from its start, the peer is known to have
     */
    public CarrierLost(String message, long bytesAcknowledged) {
      super(message);
      this.bytesAcknowledged = bytesAcknowledged;
    }

    /**
     * How much of the stream, from its start, the peer's transport is known to have; what follows
     * may or may not have arrived. 0 when it is told of a connection.
     */
    public long bytesAcknowledged() {
      return bytesAcknowledged;
    }
  }

  /** This end's own application closed the connection or gave up the stream. */
  public static final class Local extends MuxException {
    private static final long serialVersionUID = 1;
    private final long code;
    private final String reason;

    /**
     * @param code the error code that the peer was given
     * @param reason what the peer was told about it; empty: nothing
     */
    public Local(String message, long code, String reason) {
      super(message);
      this.code = code;
      this.reason = reason;
    }

    /** The error code that the peer was given. */
    public long code() {
      return code;
    }

    /** What the peer was told about it; empty: nothing. */
    public String reason() {
      return reason;
    }
  }

  /**
   * What the end of a connection means to one of its streams.
   *
   * @param bytesAcknowledged how much of the stream, from its start, the peer is known to have
   */
  public static MuxException ofStream(CloseReason reason, long bytesAcknowledged) {
    return switch (reason.origin()) {
      case CARRIER_LOST, STATELESS_RESET, IDLE_TIMEOUT ->
          new CarrierLost(describe(reason), bytesAcknowledged);
      case LOCAL, PEER, HANDSHAKE_TIMEOUT, VERSION_NEGOTIATION -> of(reason);
    };
  }

  /** What the end of a connection means to the connection as a whole. */
  public static MuxException of(CloseReason reason) {
    String message = describe(reason);
    return switch (reason.origin()) {
      case LOCAL ->
          reason.isOrderly()
              ? new Local(message, reason.code(), reason.reason())
              : new Transport(message, reason.code(), reason.reason(), false);
      case PEER ->
          reason.isOrderly()
              ? new Peer(message, reason.code(), reason.reason())
              : new Transport(message, reason.code(), reason.reason(), true);
      case IDLE_TIMEOUT, HANDSHAKE_TIMEOUT -> new Timeout(message);
      case VERSION_NEGOTIATION -> new Transport(message, reason.code(), reason.reason(), true);
      case CARRIER_LOST, STATELESS_RESET -> new CarrierLost(message, 0);
    };
  }

  private static String describe(CloseReason reason) {
    return "connection " + CloseReasons.describe(reason);
  }

  /**
   * What lies behind a failure that Netty's channels report: {@code failure} itself or the first of
   * its causes that is of this family.
   *
   * @return null: the failure is not of memux's making
   */
  public static @Nullable MuxException behind(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof MuxException found) {
        return found;
      }
    }
    return null;
  }
}
