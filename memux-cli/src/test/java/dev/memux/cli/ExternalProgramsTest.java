package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

final class ExternalProgramsTest {
  @Test
  void findsAProgramOnThePath() {
    assertTrue(Files.isExecutable(ExternalPrograms.require("java", "default-jdk")));
  }

  @Test
  void skipsTheTestAndNamesThePackageWhenAProgramIsMissing() {
    var aborted =
        assertThrows(
            TestAbortedException.class,
            () -> ExternalPrograms.require("no-such-program", "no-such-package"));
    assertEquals(
        "Assumption failed: no-such-program not found; apt install no-such-package",
        aborted.getMessage());
  }
}
