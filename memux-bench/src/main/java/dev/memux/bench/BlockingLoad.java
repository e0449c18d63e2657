package dev.memux.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/** A workload by as many threads as it has things under way. */
final class BlockingLoad implements Load {
  private final BlockingClient client;
  private final Workload workload;
  private final List<BlockingClient.Connection> connections = new ArrayList<>();

  BlockingLoad(BlockingClient client, Workload workload) throws IOException {
    this.client = client;
    this.workload = workload;
    for (int i = 0; i < workload.connections(); i++) {
      connections.add(client.connect());
    }
  }

  @Override
  public void transfer(long bytes) throws Exception {
    int streams = workload.concurrency();
    each(streams, i -> connection(i).exchange(bytes / streams + (i == 0 ? bytes % streams : 0)));
  }

  @Override
  public long repeat(long nanos) throws Exception {
    AtomicLong done = new AtomicLong();
    long end = System.nanoTime() + nanos;
    each(
        workload.concurrency(),
        i -> {
          long times = 0;
          for (; System.nanoTime() - end < 0; times++) {
            if (workload.connects()) {
              try (BlockingClient.Connection made = client.connect()) {
                made.exchange(Exchange.RESPONSE_BYTES);
              }
            } else {
              connection(i).exchange(Exchange.RESPONSE_BYTES);
            }
          }
          done.addAndGet(times);
        });
    return done.get();
  }

  @Override
  public void hold(int count) throws Exception {
    AtomicLong left = new AtomicLong(count);
    each(
        workload.concurrency(),
        i -> {
          while (left.getAndDecrement() > 0) {
            BlockingClient.Connection made = client.connect();
            synchronized (connections) {
              connections.add(made);
            }
          }
        });
  }

  private BlockingClient.Connection connection(int worker) {
    return connections.get(worker % connections.size());
  }

  private interface Work {
    void run(int worker) throws IOException;
  }

  /** Runs it on so many threads; the first that fails speaks for all. */
  private void each(int workers, Work work) throws InterruptedException, ExecutionException {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < workers; i++) {
      int worker = i;
      CompletableFuture<Void> done = new CompletableFuture<>();
      all.add(done);
      client.start(
          () -> {
            try {
              work.run(worker);
              done.complete(null);
            } catch (IOException | RuntimeException e) {
              done.completeExceptionally(e);
            }
          });
    }
    for (CompletableFuture<Void> done : all) {
      done.get();
    }
  }

  @Override
  public long fullHandshakes() {
    return client.fullHandshakes();
  }

  @Override
  public String description() {
    return connections.isEmpty() ? "" : connections.getFirst().description();
  }

  @Override
  public void close() throws IOException {
    for (BlockingClient.Connection connection : connections) {
      connection.close();
    }
    client.close();
  }
}
