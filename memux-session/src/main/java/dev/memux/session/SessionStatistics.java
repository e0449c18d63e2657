package dev.memux.session;

import dev.memux.engine.Connection;
import dev.memux.engine.ConnectionStatistics;

/**
 * What a session has done so far, and what its path looks like now. Where the carrier does not know
 * something it is 0.
 *
 * @param openStreams streams of which a direction is not over yet, or not acknowledged
 * @param bytesSent on the wire, headers of packets included
 * @param bytesReceived on the wire, headers of packets included
 * @param packetsLost packets sent and declared lost
 * @param packetBytes a full packet: of a UDP datagram's payload, or of a record
 * @param windowBytes what may be under way at once
 * @param bytesInFlight what is
 * @param smoothedRttNanos RFC 9002 §5.3
 * @param minRttNanos RFC 9002 §5.2
 */
public record SessionStatistics(
    int openStreams,
    long bytesSent,
    long bytesReceived,
    long packetsLost,
    int packetBytes,
    long windowBytes,
    long bytesInFlight,
    long smoothedRttNanos,
    long minRttNanos) {

  static SessionStatistics of(Connection connection) {
    int streams = connection.mux().streamCount();
    ConnectionStatistics s = connection.statistics();
    return new SessionStatistics(
        streams,
        s.bytesSent(),
        s.bytesReceived(),
        s.packetsLost(),
        s.packetBytes(),
        s.windowBytes(),
        s.bytesInFlight(),
        s.smoothedRttNanos(),
        s.minRttNanos());
  }
}
