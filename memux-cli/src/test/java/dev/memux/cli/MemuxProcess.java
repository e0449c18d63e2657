package dev.memux.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The command in a process of its own, with state and cache directories of its own. */
final class MemuxProcess implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Process process;
  private final Path errors;
  private final BufferedReader output;

  private MemuxProcess(Process process, Path errors) {
    this.process = process;
    this.errors = errors;
    output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts the command; what it writes beside the state directory is the test's. */
  static MemuxProcess start(Path folder, List<String> arguments, Map<String, String> environment)
      throws IOException {
    List<String> command = command(arguments);
    Path errors = Files.createTempFile(folder, "errors", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().put("XDG_STATE_HOME", folder.resolve("state").toString());
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    builder.environment().remove("SSLKEYLOGFILE");
    builder.environment().putAll(environment);
    return new MemuxProcess(builder.start(), errors);
  }

  /** What starts the command, program first. */
  static List<String> command(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Main.class.getName());
    command.addAll(arguments);
    return command;
  }

  static MemuxProcess start(Path folder, String... arguments) throws IOException {
    return start(folder, List.of(arguments), Map.of());
  }

  /** Starts a gateway on both loopback addresses and waits until it is ready. */
  static MemuxProcess gateway(Path folder, int port, String... more) throws IOException {
    List<String> arguments = new ArrayList<>();
    arguments.add("gateway");
    arguments.add("--listen=127.0.0.1:" + port);
    arguments.add("--listen=[::1]:" + port);
    arguments.addAll(List.of(more));
    MemuxProcess gateway = start(folder, arguments, Map.of());
    gateway.awaitLine("ready");
    return gateway;
  }

  /** Waits for a line that begins so, and returns everything up to it. */
  String awaitLine(String beginning) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      text.append(line).append('\n');
      if (line.startsWith(beginning)) {
        return text.toString();
      }
    }
    throw new IOException("ended without '" + beginning + "':\n" + text + errors());
  }

  /** What it has written to standard output since, when it has ended. */
  String output() throws IOException {
    return output.readAllAsString();
  }

  /** What it has written to standard error so far. */
  String errors() throws IOException {
    return Files.readString(errors);
  }

  int awaitExit() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("did not end");
    }
    return process.exitValue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Asks it to stop, as Ctrl-C does. */
  void terminate() {
    process.destroy();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }
}
