package dev.memux.netty;

import dev.memux.engine.Connection;
import dev.memux.engine.quic.QuicConnection;
import io.netty.handler.codec.quic.QuicConnectionStats;

/** A connection's counters as Netty shows them; -1 for what is not counted. */
record NettyStatistics(
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

  static NettyStatistics of(Connection connection) {
    if (!(connection instanceof QuicConnection quic)) {
      return new NettyStatistics(
          UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, 1);
    }
    var counted = quic.statistics();
    return new NettyStatistics(
        counted.packetsReceived(),
        counted.packetsSent(),
        counted.packetsLost(),
        UNKNOWN,
        counted.bytesSent(),
        counted.bytesReceived(),
        UNKNOWN,
        UNKNOWN,
        1);
  }
}
