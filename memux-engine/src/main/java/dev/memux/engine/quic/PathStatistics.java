package dev.memux.engine.quic;

import java.net.InetSocketAddress;

/**
 * One path of a connection, and what has passed on it since it was tried first.
 *
 * @param socket which of our sockets it begins at
 * @param active whether all but probing packets go there (RFC 9000 §9.1)
 * @param validated whether the peer has shown that it receives there (RFC 9000 §8.2)
 * @param addressable whether the peer has given a connection ID for it: nothing is sent without
 *     (RFC 9000 §9.3)
 * @param bytesSent UDP payload
 * @param bytesReceived UDP payload
 */
public record PathStatistics(
    int socket,
    InetSocketAddress remote,
    boolean active,
    boolean validated,
    boolean addressable,
    long datagramsSent,
    long datagramsReceived,
    long bytesSent,
    long bytesReceived) {}
