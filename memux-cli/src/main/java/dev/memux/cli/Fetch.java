package dev.memux.cli;

import dev.memux.engine.ConnectionStatistics;
import dev.memux.http.ClientConnection;
import dev.memux.http.Http3Client;
import dev.memux.http.HttpException;
import dev.memux.http.Origin;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs downloads, all at once, over one connection to each origin. */
final class Fetch {
  private final Http3Client client;
  private final List<Download> downloads;
  private final Map<Origin, ClientConnection> connections = new LinkedHashMap<>();
  private Consumer<Download.Outcome> onOutcome = outcome -> {};

  /** A connection and what it has carried. */
  record Connection(
      ClientConnection connection, @Nullable ConnectionStatistics statistics, long requests) {}

  Fetch(Http3Client client, List<Download> downloads) {
    this.client = client;
    this.downloads = downloads;
  }

  /** Who is told of each outcome, from any thread. */
  void onOutcome(Consumer<Download.Outcome> listener) {
    onOutcome = listener;
  }

  /** Runs all downloads and blocks until each has an outcome. */
  void run() {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (Download download : downloads) {
      all.add(download.outcome().thenAccept(onOutcome));
      client
          .connection(download.url().origin())
          .whenComplete((connection, failure) -> begin(download, connection, failure));
    }
    CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)).join();
  }

  /** The connections that were used, in the order of their first URLs. */
  List<Connection> connections() {
    List<Connection> used = new ArrayList<>();
    synchronized (connections) {
      connections.forEach(
          (origin, connection) -> {
            long requests = downloads.stream().filter(d -> d.url().origin().equals(origin)).count();
            used.add(
                new Connection(
                    connection, connection.statistics().toCompletableFuture().join(), requests));
          });
    }
    return used;
  }

  private void begin(
      Download download, @Nullable ClientConnection connection, @Nullable Throwable failure) {
    if (connection != null) {
      synchronized (connections) {
        connections.putIfAbsent(connection.origin(), connection);
      }
      download.begin(connection);
      return;
    }
    Throwable cause = failure instanceof CompletionException wrapper ? wrapper.getCause() : failure;
    if (cause instanceof HttpException known) {
      download.onNoConnection(known);
    } else {
      download.onFault(String.valueOf(cause));
    }
  }
}
