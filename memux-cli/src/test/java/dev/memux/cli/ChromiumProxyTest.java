package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Chromium's own CONNECT (RFC 9113 §8.5) leads through the gateway, here back to itself. */
@Timeout(180)
final class ChromiumProxyTest {
  private static final Pattern SPKI_HASH =
      Pattern.compile("--ignore-certificate-errors-spki-list=([A-Za-z0-9+/=]+)");

  @TempDir private Path folder;

  @Test
  void loadsAPageThroughATunnel() throws Exception {
    Path chromium = ExternalPrograms.require("chromium", "chromium");
    int port = FreePort.find();
    String authority = "127.0.0.1:" + port;
    try (MemuxProcess gateway =
        MemuxProcess.start(
            folder,
            "gateway",
            "--listen=" + authority,
            "--connect-allow=" + authority,
            "--log-connections")) {
      Matcher hash = SPKI_HASH.matcher(gateway.awaitLine("ready"));
      assertTrue(hash.find());
      List<String> flags = new ArrayList<>(DevTools.WITHOUT_COMPONENTS);
      flags.addAll(
          List.of(
              "--proxy-server=https://" + authority,
              "--proxy-bypass-list=<-loopback>",
              "--ignore-certificate-errors-spki-list=" + hash.group(1)));
      try (DevTools page = new DevTools(chromium, folder.resolve("profile"), flags)) {
        page.call("Page.enable", "{}");
        page.load("https://" + authority + "/");
        assertEquals(
            "h2", page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol"));
        assertFalse(page.evaluate("document.title").toString().isEmpty());
      }
      gateway.terminate();
      assertEquals(0, gateway.awaitExit());
      List<String> tunnels =
          gateway.output().lines().filter(line -> line.contains(" tunnel ")).toList();
      assertTrue(
          tunnels.stream()
              .anyMatch(line -> line.contains(" http=2 target=" + authority + " status=200 ")),
          tunnels::toString);
    }
  }
}
