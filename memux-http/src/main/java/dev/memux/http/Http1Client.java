package dev.memux.http;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A client of one HTTP/1.1 server, without TLS, that keeps connections for the next request.
 *
 * <p>Each event loop has connections of its own, so that a request that came in on a loop is
 * carried on there: bodies pass from one connection to the other without a queue between threads,
 * and flow control reaches through. The price is that a loop may connect while another has a
 * connection idle.
 */
public final class Http1Client {
  private final Map<EventExecutor, Http1Pool> pools = new LinkedHashMap<>();

  /**
   * A client without connections.
   *
   * @param host a name or an address, without brackets
   */
  public Http1Client(EventLoopGroup group, String host, int port, Http1ClientConfig config) {
    int loops = 0;
    for (EventExecutor ignored : group) {
      loops++;
    }
    TcpConnector connector =
        new TcpConnector(new Origin(host, port), config.connectTimeout(), false);
    int each = Math.max(1, config.maxConnections() / loops);
    for (EventExecutor loop : group) {
      pools.put(loop, new Http1Pool((EventLoop) loop, connector, each, config));
    }
  }

  /**
   * Sends a request as soon as a connection is free. Called on {@code loop}, where the listener
   * hears; it may hear a failure before this returns.
   *
   * @param loop one of the group's
   * @param hasBody whether a body follows through {@link ResponseListener#onOpen}; otherwise that
   *     is not called. A request without one whose method is idempotent is sent once more where a
   *     kept connection turns out to be closed (RFC 9112 §9.3.1).
   */
  public ClientExchange send(
      EventLoop loop, RequestHead head, boolean hasBody, ResponseListener listener) {
    Http1Pool pool = pools.get(loop);
    if (pool == null || !loop.inEventLoop()) {
      throw new IllegalArgumentException("not on an event loop of this client");
    }
    ClientExchange exchange = new ClientExchange(loop, head, listener);
    pool.send(new Http1Request(exchange, hasBody));
    return exchange;
  }
}
