package dev.memux.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.schedule.Priority;
import dev.memux.netty.MuxException;
import dev.memux.session.MuxPriority;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** CONNECT as a client (RFC 9110 §9.3.6, RFC 9114 §4.4). */
@Timeout(60)
final class TunnelTest {
  private static final TunnelTarget ECHO = new TunnelTarget("echo", 7);

  private final ConnectProxy proxy = new ConnectProxy();
  private Loopback loopback;
  private TcpServer echo;
  private TunnelClient client;

  @BeforeEach
  void open() throws Exception {
    QuicConfig many = QuicConfig.DEFAULT.withMux(MuxConfig.DEFAULT.withStreams(1_000, 100));
    loopback = new Loopback(proxy, many, QuicConfig.DEFAULT);
    echo = TcpServer.echo();
    proxy.names.put("echo", echo.port());
    client = new TunnelClient(loopback.client, loopback.origin());
  }

  @AfterEach
  void close() throws Exception {
    loopback.close();
    echo.close();
  }

  private Tunnel to(TcpServer.Handler handler) throws IOException {
    TcpServer server = new TcpServer(handler);
    proxy.names.put("server", server.port());
    return client.connect(new TunnelTarget("server", 1));
  }

  private static String readText(Tunnel tunnel) throws IOException {
    return new String(tunnel.inputStream().readAllBytes(), US_ASCII);
  }

