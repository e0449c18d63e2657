package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.gateway.TunnelClient.Version;
import dev.memux.http.ConnectionSummary;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tunnels over loopback: RFC 9114 §4.4, RFC 9113 §8.5, RFC 9110 §9.3.6. */
@Timeout(60)
final class GatewayTunnelTest {
  /** What a socket and two event loops keep at most, and then some. */
  private static final int BUFFERED_BYTES = 8 << 20;

  private static final long POLL_NANOS = 500_000;

  @TempDir private Path folder;

  private final BlockingQueue<TunnelSummary> summaries = new LinkedBlockingQueue<>();

  private Gateway gateway(ConnectConfig.Builder connect) throws Exception {
    return Gateway.start(
        new GatewayConfig(
                List.of(new ListenAddress("127.0.0.1", 0)),
                List.of(),
                null,
                null,
                DevelopmentCertificate.loadOrCreate(
                    StateDirectory.at(folder.resolve("state")), Clock.systemUTC()),
                null)
            .withConnect(connect.build()),
        new GatewayObserver() {
          @Override
          public void onConnected(ConnectionSummary connection) {}

          @Override
          public void onTunnel(TunnelSummary tunnel) {
            summaries.add(tunnel);
          }
        });
  }

  private Gateway gateway(ScriptedBackend backend) throws Exception {
    return gateway(ConnectConfig.builder().target(target(backend)));
  }

  private static String target(ScriptedBackend backend) {
    return "db=127.0.0.1:" + backend.port();
  }

  private TunnelSummary summary() throws Exception {
    return summaries.poll(20, TimeUnit.SECONDS);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadline < 0, "never");
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private static void echo(ScriptedBackend.Connection connection) throws IOException {
    connection.in.transferTo(connection.out);
    connection.out.flush();
  }

  private static void awaitForGood() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // Both ways

  @ParameterizedTest
  @EnumSource
  void carriesBytesBothWaysAndTheEndsOfBoth(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db:5432");
      // RFC 9110 §9.3.6
      assertNull(end.field("content-length"));
      assertNull(end.field("transfer-encoding"));
      end.write("question");
      assertEquals("question", end.read(8));
      assertEquals(new TunnelCounts(1, 0), gateway.tunnels());
      end.finish();
      assertEquals("", end.readAll());
      TunnelSummary summary = summary();
      assertEquals(TunnelSummary.End.COMPLETE, summary.end());
      assertEquals(200, summary.status());
      assertEquals(8, summary.sentBytes());
      assertEquals(8, summary.receivedBytes());
      assertEquals("db:5432", summary.target());
      assertEquals(new TunnelCounts(0, 0), gateway.tunnels());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSideThatHasEndedStillHearsTheOther(Version version) throws Exception {
    CompletableFuture<String> heard = new CompletableFuture<>();
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.say("last words");
                  connection.socket.shutdownOutput();
                  heard.complete(
                      new String(connection.in.readAllBytes(), StandardCharsets.US_ASCII));
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      assertEquals("last words", end.readAll());
      end.write("still ");
      end.write("here");
      end.finish();
      assertEquals("still here", heard.get(20, TimeUnit.SECONDS));
      assertEquals(TunnelSummary.End.COMPLETE, summary().end());
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsSentBeforeTheAnswerWaitsForTheConnection(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=1"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End first = client.open("db");
      TunnelClient.End second = client.ask("db");
      if (version == Version.HTTP_2) {
        second.write("early");
        second.finish();
      } else {
        await(() -> gateway.tunnels().waiting() == 1); // and there is a stream to write to
        second.write("early");
        second.finish();
      }
      await(() -> gateway.tunnels().waiting() == 1);
      first.finish();
      first.readAll();
      assertEquals(200, second.status());
      assertEquals("early", second.readAll());
    }
  }

  @ParameterizedTest
  @EnumSource
  void greetsWithWhatABackendSaysThatClosesAtOnce(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(connection -> connection.say("too busy"));
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      for (int i = 0; i < 20; i++) {
        TunnelClient.End end = client.open("db");
        assertEquals("too busy", end.readAll());
        end.finish();
        assertEquals(TunnelSummary.End.COMPLETE, summary().end());
      }
    }
  }

