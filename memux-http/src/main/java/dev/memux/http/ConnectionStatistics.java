package dev.memux.http;

/** Figures of one connection so far. Times in nanoseconds; -1 where the transport does not tell. */
public record ConnectionStatistics(
    long handshakeNanos,
    long smoothedRttNanos,
    long packetsSent,
    long packetsReceived,
    long packetsLost,
    long bytesSent,
    long bytesReceived) {}