  @Test
  void carriesBytesBothWaysAndTheEnds() throws Exception {
    byte[] data = new byte[3_000_000]; // more than all windows together
    new Random(1).nextBytes(data);
    try (Tunnel tunnel = client.connect(ECHO)) {
      Thread.startVirtualThread(
          () -> {
            try {
              tunnel.outputStream().write(data);
              tunnel.shutdownOutput();
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      assertArrayEquals(data, tunnel.inputStream().readAllBytes());
    }
    assertEquals("echo:7", proxy.asked.element().request().authority());
  }

  @Test
  void readsOnAfterItsOwnEnd() throws Exception {
    try (Tunnel tunnel =
        to(
            connection -> {
              String all = new String(connection.getInputStream().readAllBytes(), US_ASCII);
              connection.getOutputStream().write(("got " + all).getBytes(US_ASCII));
            })) {
      tunnel.write(ByteBuffer.wrap("all".getBytes(US_ASCII)));
      tunnel.shutdownOutput();
      assertEquals("got all", readText(tunnel));
    }
  }

  @Test
  void writesOnAfterTheTargetsEnd() throws Exception {
    CompletableFuture<String> got = new CompletableFuture<>();
    try (Tunnel tunnel =
        to(
            connection -> {
              connection.shutdownOutput();
              got.complete(new String(connection.getInputStream().readAllBytes(), US_ASCII));
            })) {
      assertEquals("", readText(tunnel));
      tunnel.write(ByteBuffer.wrap("still here".getBytes(US_ASCII)));
      tunnel.shutdownOutput();
      assertEquals("still here", got.get(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void saysWhyTheProxyRefuses() {
    HttpException.TunnelRefused refused =
        assertThrows(
            HttpException.TunnelRefused.class,
            () -> client.connect(new TunnelTarget("elsewhere", 22)));
    assertEquals(403, refused.status());
    assertEquals("nobody may go there", refused.reason()); // in one line
    assertEquals(
        loopback.origin() + " refused elsewhere:22: 403 nobody may go there", refused.getMessage());
  }

  @Test
  void cutsALongReason() throws Exception {
    byte[] novel = new byte[100_000];
    try (Loopback verbose =
        new Loopback(
            exchange ->
                exchange.respond(ResponseHead.of(500)).write(Unpooled.wrappedBuffer(novel)))) {
      TunnelClient asking = new TunnelClient(verbose.client, verbose.origin());
      HttpException.TunnelRefused refused =
          assertThrows(HttpException.TunnelRefused.class, () -> asking.connect(ECHO));
      assertTrue(refused.reason().length() <= TunnelExchange.MAX_REASON_BYTES);
    }
  }

  // RFC 9114 §4.4: a reset of the TCP connection is a stream error of type H3_CONNECT_ERROR.
  @Test
  void tellsThatTheTargetsConnectionBroke() throws Exception {
    try (Tunnel tunnel =
        to(
            connection -> {
              connection.getInputStream().read();
              connection.setSoLinger(true, 0); // closes with RST
            })) {
      tunnel.write(ByteBuffer.wrap(new byte[1]));
      HttpException.StreamReset broken =
          assertThrows(HttpException.StreamReset.class, () -> tunnel.read(ByteBuffer.allocate(1)));
      assertEquals(HttpErrorCode.CONNECT_ERROR.http3(), broken.code());
      assertEquals("the connection to server:1 broke", broken.getMessage());
      assertThrows(HttpException.StreamReset.class, () -> tunnel.write(ByteBuffer.allocate(1)));
    }
  }

  @Test
  void breaksTheTargetsConnection() throws Exception {
    CompletableFuture<Exception> seen = new CompletableFuture<>();
    try (Tunnel tunnel =
        to(
            connection -> {
              try {
                connection.getOutputStream().write(1);
                connection.getInputStream().readAllBytes();
                seen.complete(new Exception("a proper end"));
              } catch (IOException e) {
                seen.complete(e);
              }
            })) {
      tunnel.read(ByteBuffer.allocate(1));
      tunnel.reset();
      assertInstanceOf(SocketException.class, seen.get(10, TimeUnit.SECONDS));
      assertThrows(MuxException.Local.class, () -> tunnel.write(ByteBuffer.allocate(1)));
    }
  }

  @Test
  void aSlowTargetHoldsTheWriterBack() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    AtomicLong taken = new AtomicLong();
    byte[] piece = new byte[1 << 20];
    try (Tunnel tunnel =
        to(
            connection -> {
              go.await();
              taken.set(connection.getInputStream().transferTo(OutputStream.nullOutputStream()));
            })) {
      tunnel.deadline(Duration.ofMillis(500));
      assertThrows(
          MuxException.Timeout.class,
          () -> {
            while (true) {
              tunnel.write(ByteBuffer.wrap(piece));
            }
          });
      tunnel.deadline(null);
      go.countDown();
      tunnel.shutdownOutput();
      assertEquals("", readText(tunnel)); // the server closes when it has all
      // What the kernel, QUIC's windows and the queues hold; not whatever was offered.
      assertTrue(taken.get() < 64 << 20, taken + " bytes");
    }
  }

  @Test
  void aSlowReaderHoldsTheTargetBack() throws Exception {
    AtomicLong given = new AtomicLong();
    try (Tunnel tunnel =
        to(
            connection -> {
              byte[] piece = new byte[1 << 16];
              while (true) {
                connection.getOutputStream().write(piece);
                given.addAndGet(piece.length);
              }
            })) {
      assertEquals(1, tunnel.read(ByteBuffer.allocate(1)));
      long before;
      do { // until it stands still
        before = given.get();
        assertThrows(
            MuxException.Timeout.class,
            () -> {
              Tunnel other = client.connect(new TunnelTarget("echo", 7));
              other.read(ByteBuffer.allocate(1), Duration.ofMillis(300));
            });
      } while (given.get() > before);
      assertTrue(given.get() < 64 << 20, given + " bytes");
    }
  }

  @Test
  void manyShareOneConnection() throws Exception {
    int count = 300;
    CountDownLatch open = new CountDownLatch(count);
    CompletableFuture<?>[] all = new CompletableFuture<?>[count];
    for (int i = 0; i < count; i++) {
      byte[] own = ("tunnel " + i).getBytes(US_ASCII);
      CompletableFuture<Void> done = new CompletableFuture<>();
      all[i] = done;
      Thread.startVirtualThread(
          () -> {
            try (Tunnel tunnel = client.connect(ECHO)) {
              open.countDown();
              open.await(); // all at once
              tunnel.write(ByteBuffer.wrap(own));
              tunnel.shutdownOutput();
              assertArrayEquals(own, tunnel.inputStream().readAllBytes());
              done.complete(null);
            } catch (Throwable e) {
              done.completeExceptionally(e);
            }
          });
    }
    CompletableFuture.allOf(all).get(50, TimeUnit.SECONDS);
    assertEquals(1, loopback.clientChannels.size());
  }

  @Test
  void isInterruptedWhileItWaitsForTheTunnel() throws Exception {
    proxy.names.put("silent", ConnectProxy.SILENT);
    CompletableFuture<Throwable> outcome = new CompletableFuture<>();
    Thread waiting =
        Thread.startVirtualThread(
            () -> {
              try {
                client.connect(new TunnelTarget("silent", 1));
                outcome.complete(new AssertionError("connected"));
              } catch (IOException e) {
                outcome.complete(e);
              }
            });
    while (proxy.asked.isEmpty()) {
      Thread.onSpinWait();
    }
    waiting.interrupt();
    assertInstanceOf(InterruptedIOException.class, outcome.get(10, TimeUnit.SECONDS));
    // RFC 9114 §4.1.1: the request is given up, so that the proxy can stop as well.
    CountDownLatch gone = new CountDownLatch(1);
    ServerExchange given = proxy.asked.element();
    given.loop().execute(() -> given.onClosed(gone::countDown));
    assertTrue(gone.await(10, TimeUnit.SECONDS));
  }

  @Test
  void waitsNoLongerThanAllowed() {
    proxy.names.put("silent", ConnectProxy.SILENT);
    assertThrows(
        HttpException.TimedOut.class,
        () ->
            client.connect(
                new TunnelTarget("silent", 1),
                Priority.DEFAULT_INCREMENTAL,
                Duration.ofMillis(100)));
  }

  @Test
  void aLostConnectionEndsTunnelsAndIsReplaced() throws Exception {
    Tunnel first = client.connect(ECHO);
    first.write(ByteBuffer.wrap(new byte[] {1}));
    first.read(ByteBuffer.allocate(1));
    loopback.clientChannels.element().close().sync();
    assertThrows(HttpException.ConnectionLost.class, () -> first.read(ByteBuffer.allocate(1)));
    assertThrows(HttpException.class, () -> first.write(ByteBuffer.allocate(1)));
    try (Tunnel second = client.connect(ECHO)) {
      second.write(ByteBuffer.wrap(new byte[] {2}));
      assertEquals(1, second.read(ByteBuffer.allocate(1)));
    }
    assertEquals(2, loopback.clientChannels.size());
  }

  @Test
  void closingEndsTheTargetsConnectionProperly() throws Exception {
    CompletableFuture<String> got = new CompletableFuture<>();
    Tunnel tunnel =
        to(
            connection ->
                got.complete(new String(connection.getInputStream().readAllBytes(), US_ASCII)));
    tunnel.write(ByteBuffer.wrap("bye".getBytes(US_ASCII)));
    tunnel.close();
    assertEquals("bye", got.get(10, TimeUnit.SECONDS));
    assertFalse(tunnel.isOpen());
  }

  // As TCP answers what comes for a closed socket with RST, so that the sender learns of it.
  @Test
  void whoSendsToAClosedTunnelLearnsOfIt() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    CompletableFuture<Exception> seen = new CompletableFuture<>();
    Tunnel tunnel =
        to(
            connection -> {
              connection.getInputStream().readAllBytes();
              closed.await();
              try {
                while (true) {
                  connection.getOutputStream().write(new byte[1000]);
                }
              } catch (IOException e) {
                seen.complete(e);
              }
            });
    tunnel.close();
    closed.countDown();
    assertInstanceOf(IOException.class, seen.get(10, TimeUnit.SECONDS));
  }

  @Test
  void itsPriorityGoesWithTheRequest() throws Exception {
    try (Tunnel tunnel = client.connect(ECHO, new Priority(1, true), null)) {
      assertEquals("u=1, i", proxy.asked.element().request().fields().value("priority"));
      assertEquals(new Priority(1, true), tunnel.priority());
      assertThrows(IllegalArgumentException.class, () -> tunnel.priority(Priority.CRITICAL));
    }
  }

  // RFC 9218 §7: what the proxy sends follows as well.
  @Test
  void itsPriorityChangesAtAnyTime() throws Exception {
    try (Tunnel tunnel = client.connect(ECHO)) {
      ServerExchange exchange = proxy.asked.element();
      assertEquals("i", exchange.request().fields().value("priority"));
      BlockingQueue<QuicStreamPriority> heard = new LinkedBlockingQueue<>();
      exchange.loop().submit(() -> exchange.onPriority(heard::add)).sync();
      tunnel.priority(new Priority(0, true));
      assertEquals(new QuicStreamPriority(0, true), heard.poll(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void whatIsWrittenHasThePriorityOfItsScope() throws Exception {
    try (Tunnel tunnel =
        ScopedValue.where(MuxPriority.CURRENT, new Priority(2, true))
            .call(() -> client.connect(ECHO))) {
      ServerExchange exchange = proxy.asked.element();
      assertEquals("u=2, i", exchange.request().fields().value("priority"));
      BlockingQueue<QuicStreamPriority> heard = new LinkedBlockingQueue<>();
      exchange.loop().submit(() -> exchange.onPriority(heard::add)).sync();
      ScopedValue.where(MuxPriority.CURRENT, new Priority(0, false))
          .call(() -> tunnel.write(ByteBuffer.wrap(new byte[1])));
      assertEquals(new QuicStreamPriority(0, false), heard.poll(10, TimeUnit.SECONDS));
      tunnel.write(ByteBuffer.wrap(new byte[1])); // outside: the tunnel's own
      assertEquals(new QuicStreamPriority(3, true), heard.poll(10, TimeUnit.SECONDS));
    }
  }

  // RFC 9114 §10.5: a server closes a connection that says too much of priorities.
  @Test
  void aPriorityMayChangeWithEveryWrite() throws Exception {
    try (Tunnel tunnel = client.connect(ECHO)) {
      BlockingQueue<QuicStreamPriority> heard = new LinkedBlockingQueue<>();
      ServerExchange exchange = proxy.asked.element();
      exchange.loop().submit(() -> exchange.onPriority(heard::add)).sync();
      for (int i = 0; i < 3 * PriorityUpdates.BURST; i++) {
        tunnel.priority(new Priority(i % 2, true));
        tunnel.write(ByteBuffer.wrap(new byte[1]));
        tunnel.read(ByteBuffer.allocate(1));
      }
      tunnel.priority(new Priority(7, true));
      QuicStreamPriority last;
      do {
        last = heard.poll(10, TimeUnit.SECONDS);
        assertNotNull(last);
      } while (last.urgency() != 7);
    }
  }

  @Test
  void targetsAreHostAndPort() {
    assertEquals("[::1]:80", TunnelTarget.parse("[::1]:80").toString());
    assertEquals(new TunnelTarget("db", 5432), TunnelTarget.parse("db:5432"));
    for (String wrong :
        new String[] {
          "db", "db:", ":80", "db:0", "db:65536", "::1:80", "a@b:1", "a b:1", "a\r\n:1"
        }) {
      assertThrows(IllegalArgumentException.class, () -> TunnelTarget.parse(wrong), wrong);
    }
  }
}
