package dev.memux.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A script of {@code src/test/node} in a Node of its own. */
final class NodePeer implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 120;

  /** The scripts, and what npm has installed beside them. */
  static final Path FOLDER = Path.of("src", "test", "node").toAbsolutePath();

  private final Process process;
  private final BufferedReader output;

  /** Starts a script; without Node the calling test is skipped. */
  NodePeer(Map<String, String> environment, String script, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(ExternalPrograms.require("node", "nodejs").toString());
    installPackages();
    command.add(FOLDER.resolve(script).toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    process = builder.start();
    output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** What the lock file names, as CI has done before; without npm the calling test is skipped. */
  static void installPackages() throws Exception {
    if (Files.isDirectory(FOLDER.resolve("node_modules"))) {
      return;
    }
    Path npm = ExternalPrograms.require("npm", "npm");
    Process install =
        new ProcessBuilder(npm.toString(), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            .directory(FOLDER.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(install.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (install.waitFor() != 0) {
      throw new IOException("npm ci: " + said);
    }
  }

  /** The next line of what it prints. */
  String line() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IOException("node has ended");
    }
    return line;
  }

  /** Waits until it has ended; what it has printed since the last line. */
  String awaitEnd() throws Exception {
    StringBuilder rest = new StringBuilder();
    for (String line; (line = output.readLine()) != null; ) {
      rest.append(line).append('\n');
    }
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException("node does not end: " + rest);
    }
    return rest.toString().strip();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
