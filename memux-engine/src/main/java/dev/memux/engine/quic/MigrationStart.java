package dev.memux.engine.quic;

/** Whether a client may try out another path. */
public enum MigrationStart {
  /** It is being tried out; a {@link PathEvent} tells what comes of it. */
  STARTED,
  /** RFC 9000 §9: not before the handshake is confirmed, nor after the end. */
  NOT_CONFIRMED,
  /** RFC 9000 §18.2: the server has sent disable_active_migration. */
  DISABLED_BY_SERVER,
  /**
   * RFC 9000 §9.5: each path needs a connection ID of its own, and the server has given no more; it
   * may later, unless it does without any.
   */
  NO_CONNECTION_ID
}
