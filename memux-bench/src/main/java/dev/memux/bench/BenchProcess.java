package dev.memux.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of one end, with the same options for every contender. */
final class BenchProcess implements AutoCloseable {
  /** Settings of memux that both ends take over from the comparison itself. */
  private static final String SETTINGS = "dev.memux.";

  private static final long PATIENCE_SECONDS = 10;

  private final String name;
  private final Process process;
  private final BufferedReader output;
  private final Duration limit;
  private volatile boolean late;

  private BenchProcess(String name, Process process, Duration limit) {
    this.name = name;
    this.process = process;
    this.limit = limit;
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts one.
   *
   * @param name what to call it where it fails
   * @param java what starts a JVM, and its options
   * @param limit after which it is ended, whatever it does
   */
  static BenchProcess start(
      String name, List<String> java, Class<?> main, List<String> arguments, Duration limit)
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
    BenchProcess started =
        new BenchProcess(
            name,
            new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start(),
            limit);
    started.endWhenLate();
    return started;
  }

  private void endWhenLate() {
    process
        .onExit()
        .orTimeout(limit.toNanos(), TimeUnit.NANOSECONDS)
        .exceptionally(
            timeout -> {
              late = true;
              return process.destroyForcibly();
            });
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

  /**
   * Blocks until there is a line that begins with {@code start}; what follows there.
   *
   * @throws ProcessFailedException if the process ends before it, by itself or because its time is
   *     over
   */
  String await(String start) throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(start)) {
        return line.substring(start.length());
      }
    }
    String end = late ? " was ended after " + limit.toSeconds() + " s," : " ended";
    throw new ProcessFailedException(name + end + " before it said \"" + start + '"');
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
