package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.gateway.Asker.Reply;
import dev.memux.gateway.Asker.Version;
import dev.memux.http.Http1ClientConfig;
import dev.memux.http.HttpFields;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a backend gets of a request, and what becomes of what it does. */
@Timeout(120)
final class ReverseProxyTest {
  private static final byte[] NOTHING = new byte[0];

  @TempDir private Path folder;

  private Gateway gateway(int port, Http1ClientConfig config) throws Exception {
    return Gateway.start(
        new GatewayConfig(
            List.of(new ListenAddress("127.0.0.1", 0)),
            List.of(),
            null,
            new Backend("127.0.0.1", port, config, false),
            DevelopmentCertificate.loadOrCreate(
                StateDirectory.at(folder.resolve("state")), Clock.systemUTC()),
            null));
  }

  private Gateway gateway(ScriptedBackend backend) throws Exception {
    return gateway(backend.port(), Http1ClientConfig.DEFAULT);
  }

  private static byte[] random(int size, long seed) {
    byte[] content = new byte[size];
    new Random(seed).nextBytes(content);
    return content;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @EnumSource
  void tellsTheBackendWhatItCannotSee(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(ScriptedBackend::echo);
        Gateway gateway = gateway(backend);
        Asker client = version.open(gateway)) {
      Reply reply =
          client.ask("GET", "/a%20b?c=d", Map.of("x-test", "yes", "via", "1.1 other"), NOTHING);
      assertEquals(200, reply.status());
      String head = backend.heads.getFirst();
      String authority = "127.0.0.1:" + gateway.addresses().getFirst().getPort();
      assertTrue(head.startsWith("GET /a%20b?c=d HTTP/1.1\r\n"), head);
      assertEquals(authority, ScriptedBackend.field(head, "host"));
      assertEquals("yes", ScriptedBackend.field(head, "x-test"));
      assertEquals(
          "for=127.0.0.1;by=127.0.0.1;host=\"" + authority + "\";proto=https",
          ScriptedBackend.field(head, "forwarded"));
      String via = ScriptedBackend.field(head, "via");
      assertTrue(via.matches("1.1 other, " + version.number + " memux-[0-9a-f]{8}"), via);
      assertNull(ScriptedBackend.field(head, "content-length"), head);
      assertNull(ScriptedBackend.field(head, "transfer-encoding"), head);
      assertNull(ScriptedBackend.field(head, "early-data"), head);
    }
  }

  // RFC 7239 §8.1: a backend that trusts the first element would trust the client.
  @ParameterizedTest
  @EnumSource
  void letsNoClientPretendToBeSomebodyElse(Version version) throws Exception {
    List<String> claims =
        List.of(
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-port",
            "x-forwarded-prefix",
            "x-forwarded-proto",
            "x-real-ip",
            "x_forwarded_for",
            "X_Real-IP");
    Map<String, String> fields = new HashMap<>(Map.of("x-forward", "kept"));
    claims.forEach(name -> fields.put(name, "for=192.0.2.7"));
    try (ScriptedBackend backend = new ScriptedBackend(ScriptedBackend::echo);
        Gateway gateway = gateway(backend);
        Asker client = version.open(gateway)) {
      assertEquals(200, client.ask("GET", "/", fields, NOTHING).status());
      String head = backend.heads.getFirst();
      assertFalse(head.contains("192.0.2.7"), head);
      assertTrue(ScriptedBackend.field(head, "forwarded").startsWith("for=127.0.0.1;"), head);
      claims.stream()
          .filter(name -> !name.equals("forwarded"))
          .forEach(name -> assertNull(ScriptedBackend.field(head, name), head));
      assertEquals("kept", ScriptedBackend.field(head, "x-forward"));
    }
  }

