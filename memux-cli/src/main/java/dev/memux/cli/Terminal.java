package dev.memux.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Whether a person is looking. */
final class Terminal {
  private Terminal() {}

  /** Whether standard error is a terminal. */
  static boolean isStandardError() {
    return isTerminal(2);
  }

  /** Whether standard output is a terminal. */
  static boolean isStandardOutput() {
    return isTerminal(1);
  }

  // Java can only say whether input and output both are terminals. Where the kernel shows what a
  // descriptor is, that is better.
  private static boolean isTerminal(int descriptor) {
    Path link = Path.of("/proc/self/fd/" + descriptor);
    if (Files.isSymbolicLink(link)) {
      try {
        String target = Files.readSymbolicLink(link).toString();
        return target.startsWith("/dev/pts/")
            || target.startsWith("/dev/tty")
            || target.equals("/dev/console");
      } catch (IOException e) {
        return false;
      }
    }
    return Objects.requireNonNull(System.console()).isTerminal();
  }
}
