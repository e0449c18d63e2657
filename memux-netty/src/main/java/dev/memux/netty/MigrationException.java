package dev.memux.netty;

import dev.memux.engine.quic.MigrationStart;
import java.io.IOException;
import java.net.InetSocketAddress;

/** A connection did not move to another address; it goes on where it was. */
public final class MigrationException extends IOException {
  private static final long serialVersionUID = 1;

  private final MigrationStart start;

  private MigrationException(MigrationStart start, String message) {
    super(message);
    this.start = start;
  }

  /** It was not even tried. */
  static MigrationException refused(MigrationStart why) {
    return new MigrationException(
        why,
        switch (why) {
          case STARTED -> throw new IllegalArgumentException("not refused");
          case NOT_CONFIRMED -> "only a client moves, and only while it lives";
          case DISABLED_BY_SERVER -> "the server does not allow it";
          case NO_CONNECTION_ID -> "the server has given no connection ID for it";
        });
  }

  /** The server did not answer there. */
  static MigrationException failed(InetSocketAddress remote) {
    return new MigrationException(
        MigrationStart.STARTED, "no answer from " + remote + " on that path");
  }

  /** Something else came in between. */
  static MigrationException overtaken() {
    return new MigrationException(
        MigrationStart.STARTED, "the connection has moved elsewhere, or has ended");
  }

  /** Why it was not tried, or {@link MigrationStart#STARTED} if it was. */
  public MigrationStart start() {
    return start;
  }
}
