package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.gateway.Gateway;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Gateway and client as users run them: processes that share a state directory. */
@Timeout(180)
final class MemuxProcessTest {
  @TempDir private Path folder;

  @Test
  void aClientTrustsTheGatewayOfTheSameUserAndWritesKeyLogs() throws Exception {
    int port = FreePort.find();
    Path keys = folder.resolve("keys.log");
    try (MemuxProcess gateway = MemuxProcess.gateway(folder, port)) {
      try (MemuxProcess get =
          MemuxProcess.start(
              folder,
              List.of("get", "https://localhost:" + port + "/style.css"),
              Map.of("SSLKEYLOGFILE", keys.toString()))) {
        String style = get.output();
        assertEquals(0, get.awaitExit(), get.errors());
        try (InputStream served = Gateway.class.getResourceAsStream("site/style.css")) {
          assertArrayEquals(served.readAllBytes(), style.getBytes(StandardCharsets.UTF_8));
        }
        assertEquals("", get.errors());
      }
      assertTrue(Files.readString(keys).contains("CLIENT_TRAFFIC_SECRET_0 "));
      gateway.terminate();
      assertEquals(0, gateway.awaitExit());
      assertEquals("", gateway.errors());
    }
  }

  // RFC 9001 §4.5, §4.6
  @Test
  void aSecondGetResumesAndAsksAtOnce() throws Exception {
    int port = FreePort.find();
    try (MemuxProcess gateway = MemuxProcess.gateway(folder, port)) {
      assertEquals(List.of(false, "none"), resumption("localhost", port));
      for (int i = 0; i < 4; i++) {
        assertEquals(List.of(true, "accepted"), resumption("localhost", port));
      }
      assertEquals(List.of(false, "none"), resumption("127.0.0.1", port)); // another name
      assertEquals(List.of(false, "none"), resumption("localhost", port, "--insecure"));
      assertEquals(List.of(true, "accepted"), resumption("localhost", port, "--insecure"));
      try (Stream<Path> files = Files.list(folder.resolve("cache").resolve("memux"))) {
        List<Path> all = files.toList();
        assertEquals(3, all.size());
        for (Path file : all) {
          assertEquals(
              "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
          Files.writeString(file, "not what it was");
        }
      }
      assertEquals(List.of(false, "none"), resumption("localhost", port));
      assertEquals("", gateway.errors());
    }
    try (MemuxProcess restarted = MemuxProcess.gateway(folder, port)) {
      // The tickets' keys are gone.
      assertEquals(List.of(false, "refused"), resumption("localhost", port));
      assertEquals(List.of(true, "accepted"), resumption("localhost", port));
      assertTrue(restarted.isAlive());
    }
  }

  /** Whether a fetch resumes a session, and what becomes of its early data. */
  private List<Object> resumption(String host, int port, String... more) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("get", "--json"));
    arguments.addAll(List.of(more));
    arguments.add("https://" + host + ":" + port + "/");
    try (MemuxProcess get = MemuxProcess.start(folder, arguments, Map.of())) {
      List<Map<String, Object>> lines = get.output().lines().map(Json::object).toList();
      assertEquals(0, get.awaitExit(), get.errors());
      assertEquals(200.0, lines.getFirst().get("status"));
      return List.of(lines.getLast().get("resumed"), lines.getLast().get("early_data"));
    }
  }

  @Test
  void aGatewayTellsWhatToTry() throws Exception {
    int port = FreePort.find();
    try (MemuxProcess gateway =
        MemuxProcess.start(folder, "gateway", "--listen=127.0.0.1:" + port)) {
      String said = gateway.awaitLine("ready");
      String url = "https://127.0.0.1:" + port + "/";
      assertTrue(said.contains("memux get " + url), said);
      assertTrue(said.contains("--origin-to-force-quic-on=127.0.0.1:" + port), said);
      assertTrue(
          said.matches("(?s).*--ignore-certificate-errors-spki-list=[A-Za-z0-9+/]{43}= .*"), said);
    }
  }

  @Test
  void aSecondGatewaySaysThatThePortIsTaken() throws Exception {
    int port = FreePort.find();
    try (MemuxProcess first = MemuxProcess.gateway(folder, port);
        MemuxProcess second = MemuxProcess.start(folder, "gateway", "--listen=127.0.0.1:" + port)) {
      assertEquals(1, second.awaitExit());
      assertTrue(first.isAlive());
      assertEquals("", second.output());
      List<String> lines = second.errors().lines().toList();
      assertEquals(1, lines.size(), second.errors());
      assertTrue(
          lines.getFirst().startsWith("memux: cannot listen on 127.0.0.1:" + port + ": "),
          second.errors());
    }
  }

  @Test
  void aGatewayLetsADownloadFinishWhenItIsToldToStop() throws Exception {
    List<String> names = RandomFiles.write(folder.resolve("root"), 1, 50_000_000);
    int port = FreePort.find();
    Path target = folder.resolve("got");
    try (MemuxProcess gateway =
            MemuxProcess.gateway(folder, port, "--root=" + folder.resolve("root"));
        MemuxProcess get =
            MemuxProcess.start(
                folder,
                "get",
                "-o",
                target + "/",
                "https://localhost:" + port + "/" + names.getFirst())) {
      while (get.isAlive() && !Files.exists(target.resolve(names.getFirst()))) {
        Thread.onSpinWait(); // until the response has begun
      }
      gateway.terminate();
      assertEquals(0, get.awaitExit(), get.errors());
      assertEquals(0, gateway.awaitExit());
      RandomFiles.assertSame(folder.resolve("root"), target, names);
    }
  }
}
