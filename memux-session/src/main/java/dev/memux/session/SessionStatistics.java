package dev.memux.session;

import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.mux.DatagramStatistics;
import dev.memux.engine.mux.Mux;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.netty.Carrier;
import org.jspecify.annotations.Nullable;

/**
 * What a session has done so far, and what its path looks like now. Where the carrier does not know
 * something it is 0.
 *
 * @param quicVersion the version of QUIC; null over other carriers
 * @param openStreams streams of which a direction is not over yet, or not acknowledged
 * @param bytesSent on the wire, headers of packets included
 * @param bytesReceived on the wire, headers of packets included
 * @param packetsSent packets or records, acknowledgements alone among them
 * @param packetsLost packets sent and declared lost
 * @param packetBytes a full packet: of a UDP datagram's payload, or of a record
 * @param windowBytes what may be under way at once
 * @param bytesInFlight what is
 * @param smoothedRttNanos RFC 9002 §5.3
 * @param minRttNanos RFC 9002 §5.2
 * @param sendCreditBytes stream data that the peer's limit still allows to be sent (RFC 9000 §4.1)
 * @param datagrams what became of unreliable datagrams
 */
public record SessionStatistics(
    @Nullable QuicVersion quicVersion,
    int openStreams,
    long bytesSent,
    long bytesReceived,
    long packetsSent,
    long packetsLost,
    int packetBytes,
    long windowBytes,
    long bytesInFlight,
    long smoothedRttNanos,
    long minRttNanos,
    long sendCreditBytes,
    DatagramStatistics datagrams) {

  static SessionStatistics of(Carrier carrier, DatagramStatistics datagrams) {
    Mux mux = carrier.connection().mux();
    ConnectionStatistics s = carrier.statistics();
    return new SessionStatistics(
        QuicVersion.of(s.quicVersion()),
        mux.streamCount(),
        s.bytesSent(),
        s.bytesReceived(),
        s.packetsSent(),
        s.packetsLost(),
        s.packetBytes(),
        s.windowBytes(),
        s.bytesInFlight(),
        s.smoothedRttNanos(),
        s.minRttNanos(),
        mux.sendCreditBytes(),
        datagrams);
  }
}
