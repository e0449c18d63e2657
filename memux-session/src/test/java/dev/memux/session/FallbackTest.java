package dev.memux.session;

import static dev.memux.session.Loopback.get;
import static dev.memux.session.Loopback.start;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.CarrierType;
import dev.memux.netty.ConnectRace;
import dev.memux.netty.MuxException;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Networks that let no UDP through, from the start or from some moment on. */
@Timeout(120)
final class FallbackTest {
  private static final InetAddress LOCAL = InetAddress.ofLiteral("127.0.0.1");
  private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(2);
  private static final QuicConfig CONFIG =
      QuicConfig.DEFAULT.withMaxIdleTimeoutNanos(IDLE_TIMEOUT.toNanos());

  private static final int WARM_UP_ROUNDS = 20;
  private static final int MEASURED_ROUNDS = 5;

  /** The machine may be busy with something else the first time. */
  private static final int MEASUREMENTS = 4;

  private final AtomicInteger served = new AtomicInteger();

  /** While it is not done, requests are read but not answered. */
  private volatile CompletableFuture<?> answering = CompletableFuture.completedFuture(null);

  private Loopback loopback;
  private SessionServer tcpServer;
  private InetSocketAddress address;

  /** TCP at some port where UDP is to be what the test makes of it; QUIC elsewhere. */
  @BeforeEach
  void listen() throws Exception {
    loopback = new Loopback(CONFIG);
    tcpServer =
        loopback.server(CONFIG).carriers(CarrierType.TCP).listen(new InetSocketAddress(LOCAL, 0));
    address = tcpServer.localAddress();
    for (SessionServer server : List.of(loopback.server, tcpServer)) {
      start(
          () -> {
            while (true) {
              Session accepted = server.accept();
              start(() -> serve(accepted));
            }
          });
    }
  }

  @AfterEach
  void close() {
    tcpServer.close();
    loopback.close();
  }

  private Void serve(Session accepted) throws IOException {
    while (true) {
      Stream stream = accepted.accept();
      start(
          () -> {
            byte[] request = stream.inputStream().readAllBytes();
            served.incrementAndGet();
            answering.join();
            stream.outputStream().write(request);
            stream.close();
            return null;
          });
    }
  }

  private static int echo(Stream stream, int length) throws IOException {
    stream.outputStream().write(new byte[length]);
    stream.shutdownOutput();
    return stream.inputStream().readAllBytes().length;
  }

  private SessionClient client(CarrierType first, CarrierType... more) throws IOException {
    return loopback.clientBuilder(CONFIG).carriers(first, more).build();
  }

  /** How long a client that knows nothing yet needs for a request. */
  private long requestNanos(CarrierType first, CarrierType... more) throws IOException {
    SessionClient client = client(first, more);
    long begin = System.nanoTime();
    try (Session session = client.connect(address, "localhost");
        Stream stream = session.open()) {
      assertEquals(1_000, echo(stream, 1_000));
      assertEquals(CarrierType.TCP, session.carrier());
      return System.nanoTime() - begin;
    }
  }

  private long[] sortedNanos(CarrierType first, CarrierType... more) throws IOException {
    long[] nanos = new long[MEASURED_ROUNDS];
    for (int i = 0; i < MEASURED_ROUNDS; i++) {
      nanos[i] = requestNanos(first, more);
    }
    Arrays.sort(nanos);
    return nanos;
  }

