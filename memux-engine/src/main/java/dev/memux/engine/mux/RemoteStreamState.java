package dev.memux.engine.mux;

/** How far a stream of the peer's has come, known by its ID alone. */
public enum RemoteStreamState {
  /** Above the limit of streams that the peer was given (RFC 9000 §4.6). */
  BEYOND_LIMIT,
  /** Allowed, and nothing has come of it yet. */
  IDLE,
  /** In use, in one direction at least. */
  OPEN,
  /** Over and forgotten. */
  CLOSED
}
