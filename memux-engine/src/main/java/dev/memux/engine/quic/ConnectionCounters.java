package dev.memux.engine.quic;

import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.mux.Mux;
import dev.memux.engine.recovery.Recovery;

/** Counts what goes over a connection in both directions, for its {@link ConnectionStatistics}. */
final class ConnectionCounters {
  private long datagramsSent;
  private long datagramsReceived;
  private long bytesSent;
  private long bytesReceived;
  private long packetsSent;
  private long packetsReceived;
  private long probesSent;

  void onDatagramSent(int bytes) {
    datagramsSent++;
    bytesSent += bytes;
  }

  void onDatagramReceived(int bytes) {
    datagramsReceived++;
    bytesReceived += bytes;
  }

  /**
   * @param probe whether a probe timeout had it sent
   */
  void onPacketSent(boolean probe) {
    packetsSent++;
    if (probe) {
      probesSent++;
    }
  }

  /** A packet of the peer's was authenticated and will be processed. */
  void onPacketReceived() {
    packetsReceived++;
  }

  long packetsReceived() {
    return packetsReceived;
  }

  /** These counts, with what others know of the connection and its path. */
  ConnectionStatistics statistics(
      int quicVersion, long packetsDropped, int packetBytes, Recovery recovery, Mux mux) {
    return new ConnectionStatistics(
        quicVersion,
        datagramsSent,
        datagramsReceived,
        bytesSent,
        bytesReceived,
        packetsSent,
        packetsReceived,
        packetsDropped,
        recovery.packetsLost(),
        recovery.spuriousLosses(),
        probesSent,
        recovery.congestionEvents(),
        recovery.bytesInFlight(),
        recovery.windowBytes(),
        packetBytes,
        recovery.rtt().smoothedNanos(),
        recovery.rtt().minNanos(),
        mux.datagrams().statistics());
  }
}
