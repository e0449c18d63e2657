package dev.memux.cli;

import dev.memux.tls.KeyLog;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The key log that the environment asks for, as browsers and curl do. */
final class KeyLogs {
  private static final String VARIABLE = "SSLKEYLOGFILE";

  private KeyLogs() {}

  static @Nullable KeyLog fromEnvironment() {
    String file = System.getenv(VARIABLE);
    if (file == null || file.isEmpty()) {
      return null;
    }
    try {
      return KeyLog.toFile(Path.of(file));
    } catch (IOException | RuntimeException e) {
      throw new CommandFailure(
          ExitCode.FAILURE, VARIABLE + "=" + file + " cannot be written: " + e.getMessage());
    }
  }
}
