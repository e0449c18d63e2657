package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The {@code memux} script, and the JVM's cache with which it starts faster. */
@Timeout(180)
@DisabledOnOs(OS.WINDOWS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LauncherTest {
  // By the clock, or of the processors' time: a busy machine lengthens the one, and compilers at
  // work
  // on several processors at once make the other longer than the first.
  private static final Duration READY_WITHIN = Duration.ofMillis(1_500);

  private Path folder;
  private Installation installation;

  /** Installs it and starts it for the first time, twice at once: neither disturbs the other. */
  @BeforeAll
  void start(@TempDir Path shared) throws Exception {
    folder = shared;
    installation = Installation.in(Files.createDirectory(folder.resolve("a place")));
    Process first = start("", "--version");
    Process second = start("", "--version");
    assertVersion(first);
    assertVersion(second);
    assertEquals(1, installation.caches().size());
    assertFalse(Files.exists(folder.resolve("state")), "the certificate is not the user's");
  }

  private Process start(String javaOptions, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("sh", installation.script().toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve("errors").toFile()));
    builder.environment().put("MEMUX_JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("MEMUX_JAVA_OPTS", javaOptions);
    builder.environment().put("XDG_STATE_HOME", folder.resolve("state").toString());
    builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
    return builder.start();
  }

  /** Runs it to its end and expects that nothing went wrong. */
  private void version(String javaOptions) throws Exception {
    assertVersion(start(javaOptions, "--version"));
  }

  private void assertVersion(Process process) throws Exception {
    String said = process.inputReader().readAllAsString();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertTrue(said.startsWith("memux "), said);
    assertEquals("", Files.readString(folder.resolve("errors")));
    assertEquals(0, process.exitValue());
  }

  private boolean mapsCache() throws Exception {
    Path log = folder.resolve("aot.log");
    version("-Xlog:aot=info:file=" + log);
    return Files.readString(log).contains("Mapped static  region #0");
  }

  @Test
  void aGatewayIsReadySoonWithTheCacheThatTheFirstStartMade() throws Exception {
    assertTrue(mapsCache());
    long begin = System.nanoTime();
    Process gateway = start("", "gateway", "--listen=127.0.0.1:" + FreePort.find());
    try (BufferedReader lines = gateway.inputReader()) {
      String line = lines.readLine();
      while (line != null && !line.startsWith("ready")) {
        line = lines.readLine();
      }
      Duration took = Duration.ofNanos(System.nanoTime() - begin);
      Duration processors = gateway.info().totalCpuDuration().orElseThrow();
      assertNotNull(line);
      assertTrue(
          took.compareTo(READY_WITHIN) < 0 || processors.compareTo(READY_WITHIN) < 0,
          () -> "took " + took + ", " + processors + " of the processors");
    } finally {
      gateway.destroyForcibly();
    }
    assertEquals("", Files.readString(folder.resolve("errors")));
  }

  @Test
  void theCacheIsMadeAnewForNewJars() throws Exception {
    FileTime made = Files.getLastModifiedTime(installation.caches().getFirst());
    Files.setLastModifiedTime(installation.jar(), FileTime.from(Instant.now()));
    version("");
    assertNotEquals(made, Files.getLastModifiedTime(installation.caches().getFirst()));
    assertTrue(mapsCache());
  }

  @Test
  void nothingIsSaidWhereTheCacheIsOfNoUse() throws Exception {
    Path cache = installation.caches().getFirst();
    byte[] content = Files.readAllBytes(cache);
    version("-XX:+UseSerialGC -XX:-UseCompressedOops");
    version("-Xshare:auto");
    Files.writeString(cache, "damaged");
    version("");
    Files.writeString(cache, "");
    version("");
    assertEquals(0, Files.size(cache), "not tried again");
    Files.write(cache, content);
  }
}
