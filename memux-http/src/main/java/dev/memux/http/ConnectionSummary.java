package dev.memux.http;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What was agreed with a client when its connection was made.
 *
 * @param protocol by ALPN: {@code h3}, {@code h2} or {@code http/1.1}; null: the client named none
 * @param quicVersion {@code v1} or {@code v2}; null over TCP
 * @param group the key exchange; null where TLS does not tell
 * @param resumed whether the client came back with a ticket; null where TLS does not tell
 * @param earlyData whether a request was taken from 0-RTT; null where TLS does not tell
 */
public record ConnectionSummary(
    SocketAddress remote,
    @Nullable String protocol,
    @Nullable String quicVersion,
    String tlsVersion,
    String cipherSuite,
    @Nullable String group,
    @Nullable Boolean resumed,
    @Nullable Boolean earlyData) {}