  /** Over TCP it takes the head start of QUIC and twice what it takes anyway, at most. */
  private void assertTimely() throws IOException {
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      requestNanos(CarrierType.TCP);
    }
    String told = "";
    for (int i = 0; i < MEASUREMENTS; i++) {
      long aloneNanos = sortedNanos(CarrierType.TCP)[MEASURED_ROUNDS / 2];
      long racedNanos = sortedNanos(CarrierType.QUIC, CarrierType.TCP)[MEASURED_ROUNDS / 2];
      if (racedNanos <= ConnectRace.ATTEMPT_DELAY.toNanos() + 2 * aloneNanos) {
        return;
      }
      told += "alone " + aloneNanos / 1_000 + " us, raced " + racedNanos / 1_000 + " us; ";
    }
    throw new AssertionError(told);
  }

  @Test
  void whereNobodyListensToUdpTcpServes() throws Exception {
    assertTimely();
  }

  @Test
  void whereUdpIsDroppedTcpServes() throws Exception {
    try (var silent = new DatagramSocket(address)) { // reads nothing
      assertTimely();
      assertTrue(silent.isBound());
    }
  }

  @Test
  void aHostThatWasReachedOverTcpIsSoughtThereFirst() throws Exception {
    SessionClient client = client(CarrierType.QUIC, CarrierType.TCP);
    assertEquals(CarrierType.TCP, carrier(client)); // as there is nothing else
    try (UdpRelay relay = new UdpRelay(loopback.server.localAddress(), address.getPort())) {
      assertEquals(address.getPort(), relay.address().getPort());
      assertEquals(CarrierType.TCP, carrier(client));
      assertEquals(CarrierType.QUIC, carrier(client(CarrierType.QUIC, CarrierType.TCP)));
    }
  }

  private CarrierType carrier(SessionClient client) throws IOException {
    try (Session session = client.connect("localhost", address.getPort())) {
      return session.carrier();
    }
  }

  @Test
  void whereNothingServesBothAreTold() throws Exception {
    SessionClient client = client(CarrierType.QUIC, CarrierType.TCP);
    tcpServer.close();
    MuxException failure =
        assertThrows(MuxException.class, () -> client.connect(address, "localhost"));
    String told = failure.getMessage();
    assertTrue(told.contains("QUIC to 127.0.0.1:" + address.getPort()), told);
    assertTrue(told.contains("TCP to 127.0.0.1:" + address.getPort()), told);
  }

  @Test
  void whereUdpDiesLaterReplayableRequestsAllCompleteAndOthersAreTold() throws Exception {
    try (UdpRelay relay = new UdpRelay(loopback.server.localAddress(), address.getPort());
        PersistentSession session =
            new PersistentSession(
                client(CarrierType.QUIC, CarrierType.TCP), "localhost", address.getPort())) {
      int first = session.exchange(stream -> echo(stream, 10));
      assertEquals(10, first);
      assertEquals(CarrierType.QUIC, session.session().carrier());
      int before = served.get();
      CompletableFuture<Void> later = new CompletableFuture<>();
      answering = later;
      List<CompletableFuture<Integer>> replayable = new ArrayList<>();
      List<CompletableFuture<Integer>> others = new ArrayList<>();
      for (int i = 1; i <= 40; i++) {
        int length = i;
        replayable.add(start(() -> session.exchangeReplayable(stream -> echo(stream, length))));
        others.add(start(() -> session.exchange(stream -> echo(stream, length))));
      }
      Loopback.await(() -> served.get() == before + 80);
      relay.drop();
      long dropped = System.nanoTime();
      answering = CompletableFuture.completedFuture(null);
      later.complete(null);
      // Some have something under way meanwhile.
      others.add(start(() -> session.exchange(stream -> echo(stream, 1_000_000))));
      replayable.add(start(() -> session.exchangeReplayable(stream -> echo(stream, 41))));
      for (CompletableFuture<Integer> other : others) {
        ExecutionException failure = assertThrows(ExecutionException.class, () -> get(other));
        assertInstanceOf(MuxException.CarrierLost.class, failure.getCause());
      }
      long lostMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - dropped);
      assertTrue(lostMillis <= IDLE_TIMEOUT.toMillis(), lostMillis + " ms");
      for (int i = 0; i < replayable.size(); i++) {
        assertEquals(i + 1, get(replayable.get(i)));
      }
      assertEquals(CarrierType.TCP, session.session().carrier());
      int again = session.exchange(stream -> echo(stream, 7));
      assertEquals(7, again);
    }
  }
}
