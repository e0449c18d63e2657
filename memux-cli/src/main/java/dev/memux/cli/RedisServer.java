package dev.memux.cli;

import dev.memux.lab.NetworkNamespace;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Redis server in a network namespace, which keeps nothing. */
final class RedisServer implements AutoCloseable {
  static final int PORT = 6379;

  private static final long STOP_SECONDS = 5;

  private final Process process;

  private RedisServer(Process process) {
    this.process = process;
  }

  /** Whether it can be started, and redis-benchmark too. */
  static boolean isInstalled() {
    List<String> folders = List.of(System.getenv("PATH").split(File.pathSeparator));
    return Stream.of("redis-server", "redis-benchmark")
        .allMatch(
            program ->
                folders.stream().anyMatch(folder -> Files.isExecutable(Path.of(folder, program))));
  }

  /** Starts it, and waits until it takes connections. */
  static RedisServer start(NetworkNamespace namespace, int port) throws IOException {
    Process process =
        namespace.start(
            new ProcessBuilder(
                    "redis-server",
                    "--port",
                    Integer.toString(port),
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "",
                    "--appendonly",
                    "no")
                .redirectErrorStream(true));
    BufferedReader output = process.inputReader();
    for (String line; (line = output.readLine()) != null; ) {
      if (line.contains("Ready to accept connections")) {
        OwnProcess.dropRest(output);
        return new RedisServer(process);
      }
    }
    throw new IOException("redis-server ended");
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
