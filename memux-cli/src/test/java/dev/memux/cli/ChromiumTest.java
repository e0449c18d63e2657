package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real browser loads the demonstration site over HTTP/3, and has nothing to complain about. */
@Timeout(180)
final class ChromiumTest {
  private static final Pattern SPKI_HASH =
      Pattern.compile("--ignore-certificate-errors-spki-list=(\\S+)");

  @TempDir private Path folder;

  @Test
  void loadsTheDemonstrationSite() throws Exception {
    Path chromium = ExternalPrograms.require("chromium", "chromium");
    int port = FreePort.find();
    try (MemuxProcess gateway =
        MemuxProcess.start(
            folder, "gateway", "--listen=127.0.0.1:" + port, "--listen=[::1]:" + port)) {
      Matcher hash = SPKI_HASH.matcher(gateway.awaitLine("ready"));
      assertTrue(hash.find());
      try (DevTools page =
          new DevTools(
              chromium,
              folder.resolve("profile"),
              "--origin-to-force-quic-on=localhost:" + port,
              "--ignore-certificate-errors-spki-list=" + hash.group(1))) {
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
          page.call(domain + ".enable", "{}");
        }
        page.load("https://localhost:" + port + "/");
        assertLoadedOverHttp3(page);
        assertNothingToComplainAbout(page);
      }
      assertEquals("", gateway.errors());
    }
  }

  @SuppressWarnings("unchecked")
  private static void assertLoadedOverHttp3(DevTools page) throws Exception {
    String entries =
        (String)
            page.evaluate(
                """
                new Promise(done => setTimeout(() => done(JSON.stringify([
                  ...performance.getEntriesByType("navigation"),
                  ...performance.getEntriesByType("resource"),
                ].map(e => ({name: e.name, protocol: e.nextHopProtocol, status: e.responseStatus,
                             bytes: e.decodedBodySize})))), 100))
                """);
    List<Object> resources = (List<Object>) Json.parse(entries);
    for (Object entry : resources) {
      Map<String, Object> resource = (Map<String, Object>) entry;
      assertEquals("h3", resource.get("protocol"), resource::toString);
      assertEquals(200.0, resource.get("status"), resource::toString);
      assertTrue((double) resource.get("bytes") > 0, resource::toString);
    }
    Set<Object> fetched = new HashSet<>();
    resources.forEach(entry -> fetched.add(((Map<String, Object>) entry).get("name")));
    String named =
        (String)
            page.evaluate(
                """
                JSON.stringify([location.href,
                  ...[...document.querySelectorAll("img, script, link")].map(e => e.src || e.href)])
                """);
    assertEquals(new HashSet<>((List<Object>) Json.parse(named)), fetched);
    assertTrue(fetched.size() >= 40, "a page worth loading: " + fetched.size());
    assertEquals(
        0.0,
        page.evaluate("[...document.images].filter(i => !i.complete || !i.naturalWidth).length"));
    String line = (String) page.evaluate("document.getElementById('carried').textContent");
    assertTrue(line.matches("\\d+ resources, all over h3"), line);
  }

  @SuppressWarnings("unchecked")
  private static void assertNothingToComplainAbout(DevTools page) {
    assertEquals(List.of(), page.events("Runtime.exceptionThrown", "Network.loadingFailed"));
    List<?> messages =
        page.events("Runtime.consoleAPICalled", "Log.entryAdded").stream()
            .map(event -> (Map<String, Object>) event.get("params"))
            .toList();
    assertEquals(List.of(), messages);
  }
}
