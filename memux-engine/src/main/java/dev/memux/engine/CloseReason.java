package dev.memux.engine;

import dev.memux.engine.wire.TransportError;

/**
 * Why a connection has ended.
 *
 * @param origin who or what ended it
 * @param application whether {@code code} is the application's, not the transport's
 * @param code an error code of {@link TransportError} or of the application; 0 for timeouts
 * @param frameType the frame that caused a transport error, 0 if unknown or none
 * @param reason for people
 */
public record CloseReason(
    Origin origin, boolean application, long code, long frameType, String reason) {
  /** Who or what ended a connection. */
  public enum Origin {
    /** This end: the application, or because of a fault of the peer's. */
    LOCAL,
    /** The peer, by CONNECTION_CLOSE. */
    PEER,
    /** Nothing came for too long (RFC 9000 §10.1). */
    IDLE_TIMEOUT,
    /** The handshake took too long. */
    HANDSHAKE_TIMEOUT,
    /** The server speaks no version that we speak (RFC 9000 §6.2). */
    VERSION_NEGOTIATION,
    /** What carries the connection is gone: its socket, or the host says that nobody listens. */
    CARRIER_LOST
  }

  /** Whether it ended in an orderly way: by NO_ERROR or by an application's decision. */
  public boolean isOrderly() {
    return (origin == Origin.LOCAL || origin == Origin.PEER)
        && (application || code == TransportError.NO_ERROR);
  }

  @Override
  public String toString() {
    String what =
        switch (origin) {
          case IDLE_TIMEOUT -> "idle timeout";
          case HANDSHAKE_TIMEOUT -> "handshake timeout";
          case VERSION_NEGOTIATION -> "no common version";
          case CARRIER_LOST -> "carrier lost";
          case LOCAL, PEER ->
              (origin == Origin.PEER ? "closed by peer: " : "closed: ")
                  + (application
                      ? "application error 0x" + Long.toHexString(code)
                      : TransportError.name(code));
        };
    return reason.isEmpty() ? what : what + ": " + reason;
  }
}
