package dev.memux.http;

import java.time.Duration;

/**
 * How an {@link Http1Client} treats its server.
 *
 * @param maxConnections connections at a time, over all event loops
 * @param maxWaiting requests that may wait for a connection on one event loop; more fail at once
 * @param queueTimeout how long a request may wait for a connection
 * @param connectTimeout how long one attempt to connect may take
 * @param responseTimeout how long the server may let us wait: for the response, for more of it, or
 *     to take more of the request
 * @param idleTimeout how long a connection is kept without a request; shorter than servers do, so
 *     that they rarely close one that is about to be used
 */
public record Http1ClientConfig(
    int maxConnections,
    int maxWaiting,
    Duration queueTimeout,
    Duration connectTimeout,
    Duration responseTimeout,
    Duration idleTimeout) {
  /** Sound values for a server nearby. */
  public static final Http1ClientConfig DEFAULT =
      new Http1ClientConfig(
          256,
          4096,
          Duration.ofSeconds(30),
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30));

  /** Checks that every limit lets something through. */
  public Http1ClientConfig {
    if (maxConnections < 1 || maxWaiting < 0) {
      throw new IllegalArgumentException("no connections");
    }
  }

  /** The same with other limits. */
  public Http1ClientConfig withLimits(int connections, int waiting) {
    return new Http1ClientConfig(
        connections, waiting, queueTimeout, connectTimeout, responseTimeout, idleTimeout);
  }

  /** The same with other timeouts for what a request waits for. */
  public Http1ClientConfig withTimeouts(Duration queue, Duration connect, Duration response) {
    return new Http1ClientConfig(maxConnections, maxWaiting, queue, connect, response, idleTimeout);
  }
}
