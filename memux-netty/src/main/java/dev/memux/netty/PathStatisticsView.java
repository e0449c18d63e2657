package dev.memux.netty;

import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.quic.PathStatistics;
import io.netty.handler.codec.quic.QuicConnectionPathStats;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one path; -1 for what is not counted. What is known of the connection as a whole
 * is told of the path in use only.
 */
record PathStatisticsView(
    @Nullable InetSocketAddress localAddress, PathStatistics path, ConnectionStatistics connection)
    implements QuicConnectionPathStats {
  /** As quiche numbers its states: being validated, and validated. */
  private static final long VALIDATING = 1;

  private static final long VALIDATED = 3;

  private static final long UNKNOWN = -1;

  @Override
  public InetSocketAddress peerAddress() {
    return path.remote();
  }

  @Override
  public long validationState() {
    return path.validated() ? VALIDATED : VALIDATING;
  }

  @Override
  public boolean active() {
    return path.active();
  }

  @Override
  public long recv() {
    return path.datagramsReceived();
  }

  @Override
  public long sent() {
    return path.datagramsSent();
  }

  @Override
  public long recvBytes() {
    return path.bytesReceived();
  }

  @Override
  public long sentBytes() {
    return path.bytesSent();
  }

  @Override
  public long lost() {
    return active() ? connection.packetsLost() : UNKNOWN;
  }

  @Override
  public long retrans() {
    return UNKNOWN; // frames are sent again, never packets
  }

  @Override
  public long rtt() {
    return active() ? connection.smoothedRttNanos() : UNKNOWN;
  }

  @Override
  public long cwnd() {
    return active() ? connection.windowBytes() : UNKNOWN;
  }

  @Override
  public long lostBytes() {
    return UNKNOWN; // not counted
  }

  @Override
  public long streamRetransBytes() {
    return UNKNOWN; // not counted
  }

  @Override
  public long pmtu() {
    return active() ? connection.packetBytes() : UNKNOWN;
  }

  @Override
  public long deliveryRate() {
    return UNKNOWN; // not measured
  }
}
