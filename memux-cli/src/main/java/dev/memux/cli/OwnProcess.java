package dev.memux.cli;

import dev.memux.lab.NetworkNamespace;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The memux command once more, in a network namespace, until it is closed. */
final class OwnProcess implements AutoCloseable {
  private static final long STOP_SECONDS = 5;

  private final Process process;

  private OwnProcess(Process process) {
    this.process = process;
  }

  /**
   * Starts it, and waits for the line that begins with "ready".
   *
   * @param state where it keeps its certificate
   * @throws IOException with what it said, if it ends instead
   */
  static OwnProcess start(NetworkNamespace namespace, Path state, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-XX:TieredStopAtLevel=1"); // compiling must not take the processors from the rest
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Main.class.getName());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("XDG_STATE_HOME", state.toString());
    OwnProcess started = new OwnProcess(namespace.start(builder));
    try {
      started.awaitReady();
    } catch (IOException e) {
      started.close();
      throw e;
    }
    return started;
  }

  private void awaitReady() throws IOException {
    BufferedReader output = process.inputReader();
    StringBuilder said = new StringBuilder();
    for (String line; (line = output.readLine()) != null; ) {
      if (line.startsWith("ready")) {
        dropRest(output);
        return;
      }
      said.append(line).append('\n');
    }
    throw new IOException("it ended: " + said);
  }

  /** What a process says has to be read, or it would block. */
  static void dropRest(Reader output) {
    Thread.startVirtualThread(
        () -> {
          try {
            output.transferTo(Writer.nullWriter());
          } catch (IOException e) {
            // It was stopped.
          }
        });
  }

  /**
   * @throws IOException if it has ended
   */
  void requireAlive() throws IOException {
    if (!process.isAlive()) {
      throw new IOException("memux ended with exit code " + process.exitValue());
    }
  }

  /** Stops it, at once if it does not soon. */
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
