package dev.memux.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.schedule.Priority;
import dev.memux.tls.TlsCredentials;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sockets through a gateway do what {@link Socket} says. */
@Timeout(60)
final class MuxSocketFactoryTest {
  private final ConnectProxy proxy = new ConnectProxy();
  private Loopback loopback;
  private TcpServer echo;
  private MuxSocketFactory factory;

  @BeforeEach
  void open() throws Exception {
    QuicConfig many = QuicConfig.DEFAULT.withMux(MuxConfig.DEFAULT.withStreams(1_000, 100));
    loopback = new Loopback(proxy, many, QuicConfig.DEFAULT);
    echo = TcpServer.echo();
    proxy.names.put("echo", echo.port());
    proxy.names.put("silent", ConnectProxy.SILENT);
    factory =
        new MuxSocketFactory(
            new TunnelClient(loopback.client, loopback.origin()), Priority.DEFAULT_INCREMENTAL);
  }

  @AfterEach
  void close() throws Exception {
    loopback.close();
    echo.close();
  }

  private Socket to(TcpServer.Handler handler) throws IOException {
    proxy.names.put("server", new TcpServer(handler).port());
    return factory.createSocket("server", 1);
  }

  private static CompletableFuture<Throwable> failure(CountDownLatch begun, Callable<?> call) {
    CompletableFuture<Throwable> outcome = new CompletableFuture<>();
    Thread.startVirtualThread(() -> complete(outcome, begun, call));
    return outcome;
  }

  private static void complete(
      CompletableFuture<Throwable> outcome, CountDownLatch begun, Callable<?> call) {
    try {
      begun.countDown();
      outcome.complete(new AssertionError("returned " + call.call()));
    } catch (Throwable e) {
      outcome.complete(e);
    }
  }

  @Test
  void carriesBytesBothWays() throws Exception {
    try (Socket socket = factory.createSocket("echo", 7)) {
      socket.getOutputStream().write("hello".getBytes(US_ASCII));
      assertEquals("hello", new String(socket.getInputStream().readNBytes(5), US_ASCII));
      socket.shutdownOutput();
      assertEquals(-1, socket.getInputStream().read());
    }
  }

  @Test
  void tellsItsStateAsASocketDoes() throws Exception {
    Socket socket = factory.createSocket();
    assertFalse(socket.isConnected());
    assertFalse(socket.isBound());
    assertNull(socket.getRemoteSocketAddress());
    assertThrows(SocketException.class, socket::getInputStream);
    InetSocketAddress byName = InetSocketAddress.createUnresolved("echo", 7);
    socket.connect(byName);
    assertTrue(socket.isConnected());
    assertTrue(socket.isBound());
    assertEquals(byName, socket.getRemoteSocketAddress());
    assertEquals(7, socket.getPort());
    assertEquals("TunnelSocket[" + byName + "]", socket.toString());
    assertTrue(socket.getLocalAddress().isAnyLocalAddress());
    assertThrows(SocketException.class, () -> socket.connect(byName)); // already is
    socket.shutdownInput();
    assertTrue(socket.isInputShutdown());
    socket.shutdownOutput();
    assertTrue(socket.isOutputShutdown());
    socket.close();
    socket.close();
    assertTrue(socket.isClosed());
    assertThrows(SocketException.class, socket::getOutputStream);
    assertThrows(SocketException.class, () -> socket.setSoTimeout(1));
  }

  @Test
  void aNameGoesToTheGatewayEvenIfItIsKnownHere() throws Exception {
    InetAddress known = InetAddress.getByAddress("echo", new byte[] {(byte) 192, 0, 2, 1});
    try (Socket socket = factory.createSocket(known, 7)) {
      assertEquals("echo:7", proxy.asked.element().request().authority());
      assertEquals(known, socket.getInetAddress());
    }
    proxy.names.put("[0:0:0:0:0:0:0:1]", echo.port());
    factory.createSocket(InetAddress.ofLiteral("::1"), 7).close();
  }

