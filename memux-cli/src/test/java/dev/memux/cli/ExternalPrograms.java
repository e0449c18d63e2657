package dev.memux.cli;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Programs made by others that tests talk to. They are not part of the build. */
final class ExternalPrograms {
  private ExternalPrograms() {}

  /**
   * The program's path; where it is not installed the calling test is skipped, and says which
   * Debian package has it. CI installs them all ({@code .ci/run}) and counts a skipped test as a
   * failure.
   */
  static Path require(String program, String debianPackage) {
    return find(program)
        .orElseGet(() -> skip(program + " not found; apt install " + debianPackage));
  }

  private static Path skip(String reason) {
    System.err.println("Skipped: " + reason); // the build shows only how many were skipped
    return abort(reason);
  }

  static Optional<Path> find(String program) {
    // Debian keeps servers in /usr/sbin, which is not on every user's path.
    String folders = System.getenv("PATH") + File.pathSeparator + "/usr/sbin";
    return Stream.of(folders.split(File.pathSeparator))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
