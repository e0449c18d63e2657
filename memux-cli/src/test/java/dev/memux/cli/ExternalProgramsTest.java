package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ExternalProgramsTest {
  @Test
  void findsAProgramOnThePath() {
    assertTrue(Files.isExecutable(ExternalPrograms.require("java", "default-jdk")));
  }

  @Test
  void doesNotFindAProgramThatIsNotInstalled() {
    assertEquals(Optional.empty(), ExternalPrograms.find("no-such-program"));
  }
}
