package dev.memux.http;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The connections of one service. Any thread. */
final class ServedConnections {
  private final Map<Channel, ServedConnection> open = new ConcurrentHashMap<>();
  private volatile boolean draining;

  /**
   * Notes a connection until it closes; replaces an earlier one on the same channel. Once all are
   * being ended, so is this one.
   */
  void add(ServedConnection connection) {
    Channel channel = connection.channel();
    if (open.put(channel, connection) == null) {
      channel.closeFuture().addListener(ignored -> open.remove(channel));
    }
    if (draining) {
      channel.eventLoop().execute(connection::drain);
    }
  }

  int size() {
    return open.size();
  }

  /** Ends all, the slowest after {@code limit}. Completes when none is open. */
  CompletionStage<Void> drain(Duration limit) {
    draining = true;
    CompletableFuture<?>[] closed =
        open.values().stream()
            .map(connection -> drain(connection.channel(), limit))
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(closed);
  }

  private CompletableFuture<Void> drain(Channel channel, Duration limit) {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    channel.closeFuture().addListener(ignored -> closed.complete(null));
    EventLoop loop = channel.eventLoop();
    loop.execute(() -> onOpen(channel, ServedConnection::drain));
    var timer =
        loop.schedule(
            () -> onOpen(channel, ServedConnection::closeNow),
            limit.toNanos(),
            TimeUnit.NANOSECONDS);
    closed.thenRun(() -> timer.cancel(false));
    return closed;
  }

  // By its channel, because a connection may have been replaced meanwhile.
  private void onOpen(Channel channel, Consumer<ServedConnection> action) {
    ServedConnection connection = open.get(channel);
    if (connection != null) {
      action.accept(connection);
    }
  }
}
