package dev.memux.netty;

import dev.memux.engine.ConnectionStatistics;
import io.netty.handler.codec.quic.QuicConnectionStats;

/** The engine's counters as Netty shows them; -1 for what is not counted. */
record ConnectionStatisticsView(ConnectionStatistics statistics, long pathsCount)
    implements QuicConnectionStats {
  private static final long UNKNOWN = -1;

  @Override
  public long recv() {
    return statistics.packetsReceived();
  }

  @Override
  public long sent() {
    return statistics.packetsSent();
  }

  @Override
  public long lost() {
    return statistics.packetsLost();
  }

  @Override
  public long retrans() {
    return UNKNOWN;
  }

  @Override
  public long sentBytes() {
    return statistics.bytesSent();
  }

  @Override
  public long recvBytes() {
    return statistics.bytesReceived();
  }

  @Override
  public long lostBytes() {
    return UNKNOWN;
  }

  @Override
  public long streamRetransBytes() {
    return UNKNOWN;
  }
}
