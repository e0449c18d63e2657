package dev.memux.netty;

import dev.memux.engine.Connection;
import io.netty.handler.codec.quic.QuicConnectionStats;

/** A connection's counters as Netty shows them; -1 for what is not counted. */
record ConnectionStatistics(
    long recv,
    long sent,
    long lost,
    long retrans,
    long sentBytes,
    long recvBytes,
    long lostBytes,
    long streamRetransBytes,
    long pathsCount)
    implements QuicConnectionStats {
  private static final long UNKNOWN = -1;

  static ConnectionStatistics of(Connection connection) {
    return new ConnectionStatistics(
        UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, 1);
  }
}
