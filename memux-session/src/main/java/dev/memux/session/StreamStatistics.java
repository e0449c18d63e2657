package dev.memux.session;

import dev.memux.engine.mux.MuxStream;
import org.jspecify.annotations.Nullable;

/**
 * What has gone over a stream so far.
 *
 * @param bytesWritten by this end's application
 * @param bytesSent of those, how many have been sent at least once
 * @param bytesAcknowledged of those, how many the peer is known to have, from the start without a
 *     hole
 * @param bytesReceived how far from the start the peer's data has arrived, gaps included
 * @param bytesRead of those, by this end's application
 * @param sendCreditBytes what the peer's limit for this stream still allows to be sent
 */
public record StreamStatistics(
    long bytesWritten,
    long bytesSent,
    long bytesAcknowledged,
    long bytesReceived,
    long bytesRead,
    long sendCreditBytes) {

  /**
   * @param stream null: the connection has not opened it yet
   */
  static StreamStatistics of(long written, long read, @Nullable MuxStream stream) {
    if (stream == null) {
      return new StreamStatistics(written, 0, 0, 0, read, 0);
    }
    return new StreamStatistics(
        written,
        stream.sentBytes(),
        stream.ackedBytes(),
        stream.receivedBytes(),
        read,
        stream.sendCreditBytes());
  }
}
