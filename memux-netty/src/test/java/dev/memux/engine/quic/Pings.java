package dev.memux.engine.quic;

/** PING frames at a test's will. */
public final class Pings {
  private Pings() {}

  /** The connection's next packet has one. */
  public static void add(QuicConnection connection) {
    connection.outgoing().addPing();
  }
}