  // RFC 9110 §6.5.1: nor at the end of the body, which the backend may merge into the head.
  @Test
  void letsNoClientPretendInTrailers() throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(ScriptedBackend::echo);
        Gateway gateway = gateway(backend);
        TestClient client = new TestClient(gateway)) {
      HttpFields trailers =
          new HttpFields()
              .add("x-real-ip", "192.0.2.7")
              .add("x-sum", "7")
              .add("forwarded", "for=x");
      TestClient.await(client.send("POST", "/", new HttpFields(), random(100_000, 3), trailers));
      assertEquals(2, backend.heads.size(), backend.heads.toString());
      assertEquals("7", ScriptedBackend.field(backend.heads.get(1), "x-sum"));
    }
  }

  // RFC 8470 §5.1, §5.2: whoever was before us says that it may be a replay, which the backend
  // must hear and, where it does not want it, the client.
  @ParameterizedTest
  @EnumSource
  void carriesEarlyDataAndTooEarlyOn(Version version) throws Exception {
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  while (connection.readHead() != null) {
                    connection.sayLines(
                        "HTTP/1.1 425 Wait", "Content-Length: 7", "X-Why: because", "", "later");
                  }
                });
        Gateway gateway = gateway(backend);
        Asker client = version.open(gateway)) {
      for (String value : List.of("1", "0", "no, such value")) {
        backend.heads.clear();
        Reply reply = client.ask("GET", "/", Map.of("early-data", value), NOTHING);
        assertEquals(425, reply.status());
        assertEquals("later", reply.text().strip());
        assertEquals("because", reply.fields().value("x-why"));
        assertEquals(1, backend.heads.size());
        assertEquals("1", ScriptedBackend.field(backend.heads.getFirst(), "early-data"), value);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void streamsBothWays(Version version) throws Exception {
    byte[] body = random(2_000_000, 7);
    try (ScriptedBackend backend = new ScriptedBackend(ScriptedBackend::echo);
        Gateway gateway = gateway(backend);
        Asker client = version.open(gateway)) {
      for (String method : new String[] {"POST", "PUT", "DELETE"}) {
        assertArrayEquals(body, client.ask(method, "/", Map.of(), body).body(), method);
      }
      assertEquals(0, client.ask("POST", "/", Map.of(), NOTHING).body().length);
      Reply head = client.ask("HEAD", "/", Map.of(), NOTHING);
      assertEquals(0, head.body().length);
      assertEquals(1, backend.connections.get(), "one connection is enough for one after another");
    }
  }

  // RFC 9110 §7.6.1, RFC 9114 §4.2, RFC 9113 §8.2.2
  @ParameterizedTest
  @EnumSource
  void keepsWhatConcernsTheBackendsConnectionToItself(Version version) throws Exception {
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.readHead();
                  connection.sayLines(
                      "HTTP/1.1 200 Fine",
                      "Connection: X-Hop, close",
                      "X-Hop: 1",
                      "Keep-Alive: a",
                      "Proxy-Authenticate: b",
                      "Upgrade: c",
                      "Trailer: d",
                      "Transfer-Encoding: chunked",
                      "X-End: 2",
                      "",
                      "2",
                      "hi",
                      "0",
                      "");
                });
        Gateway gateway = gateway(backend);
        Asker client = version.open(gateway)) {
      Reply reply = client.get("/");
      assertEquals("hi", reply.text());
      assertEquals("2", reply.fields().value("x-end"));
      for (String name :
          List.of("x-hop", "keep-alive", "proxy-authenticate", "upgrade", "trailer")) {
        assertNull(reply.fields().value(name), name);
      }
    }
  }

  @Test
  void carriesInterimResponsesAndTrailersOn() throws Exception {
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.readHead();
                  connection.say("HTTP/1.1 100 Continue\r\n\r\n");
                  connection.say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(100));
                  connection.say(
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 7\r\n\r\n");
                  connection.awaitEnd();
                });
        Gateway gateway = gateway(backend);
        TestClient client = new TestClient(gateway)) {
      TestClient.Response response = client.get("/");
      assertEquals("7", response.trailers().value("x-sum"));
      assertTrue(client.interims.stream().allMatch(status -> status == 103));
      assertTrue(client.interims.size() <= Forwarding.MAX_INTERIM, client.interims.toString());
      assertTrue(client.interims.size() > 5, client.interims.toString());
    }
  }

  @ParameterizedTest
  @EnumSource
  void saysWhyThereIsNoAnswer(Version version) throws Exception {
    int nobody;
    try (ServerSocket free = new ServerSocket(0)) {
      nobody = free.getLocalPort();
    }
    try (Gateway gateway = gateway(nobody, Http1ClientConfig.DEFAULT);
        Asker client = version.open(gateway)) {
      Reply refused = client.get("/");
      assertEquals(502, refused.status());
      assertEquals("502 127.0.0.1:" + nobody + " refuses the connection\n", refused.text());
    }
  }

  private enum Fault {
    CLOSES(502, connection -> {}),
    RESETS(502, ScriptedBackend.Connection::reset),
    CLOSES_IN_THE_HEAD(502, connection -> connection.say("HTTP/1.1 200 OK\r\nX: ")),
    SPEAKS_SOMETHING_ELSE(502, connection -> connection.say("SSH-2.0-OpenSSH\r\n\r\n")),
    HAS_TWO_LENGTHS(
        502,
        connection ->
            connection.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")),
    HAS_A_LENGTH_AND_CHUNKS(
        502,
        connection ->
            connection.sayLines(
                "HTTP/1.1 200 OK", "Content-Length: 1", "Transfer-Encoding: chunked", "", "0", "")),
    CHANGES_PROTOCOL(502, connection -> connection.say("HTTP/1.1 101 Go\r\nUpgrade: x\r\n\r\n")),
    IS_SILENT(504, ScriptedBackend.Connection::awaitEnd);

    final int status;
    final ScriptedBackend.Script then;

    Fault(int status, ScriptedBackend.Script then) {
      this.status = status;
      this.then = then;
    }
  }

  @ParameterizedTest
  @EnumSource
  void answersForABackendThat(Fault fault) throws Exception {
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.readHead();
                  fault.then.run(connection);
                });
        Gateway gateway =
            gateway(
                backend.port(),
                Http1ClientConfig.DEFAULT.withTimeouts(
                    Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofMillis(500)));
        Asker client = Version.HTTP_2.open(gateway)) {
      Reply reply = client.get("/");
      assertEquals(fault.status, reply.status(), reply.text());
      assertTrue(reply.text().startsWith(fault.status + " the server"), reply.text());
    }
  }

  private enum Cut {
    OF_A_LENGTH("Content-Length: 100\r\n\r\nhalf"),
    OF_CHUNKS("Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
    OF_A_CHUNK("Transfer-Encoding: chunked\r\n\r\n20\r\nhalf");

    final String begun;

    Cut(String begun) {
      this.begun = begun;
    }
  }

  // RFC 9112 §8, RFC 9114 §4.1: an answer that is not whole must not look so.
  @ParameterizedTest
  @EnumSource
  void neverEndsAnAnswerThatTheBackendDidNot(Version version) throws Exception {
    for (Cut cut : Cut.values()) {
      for (boolean reset : new boolean[] {false, true}) {
        try (ScriptedBackend backend =
                new ScriptedBackend(
                    connection -> {
                      connection.readHead();
                      connection.say("HTTP/1.1 200 OK\r\n" + cut.begun);
                      if (reset) {
                        connection.reset();
                      }
                    });
            Gateway gateway = gateway(backend);
            Asker client = version.open(gateway)) {
          CompletableFuture<Reply> reply = client.send("GET", "/", Map.of(), NOTHING);
          if (reset) {
            // The reset may overtake the head, which then is none.
            try {
              assertEquals(502, reply.get(20, TimeUnit.SECONDS).status());
            } catch (ExecutionException expected) {
              assertTrue(expected.getCause() instanceof IOException);
            }
          } else {
            assertThrows(
                ExecutionException.class, () -> reply.get(20, TimeUnit.SECONDS), cut::name);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void takesTheEndOfTheConnectionForTheEndOfABodyWithoutLength(Version version) throws Exception {
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.readHead();
                  connection.say("HTTP/1.0 200 OK\r\n\r\nuntil the end");
                });
        Gateway gateway = gateway(backend);
        Asker client = version.open(gateway)) {
      assertEquals("until the end", client.get("/").text());
    }
  }

  // RFC 9112 §9.3.1: the server may close a kept connection at any time, this one as the next
  // request arrives.
  @ParameterizedTest
  @EnumSource
  void asksAgainWhereAKeptConnectionWasClosed(Version version) throws Exception {
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.readHead();
                  connection.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                  connection.readHead();
                });
        Gateway gateway = gateway(backend);
        Asker client = version.open(gateway)) {
      for (int i = 1; i <= 3; i++) {
        assertEquals("ok", client.get("/").text());
        assertEquals(i, backend.connections.get());
      }
      // RFC 9110 §9.2.2: what is not idempotent may have been done.
      assertEquals(502, client.ask("POST", "/", Map.of(), ascii("x")).status());
    }
  }

  @Test
  void asksNeverAgainOnceTheBackendHasBegun() throws Exception {
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.readHead();
                  connection.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                  connection.readHead();
                  connection.say("H");
                });
        Gateway gateway = gateway(backend);
        Asker client = Version.HTTP_2.open(gateway)) {
      assertEquals(200, client.get("/").status());
      assertEquals(502, client.get("/").status());
      assertEquals(1, backend.connections.get());
    }
  }

  @ParameterizedTest
  @EnumSource
  void takesAnAnswerThatComesBeforeTheRequestIsWhole(Version version) throws Exception {
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.readHead();
                  connection.say("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
                  connection.awaitEnd();
                });
        Gateway gateway = gateway(backend);
        Asker client = version.open(gateway)) {
      CompletableFuture<Reply> reply =
          client.send(
              "POST", "/", Map.of(), random(version == Version.HTTP_1_1 ? 100_000 : 5_000_000, 1));
      assertEquals(413, reply.get(20, TimeUnit.SECONDS).status());
    }
  }

  @ParameterizedTest
  @EnumSource
  void letsTheBackendKnowWhenTheClientIsGone(Version version) throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.readHead();
                  asked.countDown();
                  connection.awaitEnd();
                  ended.countDown();
                });
        Gateway gateway = gateway(backend)) {
      try (Asker client = version.open(gateway)) {
        CompletableFuture<Reply> reply = client.send("GET", "/", Map.of(), NOTHING);
        assertTrue(asked.await(20, TimeUnit.SECONDS));
        reply.cancel(true);
      }
      assertTrue(ended.await(40, TimeUnit.SECONDS));
    }
  }

  @Test
  void lets503And504TellOfAQueueThatIsFullOrSlow() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.readHead();
                  try {
                    release.await();
                  } catch (InterruptedException e) {
                    return;
                  }
                  connection.say("HTTP/1.1 204 OK\r\n\r\n");
                });
        Gateway gateway =
            gateway(
                backend.port(),
                Http1ClientConfig.DEFAULT
                    .withLimits(1, 2)
                    .withTimeouts(
                        Duration.ofMillis(500), Duration.ofSeconds(5), Duration.ofSeconds(20)));
        Asker client = Version.HTTP_3.open(gateway)) { // one connection, so one event loop
      List<CompletableFuture<Reply>> replies = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        replies.add(client.send("GET", "/", Map.of(), NOTHING));
      }
      List<Integer> statuses = new ArrayList<>();
      for (int i = 1; i < 6; i++) {
        statuses.add(replies.get(i).get(20, TimeUnit.SECONDS).status());
      }
      assertEquals(List.of(504, 504, 503, 503, 503), statuses);
      release.countDown();
      assertEquals(204, replies.getFirst().get(20, TimeUnit.SECONDS).status());
    }
  }

  @Test
  void recognisesARequestThatItHasSentItself() throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(ScriptedBackend::echo);
        Gateway gateway = gateway(backend);
        Asker client = Version.HTTP_2.open(gateway)) {
      client.get("/");
      String via = ScriptedBackend.field(backend.heads.getFirst(), "via");
      assertEquals(508, client.ask("GET", "/", Map.of("via", via), NOTHING).status());
      assertEquals(1, backend.heads.size());
    }
  }

  @Test
  void joinsCookiesThatHttp3AndHttp2MaySplit() throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(ScriptedBackend::echo);
        Gateway gateway = gateway(backend);
        TestClient client = new TestClient(gateway)) {
      HttpFields crumbs = new HttpFields().add("cookie", "a=1").add("cookie", "b=2");
      TestClient.await(client.send("GET", "/", crumbs));
      // RFC 9114 §4.2.1
      assertEquals("a=1; b=2", ScriptedBackend.field(backend.heads.getFirst(), "cookie"));
    }
  }
}
