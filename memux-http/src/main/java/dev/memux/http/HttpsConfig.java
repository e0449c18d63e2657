package dev.memux.http;

import java.time.Duration;

/**
 * What clients that come over TCP may do at most. Each bounds what a peer could otherwise make
 * grow, or hold for ever.
 *
 * @param maxConnections connections at a time; beyond it new ones are closed at once
 * @param maxConcurrentStreams requests at a time on one connection of HTTP/2 (RFC 9113 §5.1.2) or
 *     of HTTP/3 over QMux
 * @param handshakeTimeout how long TLS may take
 * @param idleTimeout how long a connection may be without a request, from its beginning or the last
 *     answer to the whole head of the next request
 * @param stallTimeout how long a connection with requests may stand still in both directions
 * @param lateWrites whether HTTP/2 gives the kernel no more than the path takes in some
 *     milliseconds, so that priorities decide; off, whatever its buffer has room for, which then
 *     goes before everything that becomes urgent
 */
public record HttpsConfig(
    int maxConnections,
    int maxConcurrentStreams,
    Duration handshakeTimeout,
    Duration idleTimeout,
    Duration stallTimeout,
    boolean lateWrites) {
  /** Sound values for servers on the open network. */
  public static final HttpsConfig DEFAULT =
      new HttpsConfig(
          10_000, 128, Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofMinutes(5), true);

  /** The same with another limit of connections. */
  public HttpsConfig withMaxConnections(int value) {
    return new HttpsConfig(
        value, maxConcurrentStreams, handshakeTimeout, idleTimeout, stallTimeout, lateWrites);
  }

  /** The same with another limit of requests at a time. */
  public HttpsConfig withMaxConcurrentStreams(int value) {
    return new HttpsConfig(
        maxConnections, value, handshakeTimeout, idleTimeout, stallTimeout, lateWrites);
  }

  /** The same with other timeouts. */
  public HttpsConfig withTimeouts(Duration handshake, Duration idle, Duration stall) {
    return new HttpsConfig(
        maxConnections, maxConcurrentStreams, handshake, idle, stall, lateWrites);
  }

  /** The same with late writes on or off. */
  public HttpsConfig withLateWrites(boolean on) {
    return new HttpsConfig(
        maxConnections, maxConcurrentStreams, handshakeTimeout, idleTimeout, stallTimeout, on);
  }
}
