package dev.memux.cli;

import dev.memux.lab.NetworkNamespace;
import java.io.IOException;
import java.util.List;

/** redis-benchmark, which asks one thing after another on a connection. */
final class RedisBenchmark {
  /** More than one connection can do in a second where there is any delay. */
  private static final long REQUESTS_PER_SECOND = 12;

  private static final int P99_COLUMN = 6;

  private final Process process;

  private RedisBenchmark(Process process) {
    this.process = process;
  }

  /** Has it ask for about so long, with a round trip of some 60 ms. */
  static RedisBenchmark start(NetworkNamespace namespace, int port, long seconds)
      throws IOException {
    return new RedisBenchmark(
        namespace.start(
            new ProcessBuilder(
                    "redis-benchmark",
                    "-h",
                    "127.0.0.1",
                    "-p",
                    Integer.toString(port),
                    "-c",
                    "1",
                    "-n",
                    Long.toString(REQUESTS_PER_SECOND * seconds),
                    "-t",
                    "get",
                    "--csv")
                .redirectErrorStream(true)));
  }

  /** Waits for its end; what 99 of 100 requests did not exceed, in milliseconds. */
  double awaitMillis() throws IOException, InterruptedException {
    List<String> lines = process.inputReader().lines().toList();
    process.waitFor();
    for (String line : lines) {
      String[] columns = line.replace("\"", "").split(",", -1);
      if (columns[0].equals("GET") && columns.length > P99_COLUMN) {
        return Double.parseDouble(columns[P99_COLUMN]);
      }
    }
    throw new IOException("redis-benchmark: " + String.join(" ", lines));
  }
}