  @Test
  void keepsOptionsThatMeanNothingHere() throws Exception {
    try (Socket socket = factory.createSocket()) {
      socket.setTcpNoDelay(true);
      socket.setKeepAlive(true);
      socket.setReuseAddress(true);
      socket.setSendBufferSize(1 << 20);
      socket.setSoLinger(true, 3);
      socket.setTrafficClass(8);
      assertTrue(socket.getTcpNoDelay());
      assertTrue(socket.getKeepAlive());
      assertTrue(socket.getReuseAddress());
      assertEquals(1 << 20, socket.getSendBufferSize());
      assertTrue(socket.getReceiveBufferSize() > 0);
      assertEquals(3, socket.getSoLinger());
      socket.setSoLinger(false, 0);
      assertEquals(-1, socket.getSoLinger());
      assertEquals(8, socket.getTrafficClass());
      socket.setOption(StandardSocketOptions.TCP_NODELAY, false);
      assertFalse(socket.getOption(StandardSocketOptions.TCP_NODELAY));
      assertThrows(
          UnsupportedOperationException.class,
          () -> socket.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
      assertTrue(socket.supportedOptions().contains(StandardSocketOptions.SO_KEEPALIVE));
      assertThrows(SocketException.class, () -> socket.sendUrgentData(1));
    }
  }

  @Test
  void readsTimeOutAndGoOn() throws Exception {
    try (Socket socket = factory.createSocket("echo", 7)) {
      socket.setSoTimeout(50);
      assertEquals(50, socket.getSoTimeout());
      assertThrows(SocketTimeoutException.class, () -> socket.getInputStream().read());
      socket.getOutputStream().write(42);
      socket.setSoTimeout(20_000);
      assertEquals(42, socket.getInputStream().read());
    }
  }

  @Test
  void availableTellsWhatCanBeReadAtOnce() throws Exception {
    try (Socket socket = factory.createSocket("echo", 7)) {
      InputStream in = socket.getInputStream();
      assertEquals(0, in.available());
      socket.getOutputStream().write(new byte[10]);
      in.read();
      while (in.available() < 9) {
        Thread.onSpinWait();
      }
      assertArrayEquals(new byte[9], in.readNBytes(9));
    }
  }

  @Test
  void connectingTimesOut() throws Exception {
    Socket socket = factory.createSocket();
    assertThrows(
        SocketTimeoutException.class,
        () -> socket.connect(InetSocketAddress.createUnresolved("silent", 1), 100));
    assertTrue(socket.isClosed());
  }

  @Test
  void aRefusalIsAFailureToConnectWithTheGatewaysReason() {
    ConnectException refused =
        assertThrows(ConnectException.class, () -> factory.createSocket("elsewhere", 1));
    assertTrue(refused.getMessage().endsWith("403 nobody may go there"), refused.getMessage());
    assertInstanceOf(HttpException.TunnelRefused.class, refused.getCause());
    assertThrows(SocketException.class, () -> factory.createSocket("no host", 1));
  }

  @Test
  void closingReleasesWhoReads() throws Exception {
    Socket socket = factory.createSocket("echo", 7);
    CountDownLatch begun = new CountDownLatch(1);
    InputStream in = socket.getInputStream();
    CompletableFuture<Throwable> outcome = failure(begun, in::read);
    begun.await();
    socket.close();
    Throwable failure = outcome.get(10, TimeUnit.SECONDS);
    assertInstanceOf(SocketException.class, failure);
    assertEquals("Socket closed", failure.getMessage());
  }

  @Test
  void closingReleasesWhoConnects() throws Exception {
    Socket socket = factory.createSocket();
    CompletableFuture<Throwable> outcome =
        failure(
            new CountDownLatch(1),
            () -> {
              socket.connect(InetSocketAddress.createUnresolved("silent", 1));
              return 0;
            });
    while (proxy.asked.isEmpty()) {
      Thread.onSpinWait();
    }
    socket.close();
    assertInstanceOf(SocketException.class, outcome.get(10, TimeUnit.SECONDS));
  }

  @Test
  void shuttingInputDownEndsReadingAndDropsWhatComes() throws Exception {
    try (Socket socket = factory.createSocket("echo", 7)) {
      InputStream in = socket.getInputStream();
      CountDownLatch begun = new CountDownLatch(1);
      CompletableFuture<Integer> read = new CompletableFuture<>();
      Thread.startVirtualThread(
          () -> {
            try {
              begun.countDown();
              read.complete(in.read());
            } catch (IOException e) {
              read.completeExceptionally(e);
            }
          });
      begun.await();
      socket.shutdownInput();
      assertEquals(-1, read.get(10, TimeUnit.SECONDS));
      assertEquals(-1, in.read());
      assertEquals(0, in.available());
      // The peer does not learn of it: it can send as much as it likes.
      socket.getOutputStream().write(new byte[2_000_000]);
      assertFalse(socket.isClosed());
    }
  }

  @Test
  void aResetOfTheTargetIsOneOfTheSocket() throws Exception {
    try (Socket socket =
        to(
            connection -> {
              connection.getInputStream().read();
              connection.setSoLinger(true, 0);
            })) {
      socket.getOutputStream().write(1);
      SocketException reset =
          assertThrows(SocketException.class, () -> socket.getInputStream().read());
      assertTrue(reset.getMessage().startsWith("Connection reset"), reset.getMessage());
      assertThrows(SocketException.class, () -> socket.getOutputStream().write(1));
    }
  }

  @Test
  void closingWithLingerZeroResets() throws Exception {
    CompletableFuture<Throwable> outcome = new CompletableFuture<>();
    Socket socket =
        to(
            connection -> {
              connection.getOutputStream().write(1);
              complete(outcome, new CountDownLatch(1), () -> connection.getInputStream().read());
            });
    socket.getInputStream().read();
    socket.setSoLinger(true, 0);
    socket.close();
    assertInstanceOf(SocketException.class, outcome.get(10, TimeUnit.SECONDS));
  }

  @Test
  void aLostGatewayIsAResetThatTellsWhatBecameOfIt() throws Exception {
    Socket socket = factory.createSocket("echo", 7);
    loopback.clientChannels.element().close();
    SocketException lost =
        assertThrows(SocketException.class, () -> socket.getInputStream().read());
    assertInstanceOf(HttpException.ConnectionLost.class, lost.getCause());
    factory.createSocket("echo", 7).close(); // over a new connection
  }

  // java.net.Socket: on a virtual thread the socket is closed, on others it stays.
  @Test
  void isInterruptible() throws Exception {
    Socket closing = factory.createSocket("echo", 7);
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Throwable> outcome = new CompletableFuture<>();
    Thread virtual =
        Thread.startVirtualThread(
            () -> complete(outcome, begun, () -> closing.getInputStream().read()));
    begun.await();
    virtual.interrupt();
    assertInstanceOf(SocketException.class, outcome.get(10, TimeUnit.SECONDS));
    assertTrue(closing.isClosed());

    Socket staying = factory.createSocket("echo", 7);
    CompletableFuture<Throwable> other = new CompletableFuture<>();
    CountDownLatch otherBegun = new CountDownLatch(1);
    Thread platform =
        Thread.ofPlatform()
            .start(() -> complete(other, otherBegun, () -> staying.getInputStream().read()));
    otherBegun.await();
    platform.interrupt();
    assertInstanceOf(InterruptedIOException.class, other.get(10, TimeUnit.SECONDS));
    staying.getOutputStream().write(5);
    assertEquals(5, staying.getInputStream().read());
  }

  @Test
  void fiveHundredThreadsAtOnce() throws Exception {
    int count = 500;
    CountDownLatch open = new CountDownLatch(count);
    CompletableFuture<?>[] all = new CompletableFuture<?>[count];
    for (int i = 0; i < count; i++) {
      byte[] own = ("socket " + i).getBytes(US_ASCII);
      CompletableFuture<Void> done = new CompletableFuture<>();
      all[i] = done;
      Thread.startVirtualThread(
          () -> {
            try (Socket socket = factory.createSocket("echo", 7)) {
              open.countDown();
              open.await(); // all at once
              for (int round = 0; round < 3; round++) {
                socket.getOutputStream().write(own);
                assertArrayEquals(own, socket.getInputStream().readNBytes(own.length));
              }
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
  void carriesTls() throws Exception {
    TlsCredentials credentials =
        TlsCredentials.fromPem(
            Loopback.resource("localhost-cert.pem"), Loopback.resource("localhost-key.pem"));
    X509Certificate[] chain = credentials.chain().toArray(X509Certificate[]::new);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry("server", credentials.privateKey(), new char[0], chain);
    keys.setCertificateEntry("trusted", chain[0]);
    KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
    own.init(keys, new char[0]);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(keys);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(own.getKeyManagers(), trust.getTrustManagers(), null);
    Socket plain =
        to(
            connection -> {
              try (SSLSocket server =
                  (SSLSocket) tls.getSocketFactory().createSocket(connection, null, true)) {
                server.getInputStream().transferTo(server.getOutputStream());
              }
            });
    try (SSLSocket socket =
        (SSLSocket) tls.getSocketFactory().createSocket(plain, "localhost", 1, true)) {
      SSLParameters checked = socket.getSSLParameters();
      checked.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(checked);
      socket.setSoTimeout(10_000);
      byte[] data = new byte[100_000];
      Thread.startVirtualThread(
          () -> {
            try {
              socket.getOutputStream().write(data);
              socket.shutdownOutput();
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      assertArrayEquals(data, socket.getInputStream().readAllBytes());
    }
    assertTrue(plain.isClosed());
  }

  @Test
  void prioritiesAreTheFactorysUntilTheSocketSaysOtherwise() throws Exception {
    MuxSocketFactory urgent = new MuxSocketFactory(factory.client(), new Priority(1, true));
    urgent.createSocket("echo", 7).close();
    assertEquals("u=1, i", proxy.asked.remove().request().fields().value("priority"));
    try (TunnelSocket socket = urgent.createSocket()) {
      socket.priority(new Priority(6, true));
      socket.connect(InetSocketAddress.createUnresolved("echo", 7));
      assertEquals("u=6, i", proxy.asked.remove().request().fields().value("priority"));
      assertThrows(IllegalArgumentException.class, () -> socket.priority(Priority.CRITICAL));
    }
  }

  @Test
  void isMadeFromAUrlAndSharesItsSession() throws Exception {
    Path ca = Loopback.resource("localhost-cert.pem");
    String url = "https://127.0.0.1:" + loopback.origin().port() + "?ca=" + ca;
    MuxSocketFactory one = new MuxSocketFactory(url + "&priority=u=2");
    MuxSocketFactory other = new MuxSocketFactory(url + "&priority=u=5,i=?0");
    assertSame(one.client(), other.client());
    assertNotSame(one.client(), new MuxSocketFactory(url + "&connectTimeout=3").client());
    assertNotSame(one.client(), new MuxSocketFactory(url + "&carrier=auto").client());
    try (Socket socket = one.createSocket("echo", 7)) {
      socket.getOutputStream().write(42);
      assertEquals(42, socket.getInputStream().read());
    }
    assertEquals("u=2, i", proxy.asked.remove().request().fields().value("priority"));
    other.createSocket("echo", 7).close();
    assertEquals("u=5", proxy.asked.remove().request().fields().value("priority"));
    for (String wrong :
        new String[] {
          "http://h:1",
          "https://h/path",
          "https://h?carrot=1",
          "https://h?priority=;",
          "https://h?ca=/none",
          "https://h?insecure=perhaps",
          "https://h?carrier=pigeon",
          "https://h?connectTimeout=0"
        }) {
      assertThrows(IllegalArgumentException.class, () -> new MuxSocketFactory(wrong), wrong);
    }
  }
}
