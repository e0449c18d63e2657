package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.EarlyData;
import dev.memux.tls.SessionCache;
import dev.memux.tls.StrikeRegister;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsServerConfig;
import dev.memux.tls.TlsSession;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests as early data (RFC 8470, RFC 9114 §10.9). */
@Timeout(60)
final class EarlyRequestTest {
  private static final byte[] NO_SETTINGS = {};

  private final InstantSource clock = InstantSource.system();
  private final TicketKeys keys = new TicketKeys(Duration.ofHours(1), clock, new SecureRandom());
  private final SessionCache cache = SessionCache.inMemory(10);

  /** What the server was asked, and whether it was early. */
  private final List<String> asked = new CopyOnWriteArrayList<>();

  private TlsServerConfig tls() throws Exception {
    return Loopback.serverTls()
        .ticketKeys(keys)
        .earlyData(
            new StrikeRegister(
                StrikeRegister.DEFAULT_WINDOW, StrikeRegister.DEFAULT_MAX_ENTRIES, clock),
            NO_SETTINGS)
        .build();
  }

  private Loopback loopback(TlsServerConfig tls) throws Exception {
    return new Loopback(this::answer, QuicConfig.DEFAULT, QuicConfig.DEFAULT, tls);
  }

  private void answer(ServerExchange exchange) {
    RequestHead request = exchange.request();
    asked.add(request.method() + (exchange.isEarly() ? " early" : ""));
    boolean tooEarly = exchange.isEarly() && request.path().equals("/careful");
    exchange.respond(
        ResponseHead.of(tooEarly ? 425 : 200),
        Unpooled.copiedBuffer("fine", StandardCharsets.US_ASCII));
  }

  private Http3Client client(Loopback loopback) throws Exception {
    TlsClientConfig tls = Loopback.clientTls().sessionCache(cache, clock).offerEarlyData().build();
    return loopback.client(QuicConfig.DEFAULT, tls);
  }

