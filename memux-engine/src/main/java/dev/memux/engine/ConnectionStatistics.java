package dev.memux.engine;

import dev.memux.engine.mux.DatagramStatistics;

/**
 * What a connection has done so far, and what its path looks like now. Packets are QUIC's, or the
 * records of QMux; what the layer below QMux keeps to itself is 0.
 *
 * @param quicVersion the Version field of QUIC's long headers (RFC 9000 §15), as far as it has been
 *     negotiated: 1, or 0x6b3343cf for version 2; 0 over QMux
 * @param datagramsSent of UDP
 * @param datagramsReceived of UDP
 * @param bytesSent in UDP datagrams or in records
 * @param bytesReceived in UDP datagrams or in records
 * @param packetsReceived packets processed, of all datagrams
 * @param packetsDropped packets received and not processed: duplicates, not authentic, without keys
 * @param packetsLost packets sent and declared lost
 * @param probesSent packets sent because of a probe timeout, whatever the window said
 * @param congestionEvents times that loss reduced the window
 * @param packetBytes a full packet: of a UDP datagram's payload, or of a record
 * @param smoothedRttNanos RFC 9002 §5.3
 * @param minRttNanos RFC 9002 §5.2
 * @param datagrams the application's unreliable ones
 */
public record ConnectionStatistics(
    int quicVersion,
    long datagramsSent,
    long datagramsReceived,
    long bytesSent,
    long bytesReceived,
    long packetsSent,
    long packetsReceived,
    long packetsDropped,
    long packetsLost,
    long spuriousLosses,
    long probesSent,
    long congestionEvents,
    long bytesInFlight,
    long windowBytes,
    int packetBytes,
    long smoothedRttNanos,
    long minRttNanos,
    DatagramStatistics datagrams) {}
