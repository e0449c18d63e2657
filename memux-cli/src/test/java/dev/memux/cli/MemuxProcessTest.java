package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.gateway.Gateway;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
