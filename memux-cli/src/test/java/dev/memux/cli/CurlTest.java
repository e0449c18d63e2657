package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** curl comes by TCP, to the port that HTTP/3 is at. */
@Timeout(180)
final class CurlTest {
  @TempDir private Path folder;
  private Path curl;

  @BeforeEach
  void find() {
    curl = ExternalPrograms.require("curl", "curl");
  }

  private record Result(int exitCode, String output, String errors) {}

  private Result run(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(curl.toString());
    command.add("--silent");
    command.add("--show-error");
    command.add("--max-time");
    command.add("60");
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile(folder, "curl", ".out");
    Path errors = Files.createTempFile(folder, "curl", ".err");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    assertTrue(process.waitFor(90, TimeUnit.SECONDS));
    return new Result(process.exitValue(), Files.readString(output), Files.readString(errors));
  }

  private String certificate() {
    return folder.resolve("state/memux/development-cert.pem").toString();
  }

  @ParameterizedTest
  @CsvSource({"--http2, 2", "--http1.1, 1.1", "--http1.0, 1.1"})
  void fetchesTheDemonstrationSiteAndLearnsOfHttp3(String option, String version) throws Exception {
    int port = FreePort.find();
    try (MemuxProcess gateway = MemuxProcess.gateway(folder, port)) {
      String url = "https://localhost:" + port + "/style.css";
      Result got =
          run(
              option,
              "--cacert",
              certificate(),
              "--write-out",
              "%{stderr}%{http_version} %{response_code} %header{alt-svc}",
              url);
      assertEquals(0, got.exitCode(), got.errors());
      assertEquals(version + " 200 h3=\":" + port + "\"; ma=86400", got.errors());
      try (MemuxProcess get = MemuxProcess.start(folder, List.of("get", url), Map.of())) {
        assertEquals(get.output(), got.output(), "the same as by HTTP/3");
      }
      assertEquals("", gateway.errors());
    }
  }

  @ParameterizedTest
  @CsvSource({"--http2", "--http1.1"})
  void fetchesManyFilesAtOnce(String option) throws Exception {
    List<String> names = RandomFiles.write(folder.resolve("root"), 50, 200_000);
    int port = FreePort.find();
    try (MemuxProcess gateway =
        MemuxProcess.gateway(folder, port, "--root=" + folder.resolve("root"))) {
      Path target = Files.createDirectories(folder.resolve("got"));
      Result got =
          run(
              option,
              "--parallel",
              "--cacert",
              certificate(),
              "--remote-name-all",
              "--output-dir",
              target.toString(),
              "https://localhost:" + port + "/file-200000-[0-49]");
      assertEquals(0, got.exitCode(), got.errors());
      RandomFiles.assertSame(folder.resolve("root"), target, names);
      gateway.terminate();
      assertEquals(0, gateway.awaitExit());
      assertEquals("", gateway.errors());
    }
  }

  @Test
  void isToldThatThePortSpeaksTls() throws Exception {
    int port = FreePort.find();
    try (MemuxProcess gateway = MemuxProcess.gateway(folder, port)) {
      Result got = run("--write-out", "%{stderr}%{response_code}", "http://localhost:" + port);
      assertEquals("400", got.errors());
      assertEquals("This port speaks TLS: use https://\n", got.output());
      assertTrue(gateway.isAlive());
    }
  }
}