  // Resets

  @ParameterizedTest
  @EnumSource
  void aResetOfTheBackendBecomesConnectError(Version version) throws Exception {
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.in.read();
                  connection.reset();
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      end.write("x");
      assertEquals(version.connectError, end.reset());
      assertEquals(TunnelSummary.End.BACKEND, summary().end());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aResetOfTheClientBecomesOneOfTheBackend(Version version) throws Exception {
    CompletableFuture<Throwable> reset = new CompletableFuture<>();
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  try {
                    connection.say("hello");
                    connection.awaitEnd();
                    reset.complete(null);
                  } catch (IOException e) {
                    reset.complete(e);
                  }
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      end.read(5);
      end.cancel();
      assertTrue(reset.get(20, TimeUnit.SECONDS) instanceof SocketException);
      assertEquals(TunnelSummary.End.CLIENT, summary().end());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLostClientIsAResetForTheBackend(Version version) throws Exception {
    CompletableFuture<Throwable> reset = new CompletableFuture<>();
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  try {
                    connection.say("hello");
                    connection.awaitEnd();
                    reset.complete(null);
                  } catch (IOException e) {
                    reset.complete(e);
                  }
                });
        Gateway gateway = gateway(backend)) {
      try (TunnelClient client = version.open(gateway)) {
        client.open("db").read(5);
      }
      assertTrue(reset.get(20, TimeUnit.SECONDS) instanceof SocketException);
    }
  }

  /** As a socket does that is closed: its last word arrives, and its backend has time to go. */
  @ParameterizedTest
  @EnumSource
  void theLastWordOfAClientThatClosesArrives(Version version) throws Exception {
    CompletableFuture<String> heard = new CompletableFuture<>();
    CountDownLatch goOn = new CountDownLatch(1);
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.say("greeting");
                  heard.complete(
                      new String(connection.in.readAllBytes(), StandardCharsets.US_ASCII));
                  try {
                    goOn.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  connection.say("what nobody reads");
                });
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=1"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      end.read(8);
      end.write("bye");
      end.finish();
      assertEquals("bye", heard.get(20, TimeUnit.SECONDS));
      end.stop();
      // The place is free when the backend has closed too, and not before.
      TunnelClient.End next = client.ask("db");
      await(() -> gateway.tunnels().waiting() == 1);
      assertFalse(next.head.isDone());
      goOn.countDown();
      assertEquals(200, next.status());
      assertEquals(TunnelSummary.End.CLIENT, summary().end());
    }
  }

  /** An idle tunnel notices too: nothing is written there that could fail. */
  @Test
  void aClientThatStopsListeningCanStillSayItsLastWord() throws Exception {
    CompletableFuture<String> heard = new CompletableFuture<>();
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection ->
                    heard.complete(
                        new String(connection.in.readAllBytes(), StandardCharsets.US_ASCII)));
        Gateway gateway = gateway(backend);
        TunnelClient client = Version.HTTP_3.open(gateway)) {
      TunnelClient.End end = client.open("db");
      end.stop();
      end.write("bye");
      end.finish();
      assertEquals("bye", heard.get(20, TimeUnit.SECONDS));
      assertEquals(TunnelSummary.End.CLIENT, summary().end());
    }
  }

  // RFC 9114 §4.4: the connection must be closed when the client takes no more. This takes as long
  // as Tunnel.LINGER.
  @Test
  void aClientThatNeitherListensNorSpeaksIsReset() throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(connection -> awaitForGood());
        Gateway gateway = gateway(backend);
        TunnelClient client = Version.HTTP_3.open(gateway)) {
      client.open("db").stop();
      assertEquals(TunnelSummary.End.CLIENT, summary().end());
      assertEquals(new TunnelCounts(0, 0), gateway.tunnels());
    }
  }

  // RFC 9114 §4.4: a connection error; RFC 9113 §8.5: a stream error.
  @ParameterizedTest
  @EnumSource
  void aTunnelHasNoTrailers(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      end.finishWithTrailers();
      long code = end.reset();
      assertEquals(version == Version.HTTP_2 ? 1 : -1, code);
      assertEquals(TunnelSummary.End.CLIENT, summary().end());
      if (version != Version.HTTP_2) {
        await(() -> gateway.connectionCount() == 0);
      }
    }
  }

  // Refusals

  @ParameterizedTest
  @EnumSource
  void refusesWhatIsNotAllowed(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway =
            gateway(
                ConnectConfig.builder()
                    .allow("db.example:5432")
                    .allow("127.0.0.1:1-9")
                    .target(target(backend)));
        TunnelClient client = version.open(gateway)) {
      for (String authority :
          List.of("127.0.0.1:" + backend.port(), "other.example:5432", "db.example:5433")) {
        TunnelClient.End end = client.ask(authority);
        assertEquals(403, end.status());
        assertEquals("403 tunnels to " + authority + " are not allowed\n", end.readAll());
        // RFC 9209 §2.3.24
        assertTrue(end.field("proxy-status").startsWith("memux; error=http_request_denied;"));
        TunnelSummary summary = summary();
        assertEquals(TunnelSummary.End.REFUSED, summary.end());
        assertEquals(403, summary.status());
      }
      assertEquals(0, backend.connections.get());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNameDoesNotLeadToThisMachine(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway = gateway(ConnectConfig.builder().allow("*:*"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.ask("localhost:" + backend.port());
      assertEquals(403, end.status());
      assertTrue(end.field("proxy-status").contains("error=destination_ip_prohibited;"));
      assertEquals(0, backend.connections.get());
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesAuthoritiesThatAreNone(Version version) throws Exception {
    try (Gateway gateway = gateway(ConnectConfig.builder().allow("*:*").allow("127.0.0.0/8:*"));
        TunnelClient client = version.open(gateway)) {
      for (String authority :
          List.of("host", "host:", "host:0", "host:65536", "127.1:80", "::1:80", "[::1:80")) {
        TunnelClient.End end = client.ask(authority);
        assertEquals(400, end.status(), authority);
        assertTrue(end.readAll().startsWith("400 "), authority);
      }
      // RFC 9114 §4.3.1, RFC 9113 §8.3.1: these make the request malformed, an error of its stream.
      for (String authority : List.of("user@host:80", "host:80/path", "ho st:80")) {
        TunnelClient.End end = client.ask(authority);
        long code = end.reset();
        assertTrue(code == 0x10e || code == 1, authority + ": " + code);
      }
      assertEquals(new TunnelCounts(0, 0), gateway.tunnels());
    }
  }

  @ParameterizedTest
  @EnumSource
  void tellsThatNobodyListens(Version version) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    try (Gateway gateway = gateway(ConnectConfig.builder().allow("localhost:*"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.ask("localhost:" + port);
      assertEquals(502, end.status());
      assertEquals("502 localhost:" + port + " refuses the connection\n", end.readAll());
      assertTrue(end.field("proxy-status").contains("error=connection_refused;"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void tellsThatThereIsNoSuchHost(Version version) throws Exception {
    try (Gateway gateway = gateway(ConnectConfig.builder().allow("no-such-host.invalid:80"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.ask("no-such-host.invalid:80");
      assertEquals(502, end.status());
      assertTrue(end.field("proxy-status").contains("error=dns_error;"));
    }
  }

  @Test
  void tellsThatABackendDoesNotAnswer() throws Exception {
    // RFC 5737: nobody is there. Some networks say so at once.
    try (Gateway gateway =
            gateway(
                ConnectConfig.builder()
                    .target("far=192.0.2.1:80")
                    .connectTimeout(Duration.ofMillis(300)));
        TunnelClient client = Version.HTTP_3.open(gateway)) {
      int status = client.ask("far").status();
      assertTrue(status == 504 || status == 502, "" + status);
    }
  }

  @Test
  void thereAreNoTunnelsByHttp1() throws Exception {
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    try (Gateway gateway = gateway(ConnectConfig.builder().allow("*:*"));
        Socket socket =
            tls.getSocketFactory()
                .createSocket("127.0.0.1", gateway.addresses().getFirst().getPort())) {
      String request = "CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertTrue(answer.startsWith("HTTP/1.1 501 "), answer);
    }
  }

  @ParameterizedTest
  @EnumSource
  void otherRequestsAreStillTheSites(Version version) throws Exception {
    Asker.Version same = version != Version.HTTP_2 ? Asker.Version.HTTP_3 : Asker.Version.HTTP_2;
    try (Gateway gateway = gateway(ConnectConfig.builder().allow("*:*"));
        Asker asker = same.open(gateway)) {
      assertEquals(200, asker.get("/").status());
    }
  }

  @ParameterizedTest
  @EnumSource
  void withoutTunnelsTheSiteRefusesThem(Version version) throws Exception {
    try (Gateway gateway =
            Gateway.start(
                new GatewayConfig(
                    List.of(new ListenAddress("127.0.0.1", 0)),
                    List.of(),
                    null,
                    null,
                    DevelopmentCertificate.loadOrCreate(
                        StateDirectory.at(folder.resolve("state")), Clock.systemUTC()),
                    null));
        TunnelClient client = version.open(gateway)) {
      assertEquals(405, client.ask("localhost:80").status());
    }
  }

  // Bounds

  @ParameterizedTest
  @EnumSource
  void aSlowClientHoldsTheBackendBack(Version version) throws Exception {
    AtomicLong sent = new AtomicLong();
    int total = 40 << 20;
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  byte[] piece = new byte[64 << 10];
                  while (sent.get() < total) {
                    connection.out.write(piece);
                    sent.addAndGet(piece.length);
                  }
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      awaitStill(sent);
      assertTrue(sent.get() < BUFFERED_BYTES + kernelBuffers(), "" + sent.get());
      assertEquals(total, end.skipAll());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSlowBackendHoldsTheClientBack(Version version) throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    CompletableFuture<Long> received = new CompletableFuture<>();
    int total = 40 << 20;
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  try {
                    goOn.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  long count = 0;
                  byte[] buffer = new byte[64 << 10];
                  for (int n = connection.in.read(buffer); n > 0; n = connection.in.read(buffer)) {
                    count += n;
                  }
                  received.complete(count);
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      AtomicLong sent = new AtomicLong();
      Thread writer =
          Thread.startVirtualThread(
              () -> {
                byte[] piece = new byte[16 << 10];
                while (sent.get() < total) {
                  if (end.isWritable()) {
                    end.write(piece);
                    sent.addAndGet(piece.length);
                  } else {
                    LockSupport.parkNanos(POLL_NANOS);
                  }
                }
                end.finish();
              });
      awaitStill(sent);
      assertTrue(sent.get() < BUFFERED_BYTES + kernelBuffers(), "" + sent.get());
      goOn.countDown();
      writer.join();
      assertEquals(total, received.get(40, TimeUnit.SECONDS));
    }
  }

  /** Waits until a figure has not changed for a while. */
  private static void awaitStill(AtomicLong figure) throws InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    long last = -1;
    while (figure.get() == 0 || figure.get() != last) {
      last = figure.get();
      never.await(300, TimeUnit.MILLISECONDS);
    }
  }

  private static long kernelBuffers() {
    return 16 << 20; // both ends of a TCP connection over loopback
  }

  /** As {@code nc} does with a file: all of it arrives, though nobody waits for an answer. */
  @ParameterizedTest
  @EnumSource
  void aSlowBackendThatHasEndedGetsAllThatIsSent(Version version) throws Exception {
    int total = 16 << 20;
    CountDownLatch goOn = new CountDownLatch(1);
    CompletableFuture<Integer> received = new CompletableFuture<>();
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.socket.shutdownOutput();
                  try {
                    goOn.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  received.complete(connection.in.readAllBytes().length);
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      assertEquals("", end.readAll());
      end.write(new byte[total]);
      end.finish();
      goOn.countDown();
      assertEquals(total, received.get(40, TimeUnit.SECONDS));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSlowClientGetsAllOfABackendThatHasClosed(Version version) throws Exception {
    int total = 8 << 20;
    CountDownLatch closed = new CountDownLatch(1);
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  connection.out.write(new byte[total]);
                  connection.socket.shutdownOutput();
                  closed.countDown();
                  connection.awaitEnd();
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      end.finish();
      assertEquals(total, end.skipAll());
      assertEquals(0, closed.getCount());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTunnelInWhichNothingMovesEnds(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(connection -> awaitForGood());
        Gateway gateway =
            gateway(
                ConnectConfig.builder()
                    .target(target(backend))
                    .idleTimeout(Duration.ofMillis(200)));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End end = client.open("db");
      assertEquals(version.connectError, end.reset());
      assertEquals(TunnelSummary.End.IDLE, summary().end());
    }
  }

  @Test
  void refusesTunnelsBeyondTheLimit() throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).bounds(2, 10));
        TunnelClient client = Version.HTTP_3.open(gateway)) {
      TunnelClient.End first = client.open("db");
      client.open("db");
      TunnelClient.End third = client.ask("db");
      assertEquals(503, third.status());
      assertTrue(third.field("proxy-status").contains("error=connection_limit_reached;"));
      first.finish();
      first.readAll();
      summary();
      await(() -> gateway.tunnels().total() == 1);
      client.open("db");
    }
  }

  @Test
  void refusesThoseWhoWouldWaitBeyondTheLimitOrTooLong() throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway =
            gateway(
                ConnectConfig.builder()
                    .target(target(backend))
                    .limit("db=1")
                    .bounds(100, 1)
                    .queueTimeout(Duration.ofSeconds(1)));
        TunnelClient client = Version.HTTP_3.open(gateway)) {
      client.open("db");
      TunnelClient.End waiting = client.ask("db");
      await(() -> gateway.tunnels().waiting() == 1);
      TunnelClient.End beyond = client.ask("db");
      assertEquals(503, beyond.status());
      assertEquals("503 too many wait for a connection to db\n", beyond.readAll());
      assertEquals(504, waiting.status());
      assertEquals(0, gateway.tunnels().waiting());
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoGoesAwayWaitsNoMore(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=1"));
        TunnelClient client = version.open(gateway)) {
      client.open("db");
      TunnelClient.End waiting = client.ask("db");
      await(() -> gateway.tunnels().waiting() == 1);
      waiting.cancel();
      await(() -> gateway.tunnels().waiting() == 0);
      TunnelSummary summary = summary();
      assertEquals(TunnelSummary.End.CLIENT, summary.end());
      assertEquals(0, summary.status());
    }
  }

  @ParameterizedTest
  @EnumSource
  void theMoreUrgentGetTheNextPlace(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=1"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End first = client.open("db");
      BlockingQueue<String> order = new LinkedBlockingQueue<>();
      for (String priority : List.of("u=5", "u=3", "u=1, i", "u=7", "u=0")) {
        int before = gateway.tunnels().waiting();
        TunnelClient.End end = client.ask("db", Map.of("priority", priority));
        end.head.thenAccept(
            head -> {
              order.add(priority);
              end.finish();
            });
        await(() -> gateway.tunnels().waiting() == before + 1);
      }
      first.finish();
      for (String expected : List.of("u=0", "u=1, i", "u=3", "u=5", "u=7")) {
        assertEquals(expected, order.poll(20, TimeUnit.SECONDS));
      }
      await(() -> backend.connections.get() == 6);
    }
  }

  // RFC 9218 §7
  @ParameterizedTest
  @EnumSource
  void whoBecomesMoreUrgentWhileWaitingOvertakes(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=1"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End first = client.open("db");
      TunnelClient.End second = client.ask("db");
      await(() -> gateway.tunnels().waiting() == 1);
      TunnelClient.End third = client.ask("db");
      await(() -> gateway.tunnels().waiting() == 2);
      third.priority(1);
      // Frames of one connection arrive in order on HTTP/2; on HTTP/3 streams overtake each other.
      TunnelClient.End fence = client.ask("nowhere:1");
      assertEquals(403, fence.status());
      first.finish();
      if (version == Version.HTTP_2) {
        assertEquals(200, third.status());
        assertFalse(second.head.isDone());
      } else {
        CompletableFuture.anyOf(third.head, second.head).get(20, TimeUnit.SECONDS);
        assertTrue(third.head.isDone());
      }
    }
  }

  @Test
  void aClientThatAsksForManyLeavesPlacesToOthers() throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=2"));
        TunnelClient greedy = Version.HTTP_3.open(gateway);
        TunnelClient modest = Version.HTTP_2.open(gateway)) {
      TunnelClient.End first = greedy.open("db");
      greedy.open("db");
      for (int i = 0; i < 10; i++) {
        greedy.ask("db");
      }
      await(() -> gateway.tunnels().waiting() == 10);
      TunnelClient.End one = modest.ask("db");
      await(() -> gateway.tunnels().waiting() == 11);
      first.finish();
      assertEquals(200, one.status());
    }
  }

  @Test
  void aThousandTunnelsAtOnce() throws Exception {
    int count = 1_000;
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway = gateway(backend);
        TunnelClient client = Version.HTTP_3.open(gateway)) {
      TunnelClient.End[] ends = new TunnelClient.End[count];
      for (int i = 0; i < count; i++) {
        ends[i] = client.ask("db");
      }
      for (int i = 0; i < count; i++) {
        assertEquals(200, ends[i].status());
        ends[i].write("number " + i);
      }
      assertEquals(count, gateway.tunnels().total());
      for (int i = 0; i < count; i++) {
        ends[i].finish();
        assertEquals("number " + i, ends[i].readAll());
      }
      await(() -> gateway.tunnels().total() == 0);
      await(() -> backend.connections.get() == count);
    }
  }

  // Shutdown

  @ParameterizedTest
  @EnumSource
  void aDrainLetsTunnelsEndAndRefusesThoseWhoWait(Version version) throws Exception {
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway = gateway(ConnectConfig.builder().target(target(backend)).limit("db=1"));
        TunnelClient client = version.open(gateway)) {
      TunnelClient.End open = client.open("db");
      TunnelClient.End waiting = client.ask("db");
      await(() -> gateway.tunnels().waiting() == 1);
      Thread drain = Thread.startVirtualThread(() -> gateway.drain(Duration.ofSeconds(20)));
      assertEquals(503, waiting.status());
      open.write("after");
      assertEquals("after", open.read(5));
      open.finish();
      assertEquals("", open.readAll());
      drain.join();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDrainEndsTunnelsThatGoOnForTooLong(Version version) throws Exception {
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    try (ScriptedBackend backend =
            new ScriptedBackend(
                connection -> {
                  try {
                    connection.awaitEnd();
                  } finally {
                    ended.complete(true);
                  }
                });
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      client.open("db");
      gateway.drain(Duration.ofMillis(300));
      assertTrue(ended.get(20, TimeUnit.SECONDS));
    }
  }

  // Random

  @ParameterizedTest
  @EnumSource
  void manyTunnelsKeepTheirBytesApart(Version version) throws Exception {
    int count = 20;
    int size = 1 << 18;
    try (ScriptedBackend backend = new ScriptedBackend(GatewayTunnelTest::echo);
        Gateway gateway = gateway(backend);
        TunnelClient client = version.open(gateway)) {
      List<Callable<String>> exchanges = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int seed = i;
        exchanges.add(
            () -> {
              TunnelClient.End end = client.open("db");
              end.write(random(seed, size));
              end.finish();
              return end.readAll();
            });
      }
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<String>> answers = threads.invokeAll(exchanges);
        for (int i = 0; i < count; i++) {
          assertEquals(
              new String(random(i, size), StandardCharsets.ISO_8859_1), answers.get(i).get());
        }
      }
    }
  }

  private static byte[] random(long seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
