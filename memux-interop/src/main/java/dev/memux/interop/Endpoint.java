package dev.memux.interop;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process that is an end of connections. */
final class Endpoint implements AutoCloseable {
  /** The runner's exit code for what an endpoint does not support. */
  static final int UNSUPPORTED = 127;

  /** In the place of the exit code of one that was ended. */
  static final int LATE = -1;

  private static final long END_SECONDS = 10;

  private final Process process;

  private Endpoint(Process process) {
    this.process = process;
  }

  /** Starts one; all that it says is added to {@code log}. */
  static Endpoint start(List<String> command, Map<String, String> environment, Path log)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    return new Endpoint(builder.start());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for its exit code; one that takes longer than the limit is ended, and {@link #LATE}. */
  int await(Duration limit) throws InterruptedException {
    if (process.waitFor(Math.max(0, limit.toMillis()), TimeUnit.MILLISECONDS)) {
      return process.exitValue();
    }
    close();
    return LATE;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
