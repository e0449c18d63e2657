package dev.memux.cli;

import dev.memux.gateway.StateDirectory;
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
  private final StateDirectory stateDirectory;
  private final BufferedReader output;

  private MemuxProcess(Process process, Path errors, StateDirectory stateDirectory) {
    this.process = process;
    this.stateDirectory = stateDirectory;
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
    StateDirectory state = StateDirectory.at(folder.resolve("state").resolve("memux"));
    return new MemuxProcess(builder.start(), errors, state);
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

  /** Where it keeps its development certificate. */
  StateDirectory stateDirectory() {
    return stateDirectory;
  }

  int awaitExit() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("did not end");
    }
    return process.exitValue();
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Asks it to read its configuration again (SIGHUP). */
  void hangUp() throws IOException, InterruptedException {
    int code = new ProcessBuilder("kill", "-HUP", Long.toString(process.pid())).start().waitFor();
    if (code != 0) {
      throw new IOException("kill: " + code);
    }
  }

  /** Waits for the first line of standard error. */
  String awaitError() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!errors().endsWith("\n") && System.nanoTime() - deadline < 0) {
      Thread.sleep(10);
    }
    return errors().strip();
  }

  /** Asks it to stop, as Ctrl-C does. */
  void terminate() {
    process.toHandle().destroy(); // unlike the process's own, it leaves what was said readable
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }
}
