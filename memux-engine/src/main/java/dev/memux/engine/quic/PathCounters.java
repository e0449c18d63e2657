package dev.memux.engine.quic;

/** What has passed on one path. */
final class PathCounters {
  private long datagramsSent;
  private long datagramsReceived;
  private long bytesSent;
  private long bytesReceived;

  void onSent(int bytes) {
    datagramsSent++;
    bytesSent += bytes;
  }

  void onReceived(int bytes) {
    datagramsReceived++;
    bytesReceived += bytes;
  }

  PathStatistics statistics(Path path, boolean active) {
    return new PathStatistics(
        path.socket(),
        path.remote(),
        active,
        path.isValidated(),
        path.hasPeerId(),
        datagramsSent,
        datagramsReceived,
        bytesSent,
        bytesReceived);
  }
}
