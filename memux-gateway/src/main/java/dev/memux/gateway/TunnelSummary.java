package dev.memux.gateway;

import dev.memux.http.HttpVersion;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What became of one request for a tunnel, when all is over.
 *
 * @param peer the client, or null if the transport does not tell
 * @param target what was asked for
 * @param status what was answered; 0: the client left before
 * @param waitedNanos for a place at the backend
 * @param openNanos between the answer and the end
 * @param sentBytes from the client to the backend
 * @param receivedBytes from the backend to the client
 * @param end why it is over
 */
public record TunnelSummary(
    @Nullable SocketAddress peer,
    HttpVersion version,
    String target,
    int status,
    long waitedNanos,
    long openNanos,
    long sentBytes,
    long receivedBytes,
    End end) {
  /** Why a tunnel is over. */
  public enum End {
    /** There was none. */
    REFUSED,
    /** Both sides have ended it. */
    COMPLETE,
    /** The client gave it up, or was lost. */
    CLIENT,
    /** The backend reset its connection. */
    BACKEND,
    /** Nothing moved for too long. */
    IDLE
  }
}
