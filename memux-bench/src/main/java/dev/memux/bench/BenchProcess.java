package dev.memux.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of one end, with the same options for every contender. */
final class BenchProcess implements AutoCloseable {
  /** Settings of memux that both ends take over from the comparison itself. */
  private static final String SETTINGS = "dev.memux.";

  private static final long PATIENCE_SECONDS = 30;

  private final Process process;
  private final BufferedReader output;

  private BenchProcess(Process process) {
    this.process = process;
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts one.
   *
   * @param java what starts a JVM, and its options
   */
  static BenchProcess start(List<String> java, Class<?> main, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>(java);
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    for (String property : System.getProperties().stringPropertyNames()) {
      if (property.startsWith(SETTINGS)) {
        command.add("-D" + property + "=" + System.getProperty(property));
      }
    }
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(arguments);
    return new BenchProcess(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  long id() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  ProcessUsage usage() throws IOException {
    return ProcessUsage.of(process.toHandle());
  }

  /** Blocks until there is a line that begins with {@code start}; what follows there. */
  String await(String start) throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(start)) {
        return line.substring(start.length());
      }
    }
    throw new IOException("a process ended before it said what was waited for");
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
