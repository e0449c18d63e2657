package dev.memux.sim.quic;

/** One of the two ends of a connection. */
public enum Side {
  CLIENT,
  SERVER;

  public Side peer() {
    return this == CLIENT ? SERVER : CLIENT;
  }

  /** Who opened a stream, by its ID (RFC 9000 §2.1). */
  public static Side openerOf(long streamId) {
    return (streamId & 1) == 0 ? CLIENT : SERVER;
  }
}
