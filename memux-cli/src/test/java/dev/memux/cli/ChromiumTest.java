package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real browser loads the demonstration site over HTTP/3, and has nothing to complain about. */
@Timeout(180)
final class ChromiumTest {
  private static final Pattern SPKI_HASH =
      Pattern.compile("--ignore-certificate-errors-spki-list=(\\S+)");

  private static final int MAX_IDLE_SECONDS = 32;

  private static final String PROTOCOL =
      "performance.getEntriesByType('navigation')[0].nextHopProtocol";

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
              flags(
                  "--origin-to-force-quic-on=localhost:" + port,
                  "--ignore-certificate-errors-spki-list=" + hash.group(1)))) {
        enable(page);
        page.load("https://localhost:" + port + "/");
        assertLoadedOverHttp3(page);
        assertShowsHowItCame(page, "h3");
        assertNothingToComplainAbout(page);
      }
      assertEquals("", gateway.errors());
    }
  }

  /** What people do: the browser is told nothing about QUIC but what the server says. */
  @Test
  void comesByHttp2AndGoesOnByHttp3() throws Exception {
    Path chromium = ExternalPrograms.require("chromium", "chromium");
    KnownAuthority authority = KnownAuthority.in(Files.createDirectory(folder.resolve("ca")));
    int port = FreePort.find();
    String url = "https://www." + KnownAuthority.DOMAIN + ":" + port + "/";
    try (MemuxProcess gateway =
        MemuxProcess.start(
            folder,
            "gateway",
            "--listen=127.0.0.1:" + port,
            "--cert=" + authority.certificate(),
            "--key=" + authority.key(),
            "--log-connections")) {
      gateway.awaitLine("ready");
      try (DevTools page = trusting(chromium, authority, url)) {
        assertEquals("h2", page.evaluate(PROTOCOL));
        page.load(url);
        assertEquals("h3", page.evaluate(PROTOCOL));
        assertShowsHowItCame(page, "h3");
      }
      gateway.terminate();
      List<String> connections =
          gateway.output().lines().filter(line -> line.contains(" connection ")).toList();
      assertTrue(
          connections.stream().anyMatch(line -> line.contains(" protocol=h2 ")),
          connections::toString);
      assertTrue(
          connections.stream()
              .anyMatch(line -> line.matches(".* protocol=h3 .* group=X25519MLKEM768 .*")),
          connections::toString);
    }
  }

  /**
   * A browser that trusts the authority and has loaded the page for the first time. Chromium takes
   * a newer list of authorities in some idle time after its start, tells nobody, and takes none
   * after it has refused a certificate: then another browser gets more time.
   */
  private DevTools trusting(Path chromium, KnownAuthority authority, String url) throws Exception {
    String rules = "MAP *." + KnownAuthority.DOMAIN + " 127.0.0.1, MAP * ~NOTFOUND";
    for (int idleSeconds = 2; ; idleSeconds *= 2) {
      Path profile = folder.resolve("profile-" + idleSeconds);
      authority.addTo(profile);
      DevTools page = new DevTools(chromium, profile, List.of("--host-resolver-rules=" + rules));
      try {
        enable(page);
        page.evaluate("new Promise(done => setTimeout(done, " + idleSeconds * 1_000 + "))");
        page.load(url);
        return page;
      } catch (IOException e) {
        page.close();
        if (idleSeconds >= MAX_IDLE_SECONDS
            || !e.getMessage().contains("ERR_CERT_AUTHORITY_INVALID")) {
          throw e;
        }
      }
    }
  }

  private static List<String> flags(String... more) {
    return Stream.concat(DevTools.WITHOUT_COMPONENTS.stream(), Stream.of(more)).toList();
  }

  private static void enable(DevTools page) throws Exception {
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      page.call(domain + ".enable", "{}");
    }
  }

  /** The panel has a row for each resource, complete with what the server has told. */
  private static void assertShowsHowItCame(DevTools page, String protocol) throws Exception {
    String rows =
        (String)
            page.evaluate(
                """
                new Promise(done => {
                  const look = () => {
                    const rows = [...document.querySelectorAll("#rows tr")].map(
                      row => [...row.cells].map(cell => cell.textContent).join("|"));
                    if (document.getElementById("transfer").dataset.told) done(rows.join("\\n")); else setTimeout(look, 50);
                  };
                  look();
                })
                """);
    List<String> lines = rows.lines().toList();
    assertTrue(lines.size() >= 40, rows);
    Set<String> orders = new HashSet<>();
    for (String line : lines) {
      assertTrue(
          line.matches(
              "[\\w.-]+\\|"
                  + protocol
                  + "\\|[0-7]( i)?(, chosen by the server)?\\|\\d+ k?B\\|\\d+\\|\\d+ to \\d+ ms"),
          line);
      orders.add(line.split("\\|", -1)[4]);
    }
    assertEquals(lines.size(), orders.size(), "each was delivered once");
    assertTrue(lines.getFirst().startsWith("document|" + protocol + "|0 i|"), rows);
  }

  @SuppressWarnings("unchecked")
  private static void assertLoadedOverHttp3(DevTools page) throws Exception {
    String entries =
        (String)
            page.evaluate(
                """
                new Promise(done => setTimeout(() => done(JSON.stringify([
                  ...performance.getEntriesByType("navigation"),
                  ...performance.getEntriesByType("resource").filter(e => e.initiatorType !== "fetch"),
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
