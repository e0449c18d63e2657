package dev.memux.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A workload on event loops: what comes next begins where what was before it has ended. */
final class NettyLoad implements Load {
  private final NettyClient client;
  private final Workload workload;
  private final List<NettyClient.Connection> connections = new ArrayList<>();

  NettyLoad(NettyClient client, Workload workload) throws Exception {
    this.client = client;
    this.workload = workload;
    for (int i = 0; i < workload.connections(); i++) {
      connections.add(client.connect(i).get());
    }
  }

  @Override
  public void transfer(long bytes) throws Exception {
    int streams = workload.concurrency();
    List<Worker> workers = new ArrayList<>();
    for (int i = 0; i < streams; i++) {
      long share = bytes / streams + (i == 0 ? bytes % streams : 0);
      workers.add(new Worker(i, share, new Once()));
    }
    run(workers);
  }

  @Override
  public long repeat(long nanos) throws Exception {
    long end = System.nanoTime() + nanos;
    BooleanSupplier isTime = () -> System.nanoTime() - end < 0;
    List<Worker> workers = new ArrayList<>();
    for (int i = 0; i < workload.concurrency(); i++) {
      workers.add(new Worker(i, Exchange.RESPONSE_BYTES, isTime));
    }
    return run(workers);
  }

  private static long run(List<Worker> workers) throws Exception {
    CompletableFuture<Void> all =
        CompletableFuture.allOf(
            workers.stream().map(worker -> worker.done).toArray(CompletableFuture<?>[]::new));
    for (Worker worker : workers) {
      worker.done.whenComplete(
          (times, failure) -> {
            if (failure != null) {
              all.completeExceptionally(failure); // whatever the others still wait for
            }
          });
      worker.next();
    }
    all.get();
    return workers.stream().mapToLong(worker -> worker.done.join()).sum();
  }

  @Override
  public void hold(int count) throws Exception {
    for (int opened = 0; opened < count; ) {
      List<CompletableFuture<NettyClient.Connection>> some = new ArrayList<>();
      for (int i = 0; i < workload.concurrency() && opened < count; i++, opened++) {
        some.add(client.connect(i));
      }
      for (CompletableFuture<NettyClient.Connection> each : some) {
        connections.add(each.get());
      }
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
  public void close() {
    connections.forEach(NettyClient.Connection::close);
    client.close();
  }

  private static final class Once implements BooleanSupplier {
    private boolean asked;

    @Override
    public boolean getAsBoolean() {
      boolean first = !asked;
      asked = true;
      return first;
    }
  }

  /** One of those that are at work at the same time; on the loop of its connection. */
  private final class Worker implements NettyClient.Callback {
    final CompletableFuture<Long> done = new CompletableFuture<>();
    private final int index;
    private final long responseBytes;
    private final BooleanSupplier goesOn;
    private NettyClient.@Nullable Connection connection;
    private long times;

    Worker(int index, long responseBytes, BooleanSupplier goesOn) {
      this.index = index;
      this.responseBytes = responseBytes;
      this.goesOn = goesOn;
      if (!workload.connects()) {
        connection = connections.get(index % connections.size());
      }
    }

    void next() {
      if (!goesOn.getAsBoolean()) {
        done.complete(times);
      } else if (workload.connects()) {
        client
            .connect(index)
            .whenComplete(
                (made, failure) -> {
                  if (failure == null) {
                    connection = made;
                    made.exchange(responseBytes, this);
                  } else {
                    onFailed(failure);
                  }
                });
      } else {
        Objects.requireNonNull(connection).exchange(responseBytes, this);
      }
    }

    @Override
    public void onDone() {
      times++;
      if (workload.connects()) {
        Objects.requireNonNull(connection).close();
      }
      next();
    }

    @Override
    public void onFailed(Throwable cause) {
      done.completeExceptionally(cause);
    }
  }
}
