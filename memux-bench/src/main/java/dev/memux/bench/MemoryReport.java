package dev.memux.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How much heap is left after a collection: on the server during bulk, and at both ends for each of
 * many idle connections. Beside it stands what the process has in RAM.
 */
@Command(
    name = "memory",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Print the heap after collection during bulk, and of idle connections.")
final class MemoryReport implements Callable<Integer> {
  private static final double MEGABYTE = 1e6;
  private static final int PACKET_BYTES = 1452;

  /** After them everything is there that connections share. */
  private static final int FEW_CONNECTIONS = 100;

  private static final long SAMPLE_MILLIS = 200;
  private static final Duration LIMIT = Duration.ofMinutes(10);

  @Option(names = "--contender", defaultValue = "memux", description = "Default: ${DEFAULT-VALUE}.")
  private String contender = "";

  @Option(
      names = "--connections",
      defaultValue = "10000",
      description = "Idle ones (default: ${DEFAULT-VALUE}).")
  private int connections;

  @Option(
      names = "--bytes",
      defaultValue = "5000000000",
      description = "Of bulk, during which it looks several times (default: ${DEFAULT-VALUE}).")
  private long bytes;

  @Mixin private JavaOptions java = new JavaOptions();

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new MemoryReport()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    bulk();
    idle();
    return 0;
  }

  private ProcessPair start(Workload workload, long amount) throws IOException {
    return ProcessPair.start(
        contender, workload, PACKET_BYTES, new Plan(0, amount, 0), java.command(), LIMIT);
  }

  private void bulk() throws IOException, InterruptedException {
    try (ProcessPair pair = start(Workload.BULK, bytes)) {
      long most = 0;
      long resident = 0;
      int samples = 0;
      while (pair.client().isAlive()) {
        most = Math.max(most, LiveHeap.bytes(pair.server().id()));
        resident = Math.max(resident, pair.server().usage().residentBytes());
        samples++;
        Thread.sleep(SAMPLE_MILLIS);
      }
      pair.client().await("{"); // it came to its end
      System.out.printf(
          Locale.ROOT,
          "bulk: server's heap after collection at most %.1f MB (%d looks), %.0f MB in RAM%n",
          most / MEGABYTE,
          samples,
          resident / MEGABYTE);
    }
  }

  private void idle() throws IOException {
    long[] few = heaps(FEW_CONNECTIONS);
    long[] many = heaps(FEW_CONNECTIONS + connections);
    System.out.printf(
        Locale.ROOT,
        "%d idle connections: heap after collection %.1f KB each on the server (%.0f MB in RAM),"
            + " %.1f KB each on the client (%.0f MB in RAM)%n",
        connections,
        (many[0] - few[0]) / 1e3 / connections,
        many[1] / MEGABYTE,
        (many[2] - few[2]) / 1e3 / connections,
        many[3] / MEGABYTE);
  }

  /** Of the server: heap after collection, and what it has in RAM; then of the client. */
  private long[] heaps(int count) throws IOException {
    try (ProcessPair pair = start(Workload.IDLE, count)) {
      pair.client().await(ClientMain.HELD);
      return new long[] {
        LiveHeap.bytes(pair.server().id()),
        pair.server().usage().residentBytes(),
        LiveHeap.bytes(pair.client().id()),
        pair.client().usage().residentBytes()
      };
    }
  }
}