  private static ClientConnection connect(Http3Client client, Origin origin) throws Exception {
    return client
        .connection(origin)
        .toCompletableFuture()
        .get(Loopback.PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private static Answer send(ClientConnection connection, String method, String path) {
    Answer answer = new Answer();
    String authority = connection.origin().authority();
    connection.send(new RequestHead(method, "https", authority, path, new HttpFields()), answer);
    return answer;
  }

  private static void close(Http3Client client) throws Exception {
    client.close().toCompletableFuture().get(Loopback.PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** A first visit, which leaves tickets in the cache. */
  private void visit(Loopback loopback, Origin origin) throws Exception {
    Http3Client client = client(loopback);
    ClientConnection connection = connect(client, origin);
    assertEquals("fine", send(connection, "GET", "/").text());
    assertEquals(EarlyData.NONE, session(connection).earlyData());
    close(client);
    asked.clear();
  }

  /** A client that comes again, and to which no answer comes before {@link #answersAfter}. */
  private final class Return implements AutoCloseable {
    final UdpRelay relay;
    final Http3Client client;
    final ClientConnection connection;
    private final Loopback loopback;

    Return(Loopback loopback) throws Exception {
      this.loopback = loopback;
      relay = new UdpRelay(loopback.server.localAddress());
      relay.hold();
      client = client(loopback);
      connection = connect(client, new Origin("127.0.0.1", relay.port()));
      assertNull(connection.tlsSession());
    }

    QuicChannel channel() {
      QuicChannel latest = null;
      for (QuicChannel each : loopback.clientChannels) {
        latest = each;
      }
      return Objects.requireNonNull(latest);
    }

    /** Lets the server's answers through when something has happened that needs none. */
    void answersAfter(BooleanSupplier happened) throws Exception {
      long deadlineNanos = System.nanoTime() + Loopback.PATIENCE.toNanos();
      while (!happened.getAsBoolean()) {
        assertTrue(System.nanoTime() < deadlineNanos, "nothing happens");
        Thread.onSpinWait();
      }
      relay.release();
    }

    @Override
    public void close() {
      relay.close();
    }
  }

  private static TlsSession session(ClientConnection connection) {
    TlsSession session = connection.tlsSession();
    assertNotNull(session);
    return session;
  }

  @Test
  void aSecondVisitAsksAtOnce() throws Exception {
    try (Loopback loopback = loopback(tls())) {
      visit(loopback, loopback.origin());
      try (Return again = new Return(loopback)) {
        Answer answer = send(again.connection, "GET", "/");
        again.answersAfter(() -> !asked.isEmpty());
        assertEquals("fine", answer.text());
        assertEquals(List.of("GET early"), asked);
        assertTrue(session(again.connection).resumed());
        assertEquals(EarlyData.ACCEPTED, session(again.connection).earlyData());
        assertTrue(again.connection.handshakeNanos() > 0);
        assertEquals("fine", send(again.connection, "GET", "/").text());
        assertEquals(List.of("GET early", "GET"), asked);
      }
    }
  }

  // RFC 8470 §4
  @Test
  void whatChangesSomethingWaitsForTheHandshake() throws Exception {
    try (Loopback loopback = loopback(tls())) {
      visit(loopback, loopback.origin());
      try (Return again = new Return(loopback)) {
        Answer post = send(again.connection, "POST", "/");
        Answer get = send(again.connection, "GET", "/");
        again.answersAfter(() -> !asked.isEmpty());
        assertEquals("fine", post.text());
        assertEquals("fine", get.text());
        assertEquals(List.of("GET early", "POST"), asked);
      }
    }
  }

  // RFC 9001 §4.6.2
  @Test
  void whatTheServerDoesNotTakeIsSentAgain() throws Exception {
    try (Loopback loopback = loopback(tls())) {
      visit(loopback, loopback.origin());
    }
    try (Loopback other = loopback(Loopback.serverTls().ticketKeys(keys).build());
        Return again = new Return(other)) {
      int before = again.relay.recorded().size();
      Answer answer = send(again.connection, "GET", "/");
      again.answersAfter(() -> again.relay.recorded().size() > before);
      assertEquals("fine", answer.text());
      assertEquals(List.of("GET"), asked);
      assertTrue(session(again.connection).resumed());
      assertEquals(EarlyData.REFUSED, session(again.connection).earlyData());
    }
  }

  // RFC 8470 §5.2
  @Test
  void tooEarlyIsNotTheLastWord() throws Exception {
    try (Loopback loopback = loopback(tls())) {
      visit(loopback, loopback.origin());
      try (Return again = new Return(loopback)) {
        Answer answer = send(again.connection, "GET", "/careful");
        again.answersAfter(() -> !asked.isEmpty());
        assertEquals(200, answer.head().status());
        assertEquals("fine", answer.text());
        assertEquals(List.of("GET early", "GET"), asked);
      }
    }
  }

  // RFC 8470 §5.2: whatever the client thinks, the server does not act on such a request.
  @Test
  void anUnsafeRequestIsTooEarly() throws Exception {
    try (Loopback loopback = loopback(tls())) {
      visit(loopback, loopback.origin());
      try (Return again = new Return(loopback)) {
        CompletableFuture<CharSequence> status = new CompletableFuture<>();
        QuicStreamChannel stream =
            Http3.newRequestStream(again.channel(), new Recorder(status)).sync().getNow();
        stream
            .writeAndFlush(
                new DefaultHttp3HeadersFrame(
                    new DefaultHttp3Headers()
                        .method("POST")
                        .scheme("https")
                        .authority("127.0.0.1")
                        .path("/")))
            .sync();
        // What is early behind it shows that it was early.
        send(again.connection, "GET", "/");
        again.answersAfter(() -> !asked.isEmpty());
        assertEquals("425", status.get(20, TimeUnit.SECONDS).toString());
        assertEquals(List.of("GET early"), asked);
      }
    }
  }

  private static final class Recorder extends Http3RequestStreamInboundHandler {
    private final CompletableFuture<CharSequence> status;

    Recorder(CompletableFuture<CharSequence> status) {
      this.status = status;
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      status.complete(frame.headers().status());
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      frame.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {}
  }

  // What goes early to an address where nobody is goes to the next.
  @Test
  void anAddressThatDoesNotAnswerIsGivenUp() throws Exception {
    try (Loopback loopback = loopback(tls())) { // on 127.0.0.1 only
      Origin localhost = new Origin("localhost", loopback.origin().port());
      visit(loopback, localhost);
      Http3Client client = client(loopback);
      client.prefer(localhost, InetAddress.ofLiteral("::1"));
      ClientConnection connection = connect(client, localhost);
      assertEquals("fine", send(connection, "GET", "/").text());
      assertEquals(1, asked.size());
    }
  }

  // RFC 9001 §9.2, RFC 8446 §8
  @Test
  void aReplayedFlightIsNotAnswered() throws Exception {
    try (Loopback loopback = loopback(tls())) {
      visit(loopback, loopback.origin());
      try (Return again = new Return(loopback)) {
        Answer answer = send(again.connection, "GET", "/");
        again.answersAfter(() -> !asked.isEmpty());
        assertEquals("fine", answer.text());
        assertEquals(List.of("GET early"), asked);
        close(again.client);
        replay(again.relay.recorded(), loopback.server.localAddress());
      }
      // All loops have been at it once more.
      for (int i = 0; i < 4; i++) {
        Http3Client another = client(loopback);
        assertEquals("fine", send(connect(another, loopback.origin()), "GET", "/").text());
      }
      assertEquals(5, asked.size(), asked::toString);
    }
  }

  /** Sends it from another address until the server has answered it. */
  private static void replay(List<byte[]> flight, InetSocketAddress server) throws Exception {
    try (DatagramSocket thief = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
      thief.setSoTimeout(200);
      byte[] buffer = new byte[2_000];
      for (int attempts = 0; attempts < 200; attempts++) {
        for (byte[] datagram : flight) {
          thief.send(new DatagramPacket(datagram, datagram.length, server));
        }
        try {
          thief.receive(new DatagramPacket(buffer, buffer.length));
          return;
        } catch (SocketTimeoutException e) {
          // As long as the server remembers the connection it takes nothing from elsewhere.
        }
      }
      throw new AssertionError("no answer to the replay");
    }
  }
}
