package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.memux.gateway.DevelopmentCertificate;
import dev.memux.gateway.Gateway;
import dev.memux.gateway.GatewayConfig;
import dev.memux.gateway.ListenAddress;
import dev.memux.gateway.StateDirectory;
import dev.memux.http.Http3Service;
import dev.memux.http.PriorityField;
import dev.memux.http.ResponseHead;
import dev.memux.netty.IoTransport;
import dev.memux.netty.QuicServerBootstrap;
import dev.memux.tls.TlsServerConfig;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code memux get} in this process, against gateways in this process. */
@Timeout(120)
final class GetCommandTest {
  @TempDir private static Path folder;
  private static Gateway gateway;
  private static List<String> names;
  private static String url;
  private static String trust;

  private final PrintStream realOut = System.out;
  private final PrintStream realErr = System.err;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeAll
  static void serve() throws Exception {
    StateDirectory state = StateDirectory.at(folder.resolve("state"));
    names = RandomFiles.write(folder.resolve("root"), 100, 100_000);
    gateway =
        Gateway.start(
            new GatewayConfig(
                List.of(new ListenAddress("127.0.0.1", 0)),
                List.of(),
                folder.resolve("root"),
                null,
                DevelopmentCertificate.loadOrCreate(state, Clock.systemUTC()),
                null));
    url = "https://127.0.0.1:" + gateway.addresses().getFirst().getPort() + "/";
    trust = "--cacert=" + DevelopmentCertificate.certificateFile(state);
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @BeforeEach
  void capture() {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void release() {
    System.setOut(realOut);
    System.setErr(realErr);
  }

  private String errors() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private int get(Object... arguments) {
    List<String> all = new ArrayList<>(List.of("get", trust));
    for (Object argument : arguments) {
      all.add(argument.toString());
    }
    return Main.run(all.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"quic", "tcp", "auto"})
  void fetchesManyFilesIntoAFolder(String carrier) throws Exception {
    Path target = folder.resolve(carrier);
    List<Object> arguments = new ArrayList<>(List.of("--carrier", carrier, "-o", target));
    names.forEach(name -> arguments.add(url + name));
    assertEquals(0, get(arguments.toArray()), this::errors);
    RandomFiles.assertSame(folder.resolve("root"), target, names);
    assertEquals("", errors());
  }

  @Test
  void writesAJsonObjectForEachUrlAndOneForTheConnection() {
    assertEquals(22, get("--json", "--fail", url + names.get(0), url + "none"), this::errors);
    List<Map<String, Object>> lines =
        out.toString(StandardCharsets.UTF_8).lines().map(Json::object).toList();
    assertEquals(3, lines.size());
    Map<String, Object> found =
        lines.stream()
            .filter(line -> (url + names.get(0)).equals(line.get("url")))
            .findFirst()
            .orElseThrow();
    assertEquals(200.0, found.get("status"));
    assertEquals(100_000.0, found.get("bytes"));
    assertEquals("h3", found.get("protocol"));
    assertTrue((double) found.get("ttfb_ms") > 0);
    assertTrue((double) found.get("total_ms") >= (double) found.get("ttfb_ms"));
    assertFalse(found.containsKey("error"));

    Map<String, Object> connection = lines.getLast();
    assertTrue(url.startsWith((String) connection.get("connection")));
    assertEquals(2.0, connection.get("requests"));
    assertTrue((double) connection.get("handshake_ms") > 0);
    assertTrue((double) connection.get("rtt_ms") > 0);
    assertTrue((double) connection.get("bytes_received") > 100_000);
    assertTrue(connection.containsKey("packets_lost"));
  }

  @Test
  void saysHowUrgentTheAnswersAre() throws Exception {
    StateDirectory state = StateDirectory.at(folder.resolve("state"));
    Http3Service echo =
        new Http3Service(
            exchange ->
                exchange.respond(
                    ResponseHead.of(200),
                    Unpooled.copiedBuffer(
                        PriorityField.format(exchange.priority()), StandardCharsets.US_ASCII)));
    EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);
    try {
      InetSocketAddress address =
          new QuicServerBootstrap()
              .group(group)
              .tls(
                  TlsServerConfig.builder()
                      .credentials(DevelopmentCertificate.loadOrCreate(state, Clock.systemUTC()))
                      .applicationProtocols(Http3Service.ALPN)
                      .build())
              .childHandler(echo.initializer())
              .bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))
              .get(20, TimeUnit.SECONDS)
              .localAddress();
      String there = "https://127.0.0.1:" + address.getPort() + "/";
      Path said = folder.resolve("said");
      assertEquals(0, get("--priority=u=1, i", "-o", said, there), this::errors);
      assertEquals("u=1, i", Files.readString(said));
      assertEquals(0, get("-o", said, there), this::errors);
      assertEquals("", Files.readString(said));
    } finally {
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS);
    }
  }

  @Test
  void takesErrorPagesAsContentUnlessToldToFail() throws Exception {
    Path page = folder.resolve("page");
    assertEquals(0, get("-o", page, url + "none"));
    assertTrue(Files.readString(page).startsWith("404 "));
    Path none = folder.resolve("none");
    assertEquals(ExitCode.HTTP_ERROR, get("-f", "-o", none, url + "none"));
    assertFalse(Files.exists(none));
    assertTrue(errors().contains("memux: " + url + "none: the server answered 404"), errors());
  }

  @Test
  void saysThatAFileCannotBeWritten() throws Exception {
    Path file = Files.createFile(folder.resolve("a-file"));
    assertEquals(ExitCode.WRITE_ERROR, get("-o", file.resolve("x"), url + names.get(0)));
    assertTrue(errors().contains("writing failed"), errors());
  }

  @Test
  void doesNotTrustJustAnyone() {
    assertEquals(ExitCode.UNTRUSTED, Main.run("get", "--json", url + names.get(0)));
    assertEquals(0, Main.run("get", "--json", "--insecure", url + names.get(0)));
  }

  @ParameterizedTest
  @CsvSource({
    "3, get http://localhost/",
    "3, get localhost:8443/",
    "3, get https://",
    "6, get --json https://no-such-host.invalid/",
    "28, get --json --connect-timeout=0.3 https://192.0.2.1/",
    "2, get",
    "2, get --no-such-option https://h/",
    "2, get --connect-timeout=0 --json https://h/",
    "2, get https://h/a https://h/b",
    "2, get --priority=u=8 --json https://h/",
    "2, get --priority=urgent --json https://h/",
    "77, get --json --cacert=/nowhere https://h/",
    "2, nonsense",
    "2, ''",
    "0, --version",
    "0, --help",
    "0, help get",
    "0, gateway --help",
    "2, gateway --listen=nowhere",
    "2, gateway --cert=x",
    "2, gateway --root=/nowhere",
    "2, gateway --drain-timeout=-1",
  })
  void exitsAsCurlWould(int code, String commandLine) {
    String[] arguments = commandLine.isEmpty() ? new String[0] : commandLine.split(" ");
    int actual = Main.run(arguments);
    // Where there is no route at all, that is told at once instead of after the time limit.
    boolean noRoute = code == ExitCode.TIMED_OUT && actual == ExitCode.UNREACHABLE;
    assertTrue(actual == code || noRoute, () -> actual + ": " + errors());
    assertEquals(code != 0, !errors().isEmpty());
  }

  @Test
  void aPortWhereNobodyListensIsToldAtOnce() throws Exception {
    assumeTrue(System.getProperty("os.name").equals("Linux"), "others may not tell");
    String url = "https://127.0.0.1:" + FreePort.find() + "/";
    assertEquals(ExitCode.UNREACHABLE, Main.run("get", "--json", "--connect-timeout=60", url));
    assertTrue(errors().contains("nobody listens"), errors());
  }
}
