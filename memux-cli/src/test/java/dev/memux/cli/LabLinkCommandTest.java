package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.memux.lab.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code memux lab link} as a process. Needs root on Linux. */
@Timeout(120)
final class LabLinkCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void needsNamespaces() {
    try (NetworkNamespace possible = NetworkNamespace.create()) {
      assertTrue(possible != null);
    } catch (IOException e) {
      System.err.println("Skipped: no network namespaces here (they need Linux and root): " + e);
      abort(e.toString());
    }
  }

  private MemuxProcess link(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("lab", "link"));
    all.addAll(List.of(arguments));
    return MemuxProcess.start(folder, all.toArray(String[]::new));
  }

  @Test
  void theExitCodeIsTheCommandsAndTheLinkIsReported() throws Exception {
    try (MemuxProcess memux = link("--rate=1Mbit/10Mbit", "--", "sh", "-c", "ip -o addr; exit 7")) {
      assertEquals(7, memux.awaitExit(), memux.errors());
      String output = memux.output();
      assertTrue(output.contains("10.77.0.1/30") && output.contains("fd77::1/126"), output);
      List<String> errors = memux.errors().lines().toList();
      assertEquals(
          List.of(
              "memux: link up: 0 packets (0 B), at most 0.0 ms late",
              "memux: link down: 0 packets (0 B), at most 0.0 ms late"),
          errors);
    }
  }

  @Test
  void aFileComesThroughALinkThatLosesPackets() throws Exception {
    List<String> names = RandomFiles.write(folder.resolve("root"), 1, 500_000);
    Path target = folder.resolve("got");
    String server =
        MemuxProcess.command(
                List.of("gateway", "--listen=10.77.0.2:8443", "--root=" + folder.resolve("root")))
            .stream()
            .map(word -> "'" + word + "'")
            .collect(Collectors.joining(" "));
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--rate=20Mbit", "--delay=10ms", "--loss=2%"));
    arguments.addAll(List.of("--server", server, "--ready", "ready", "--"));
    arguments.addAll(
        MemuxProcess.command(
            List.of(
                "get",
                "--insecure",
                "-o",
                target + "/",
                "https://10.77.0.2:8443/" + names.getFirst())));
    try (MemuxProcess memux = link(arguments.toArray(String[]::new))) {
      assertEquals(0, memux.awaitExit(), memux.errors());
      assertTrue(memux.errors().contains("dropped (loss)"), memux.errors());
    }
    RandomFiles.assertSame(folder.resolve("root"), target, names);
  }

  @ParameterizedTest
  @CsvSource({
    "--rate=10, '--rate: ''10'' is not a rate such as 10Mbit'",
    "--delay=fast, '--delay: ''fast'' is not a time such as 25ms'",
    "--loss=101%, '--loss: ''101%'' is not a share such as 1.5%'",
    "--queue=1furlong, '--queue: ''1furlong'' is not a size such as 64kB'",
    "--reorder=5%, '--reorder: two values with a colon, not 5%'",
    "--ready=x, '--ready is about the output of --server'",
  })
  void mistakesAreToldInOneLine(String option, String message) throws Exception {
    try (MemuxProcess memux = link(option, "--", "true")) {
      assertEquals(ExitCode.USAGE, memux.awaitExit());
      assertEquals("memux: " + message + "\n", memux.errors());
    }
  }

  @Test
  void aCommandThatDoesNotExistIsNamed() throws Exception {
    try (MemuxProcess memux = link("--", "no-such-program-here")) {
      assertEquals(ExitCode.FAILURE, memux.awaitExit());
      assertTrue(memux.errors().contains("no-such-program-here"), memux.errors());
      assertEquals(1, memux.errors().lines().count(), memux.errors());
    }
  }

  @Test
  void aServerThatEndsBeforeItIsReadyIsSaid() throws Exception {
    try (MemuxProcess memux = link("--server=false", "--ready=ready", "--", "true")) {
      assertEquals(ExitCode.FAILURE, memux.awaitExit());
      assertEquals("memux: the server ended before it was ready\n", memux.errors());
    }
  }
}
