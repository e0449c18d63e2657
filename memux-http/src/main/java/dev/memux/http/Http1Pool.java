package dev.memux.http;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections that one event loop has to a server, and the requests that wait for one. A
 * request takes the connection that was used last, so that the others can grow old and go.
 */
final class Http1Pool {
  private final EventLoop loop;
  private final TcpConnector connector;
  private final int maxConnections;
  private final Http1ClientConfig config;
  private final Deque<Http1ClientConnection> idle = new ArrayDeque<>();

  /** Each with the time when it has waited long enough; the oldest first. */
  private final Map<Http1Request, Long> waiting = new LinkedHashMap<>();

  /** Open or being opened. */
  private int connections;

  private int connecting;
  private boolean timerRuns;

  Http1Pool(EventLoop loop, TcpConnector connector, int maxConnections, Http1ClientConfig config) {
    this.loop = loop;
    this.connector = connector;
    this.maxConnections = maxConnections;
    this.config = config;
  }

  void send(Http1Request request) {
    Http1ClientConnection free = request.wantsNewConnection() ? null : idle.pollLast();
    if (free != null) {
      free.send(request);
      return;
    }
    if (request.wantsNewConnection() && connections >= maxConnections) {
      closeOldestIdle();
    }
    if (connections >= maxConnections && waiting.size() - connecting >= config.maxWaiting()) {
      request
          .exchange()
          .fail(new HttpException.Overloaded("too many requests wait for a connection"));
      return;
    }
    waiting.put(request, System.nanoTime() + config.queueTimeout().toNanos());
    request.exchange().whenCancelled(() -> waiting.remove(request));
    startTimer();
    connectIfUseful();
  }

  /** A connection is free for another request. */
  void onFree(Http1ClientConnection connection) {
    Http1Request next = nextWaiting();
    if (next == null) {
      idle.addLast(connection);
      connection.rest();
    } else {
      connection.send(next);
    }
  }

  /** A connection is closed; it may have been idle. */
  void onClosed(Http1ClientConnection connection) {
    connections--;
    idle.remove(connection);
    connectIfUseful();
  }

  /** Sends a request once more, by a connection that cannot have been closed meanwhile. */
  void repeat(Http1Request request) {
    request.onRepeat();
    send(request);
  }

  int connectionCount() {
    return connections;
  }

  private void closeOldestIdle() {
    Http1ClientConnection oldest = idle.pollFirst();
    if (oldest != null) {
      oldest.close();
    }
  }

  private @Nullable Http1Request nextWaiting() {
    Iterator<Http1Request> oldest = waiting.keySet().iterator();
    if (!oldest.hasNext()) {
      return null;
    }
    Http1Request request = oldest.next();
    oldest.remove();
    return request;
  }

  /** One attempt at a time for each request that waits, as far as there may be connections. */
  private void connectIfUseful() {
    while (connecting < waiting.size() && connections < maxConnections) {
      connect();
    }
  }

  private void connect() {
    connections++;
    connecting++;
    connector
        .resolve(loop)
        .thenCompose(addresses -> connector.connect(loop, addresses))
        .whenComplete(
            (channel, failure) -> {
              connecting--;
              Http1ClientConnection opened =
                  failure == null ? Http1ClientConnection.begin(channel, this, config) : null;
              if (opened != null) {
                onFree(opened);
              } else {
                connections--;
                onConnectFailure(
                    failure != null
                        ? ConnectFailures.unwrapped(failure)
                        : new HttpException.ConnectionLost(
                            "the server closed the connection", null));
              }
            });
  }

  /** Fails the oldest request, which has waited for this attempt or one like it. */
  private void onConnectFailure(HttpException failure) {
    Http1Request request = nextWaiting();
    if (request != null) {
      request.exchange().fail(failure);
    }
    connectIfUseful();
  }

  private void startTimer() {
    if (timerRuns || waiting.isEmpty()) {
      return;
    }
    timerRuns = true;
    long dueNanos = waiting.values().iterator().next();
    loop.schedule(this::onTimer, dueNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  private void onTimer() {
    timerRuns = false;
    long now = System.nanoTime();
    List<Http1Request> late = new ArrayList<>();
    for (Map.Entry<Http1Request, Long> entry : waiting.entrySet()) {
      if (entry.getValue() - now > 0) {
        break;
      }
      late.add(entry.getKey());
    }
    late.forEach(waiting::remove);
    for (Http1Request request : late) {
      request.exchange().fail(new HttpException.TimedOut("no connection became free in time"));
    }
    startTimer();
  }
}
