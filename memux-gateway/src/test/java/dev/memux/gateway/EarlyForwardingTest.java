package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.http.Http1ClientConfig;
import dev.memux.http.HttpFields;
import dev.memux.http.Origin;
import dev.memux.tls.SessionCache;
import dev.memux.tls.TlsClientConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a backend is told of requests that come as early data (RFC 8470 §5.1). */
@Timeout(60)
final class EarlyForwardingTest {
  private final SessionCache cache = SessionCache.inMemory(10);

  private TlsClientConfig tls() {
    return TestClient.tls().sessionCache(cache, InstantSource.system()).offerEarlyData().build();
  }

  private static Gateway gateway(ScriptedBackend backend, Path folder, boolean takesEarlyData)
      throws Exception {
    return Gateway.start(
        new GatewayConfig(
            List.of(new ListenAddress("127.0.0.1", 0)),
            List.of(),
            null,
            new Backend("127.0.0.1", backend.port(), Http1ClientConfig.DEFAULT, takesEarlyData),
            DevelopmentCertificate.loadOrCreate(StateDirectory.at(folder), Clock.systemUTC()),
            null));
  }

  private static String early(String head) {
    return ScriptedBackend.field(head, "early-data");
  }

  /** How the requests for that path came, in order. */
  private static List<String> marks(ScriptedBackend backend, String path) {
    return backend.heads.stream()
        .filter(head -> head.startsWith("GET " + path + " "))
        .map(head -> Objects.requireNonNullElse(early(head), "none"))
        .toList();
  }

  /** Takes nothing that may be a replay, as RFC 8470 §5.2 has it. */
  private static void refuseEarly(ScriptedBackend.Connection connection, CountDownLatch asked)
      throws IOException {
    for (String head; (head = connection.readHead()) != null; ) {
      asked.countDown();
      connection.say(
          (early(head) == null ? "HTTP/1.1 200 OK" : "HTTP/1.1 425 Too Early")
              + "\r\nContent-Length: 0\r\n\r\n");
    }
  }

  @Test
  void theBackendKnowsWhatMayBeAReplayAndMayRefuseIt(@TempDir Path folder) throws Exception {
    CountDownLatch asked = new CountDownLatch(3);
    try (ScriptedBackend backend =
            new ScriptedBackend(connection -> refuseEarly(connection, asked));
        Gateway gateway = gateway(backend, folder, true)) {
      InetSocketAddress address = gateway.addresses().getFirst();
      try (TestClient first = new TestClient(Origin.of(address), tls())) {
        assertEquals(200, first.get("/").status());
      }
      try (OneWay path = new OneWay(address);
          TestClient again = new TestClient(new Origin("127.0.0.1", path.port()), tls())) {
        // A client must not say by this field that it is not early.
        CompletableFuture<TestClient.Response> marked =
            again.send("GET", "/marked", new HttpFields().add("early-data", "0"));
        CompletableFuture<TestClient.Response> plain =
            again.send("GET", "/plain", new HttpFields());
        assertTrue(asked.await(20, TimeUnit.SECONDS), "requests wait for the handshake");
        path.open();
        // Marked by the client too, so a second refusal is the last word.
        assertEquals(425, TestClient.await(marked).status());
        assertEquals(List.of("1", "1"), marks(backend, "/marked"));
        // What was refused only as early data is asked for again after the handshake.
        assertEquals(200, TestClient.await(plain).status());
        assertEquals(List.of("1", "none"), marks(backend, "/plain"));
      }
    }
  }

  @Test
  void aBackendThatDoesNotKnowOfItIsSentNothingEarly(@TempDir Path folder) throws Exception {
    // RFC 8470 §6.1
    CountDownLatch asked = new CountDownLatch(2);
    try (ScriptedBackend backend =
            new ScriptedBackend(connection -> refuseEarly(connection, asked));
        Gateway gateway = gateway(backend, folder, false)) {
      InetSocketAddress address = gateway.addresses().getFirst();
      for (int i = 0; i < 2; i++) {
        try (TestClient client = new TestClient(Origin.of(address), tls())) {
          assertEquals(200, client.get("/").status());
        }
      }
      assertEquals(List.of("none", "none"), marks(backend, "/"));
    }
  }

  /** Lets a client reach a server, whose answers wait until the path is opened. */
  private static final class OneWay implements AutoCloseable {
    private final DatagramSocket front = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"));
    private final DatagramSocket back = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"));
    private final CountDownLatch opened = new CountDownLatch(1);
    private volatile SocketAddress client;

    OneWay(InetSocketAddress server) throws IOException {
      Thread.ofVirtual()
          .start(
              () ->
                  carry(
                      front,
                      packet -> {
                        client = packet.getSocketAddress();
                        packet.setSocketAddress(server);
                        back.send(packet);
                      }));
      Thread.ofVirtual()
          .start(
              () ->
                  carry(
                      back,
                      packet -> {
                        opened.await();
                        packet.setSocketAddress(client);
                        front.send(packet);
                      }));
    }

    private interface Hop {
      void pass(DatagramPacket packet) throws IOException, InterruptedException;
    }

    private static void carry(DatagramSocket from, Hop to) {
      byte[] buffer = new byte[65_535];
      try {
        while (true) {
          DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
          from.receive(packet);
          to.pass(packet);
        }
      } catch (IOException e) {
        if (!from.isClosed()) {
          throw new UncheckedIOException(e);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    int port() {
      return front.getLocalPort();
    }

    void open() {
      opened.countDown();
    }

    @Override
    public void close() {
      opened.countDown();
      front.close();
      back.close();
    }
  }
}
