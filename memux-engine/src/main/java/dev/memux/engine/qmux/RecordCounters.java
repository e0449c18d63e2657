package dev.memux.engine.qmux;

import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.mux.Mux;

/** Counts what goes over a connection in both directions, for its {@link ConnectionStatistics}. */
final class RecordCounters {
  private long recordsSent;
  private long recordsReceived;
  private long bytesSent;
  private long bytesReceived;

  void onRecordSent(int bytes) {
    recordsSent++;
    bytesSent += bytes;
  }

  void onRecordReceived() {
    recordsReceived++;
  }

  void onBytesReceived(int bytes) {
    bytesReceived += bytes;
  }

  /** These counts; what becomes of records below is not known here. */
  ConnectionStatistics statistics(int recordBytes, Pings pings, Mux mux) {
    return new ConnectionStatistics(
        0,
        0,
        0,
        bytesSent,
        bytesReceived,
        recordsSent,
        recordsReceived,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        recordBytes,
        pings.smoothedRttNanos(),
        pings.minRttNanos(),
        mux.datagrams().statistics());
  }
}
