package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.ConnectionClosedEvent;
import dev.memux.netty.MuxQuicStreamChannel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http3.DefaultHttp3UnknownFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Priorities from the field and from frames (RFC 9218 §5, §7). */
@Timeout(60)
final class PriorityTest {
  private final Map<String, CompletableFuture<ServerExchange>> exchanges =
      new ConcurrentHashMap<>();
  private Loopback loopback;
  private ClientConnection connection;

  @BeforeEach
  void start() throws Exception {
    loopback = new Loopback(exchange -> exchange(exchange.request().path()).complete(exchange));
    connection = loopback.connect();
  }

  @AfterEach
  void stop() {
    loopback.close();
  }

  private CompletableFuture<ServerExchange> exchange(String path) {
    return exchanges.computeIfAbsent(path, ignored -> new CompletableFuture<>());
  }

  private ServerExchange request(String path, String priority) throws Exception {
    RequestHead head = RequestHead.get(loopback.origin().authority(), path);
    if (priority != null) {
      head.fields().add("priority", priority);
    }
    connection.send(head, new Answer());
    return exchange(path).get(20, TimeUnit.SECONDS);
  }

  private static QuicStreamPriority priority(ServerExchange exchange) throws Exception {
    return exchange.loop().submit(exchange::appliedPriority).get(20, TimeUnit.SECONDS);
  }

  private QuicChannel channel() {
    return loopback.clientChannels.element();
  }

  private void sendOnControlStream(long frameType, ByteBuf payload) throws Exception {
    QuicStreamChannel control = Http3.getLocalControlStream(channel());
    assertNotNull(control);
    control.writeAndFlush(new DefaultHttp3UnknownFrame(frameType, payload)).sync();
  }

  private static ByteBuf update(long streamId, String value) {
    ByteBuf payload = Unpooled.buffer();
    payload.writeInt((int) streamId | 0x8000_0000); // RFC 9000 §16, four bytes
    payload.writeCharSequence(value, StandardCharsets.US_ASCII);
    return payload;
  }

  private void await(ServerExchange exchange, QuicStreamPriority expected) throws Exception {
    long end = System.nanoTime() + Loopback.PATIENCE.toNanos();
    while (!expected.equals(priority(exchange)) && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertEquals(expected, priority(exchange));
  }

  @Test
  void appliesTheField() throws Exception {
    assertEquals(new QuicStreamPriority(1, true), priority(request("/a", "u=1, i")));
    assertEquals(PriorityField.DEFAULT, priority(request("/none", null)));
    assertEquals(PriorityField.DEFAULT, priority(request("/broken", "u=")));
  }

  @Test
  void appliesUpdatesWhileTheResponseIsUnderWay() throws Exception {
    ServerExchange exchange = request("/a", "u=5");
    assertEquals(new QuicStreamPriority(5, false), priority(exchange));
    sendOnControlStream(0xF0700, update(0, "u=0, i"));
    await(exchange, new QuicStreamPriority(0, true));
    sendOnControlStream(0xF0700, update(0, ""));
    await(exchange, PriorityField.DEFAULT); // RFC 9218 §7: what is left out means its default
  }

  @Test
  void letsAnUpdateThatCameFirstOverrideTheField() throws Exception {
    request("/first", null);
    sendOnControlStream(0xF0700, update(4, "u=2"));
    sendOnControlStream(0xF0700, update(0, "u=6")); // known to have arrived when this one has
    await(exchange("/first").join(), new QuicStreamPriority(6, false));
    assertEquals(new QuicStreamPriority(2, false), priority(request("/second", "u=7")));
  }

  @Test
  void prefersWhatTheClientSaidToTheServersDefault() throws Exception {
    ServerExchange said = request("/said", "u=1");
    ServerExchange silent = request("/silent", null);
    QuicStreamPriority byDefault = new QuicStreamPriority(4, true);
    said.loop()
        .submit(
            () -> {
              said.priorityByDefault(byDefault);
              silent.priorityByDefault(byDefault);
            })
        .get();
    assertEquals(new QuicStreamPriority(1, false), priority(said));
    assertEquals(byDefault, priority(silent));
  }

  private static CompletableFuture<ConnectionClosedEvent> closed(QuicChannel channel) {
    CompletableFuture<ConnectionClosedEvent> closed = new CompletableFuture<>();
    channel
        .pipeline()
        .addLast(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                if (event instanceof ConnectionClosedEvent end) {
                  closed.complete(end);
                }
              }
            });
    return closed;
  }

  private static void assertClosed(
      CompletableFuture<ConnectionClosedEvent> closed, Http3ErrorCode code) throws Exception {
    ConnectionClosedEvent event = closed.get(20, TimeUnit.SECONDS);
    assertTrue(event.reason().application());
    assertEquals(code.code(), event.reason().code());
  }

  private void assertClosedFor(Http3ErrorCode code, long frameType, ByteBuf payload)
      throws Exception {
    CompletableFuture<ConnectionClosedEvent> closed = closed(channel());
    sendOnControlStream(frameType, payload);
    assertClosed(closed, code);
  }

  // RFC 9218 §7
  @Test
  void closesTheConnectionForAnUpdateThatDoesNotParse() throws Exception {
    assertClosedFor(Http3ErrorCode.H3_GENERAL_PROTOCOL_ERROR, 0xF0700, update(0, "u=,"));
  }

  // RFC 9218 §7.2
  @Test
  void closesTheConnectionForAnUpdateOfAStreamThatIsNoRequest() throws Exception {
    assertClosedFor(Http3ErrorCode.H3_ID_ERROR, 0xF0700, update(2, "u=1"));
  }

  // RFC 9218 §7.2
  @Test
  void closesTheConnectionForAnUpdateOfAPush() throws Exception {
    assertClosedFor(Http3ErrorCode.H3_ID_ERROR, 0xF0701, update(0, "u=1"));
  }

  // RFC 9114 §7.1
  @Test
  void closesTheConnectionForATruncatedUpdate() throws Exception {
    assertClosedFor(
        Http3ErrorCode.H3_FRAME_ERROR, 0xF0700, Unpooled.wrappedBuffer(new byte[] {(byte) 0x80}));
  }

  // RFC 9218 §7.2
  @Test
  void closesTheConnectionForAnUpdateOfAStreamAboveTheLimit() throws Exception {
    long limit = 4 * QuicConfig.DEFAULT.mux().maxBidiStreams();
    sendOnControlStream(0xF0700, update(limit - 4, "u=1"));
    assertClosedFor(Http3ErrorCode.H3_ID_ERROR, 0xF0700, update(limit, "u=1"));
  }

  // RFC 9218 §7.2
  @Test
  void closesTheConnectionForAnUpdateOutsideTheControlStream() throws Exception {
    CompletableFuture<ConnectionClosedEvent> closed = closed(channel());
    request("/open", null);
    QuicStreamChannel stream =
        Http3.newRequestStream(channel(), new ChannelInboundHandlerAdapter()).sync().getNow();
    stream.writeAndFlush(new DefaultHttp3UnknownFrame(0xF0700, update(0, "u=1")));
    assertClosed(closed, Http3ErrorCode.H3_FRAME_UNEXPECTED);
  }

  // RFC 9218 §7.2
  @ParameterizedTest
  @ValueSource(longs = {0xF0700, 0xF0701})
  void closesTheConnectionOfAServerThatSendsUpdates(long frameType) throws Exception {
    request("/", null);
    QuicChannel server = loopback.serverChannels.element();
    CompletableFuture<ConnectionClosedEvent> closed = closed(server);
    QuicStreamChannel control = Http3.getLocalControlStream(server);
    control.writeAndFlush(new DefaultHttp3UnknownFrame(frameType, update(0, "u=1")));
    assertClosed(closed, Http3ErrorCode.H3_FRAME_UNEXPECTED);
  }

  @Test
  void ignoresAnUpdateThatComesTooLate() throws Exception {
    ServerExchange exchange = request("/", null);
    CompletableFuture<Void> over = new CompletableFuture<>();
    exchange
        .loop()
        .execute(
            () -> {
              exchange.onDelivered(() -> over.complete(null));
              exchange.respond(ResponseHead.of(200), Unpooled.EMPTY_BUFFER);
            });
    over.get(20, TimeUnit.SECONDS);
    sendOnControlStream(0xF0700, update(0, "u=1"));
    assertEquals(PriorityField.DEFAULT, priority(request("/next", null)));
  }

  // RFC 9218 §8
  @Test
  void mergesTheResponsesFieldWithTheRequests() throws Exception {
    ServerExchange exchange = request("/", "u=5, i");
    respond(exchange, "u=1");
    assertEquals(new QuicStreamPriority(1, true), priority(exchange));
    sendOnControlStream(0xF0700, update(0, "u=6"));
    await(exchange, new QuicStreamPriority(6, false)); // the newest word
  }

  @Test
  void ignoresAResponsesFieldThatDoesNotParse() throws Exception {
    ServerExchange exchange = request("/", "u=5, i");
    respond(exchange, "u=,");
    assertEquals(new QuicStreamPriority(5, true), priority(exchange));
  }

  @Test
  void letsTheServerDecideForGood() throws Exception {
    ServerExchange ruled = request("/", "u=0");
    ServerExchange other = request("/other", "u=0");
    QuicStreamPriority last = new QuicStreamPriority(7, true);
    ruled.loop().submit(() -> ruled.priority(last)).get();
    assertEquals(last, priority(ruled));
    respond(ruled, "u=1");
    sendOnControlStream(0xF0700, update(0, "u=1"));
    sendOnControlStream(0xF0700, update(4, "u=2"));
    await(other, new QuicStreamPriority(2, false)); // so the one before it has arrived too
    assertEquals(last, priority(ruled));
    assertEquals(
        new QuicStreamPriority(1, false),
        ruled.loop().submit(ruled::clientPriority).get(),
        "what the client says is still known");
  }

  private static void respond(ServerExchange exchange, String priority) throws Exception {
    ResponseHead head = ResponseHead.of(200);
    head.fields().add("priority", priority);
    exchange.loop().submit(() -> exchange.respond(head)).get();
  }

  // RFC 9218 §7: what is kept is bounded, and the latest for each stream is enough.
  @Test
  void survivesUpdatesForStreamsThatNeverCome() throws Exception {
    for (int i = 1; i <= PriorityUpdates.BURST / 2; i++) {
      long streamId = 4L * (i % QuicConfig.DEFAULT.mux().maxBidiStreams());
      sendOnControlStream(0xF0700, update(Math.max(4, streamId), "u=1"));
    }
    assertEquals(new QuicStreamPriority(5, false), priority(request("/a", "u=5")));
  }

  // RFC 9114 §10.5
  @Test
  void closesTheConnectionOfWhoChangesItsMindWithoutEnd() throws Exception {
    request("/", null);
    CompletableFuture<ConnectionClosedEvent> closed = closed(channel());
    QuicStreamChannel control = Http3.getLocalControlStream(channel());
    for (int i = 0; i <= 3 * PriorityUpdates.BURST; i++) {
      control.write(new DefaultHttp3UnknownFrame(0xF0700, update(0, "u=" + i % 8)));
    }
    control.flush();
    assertClosed(closed, Http3ErrorCode.H3_EXCESSIVE_LOAD);
  }

  // The client's side.

  private ClientExchange send(String path) {
    return connection.send(RequestHead.get(loopback.origin().authority(), path), new Answer());
  }

  @Test
  void theClientTellsChangesWhileTheResponseIsUnderWay() throws Exception {
    ClientExchange exchange = send("/");
    ServerExchange served = exchange("/").get(20, TimeUnit.SECONDS);
    assertEquals(PriorityField.DEFAULT, priority(served));
    exchange.updatePriority(new QuicStreamPriority(1, true));
    await(served, new QuicStreamPriority(1, true));
    exchange.updatePriority(PriorityField.DEFAULT);
    await(served, PriorityField.DEFAULT);
  }

  @Test
  void theClientSaysItInTheFieldWhileTheRequestWaits() throws Exception {
    ClientExchange exchange = send("/");
    exchange.updatePriority(new QuicStreamPriority(6, false)); // before the stream is open
    ServerExchange served = exchange("/").get(20, TimeUnit.SECONDS);
    await(served, new QuicStreamPriority(6, false));
  }

  @Test
  void ofManyChangesTheClientSendsTheNewest() throws Exception {
    ClientExchange exchange = send("/");
    ServerExchange served = exchange("/").get(20, TimeUnit.SECONDS);
    long before = sentOnControlStream();
    channel()
        .eventLoop()
        .submit(
            () -> {
              for (int i = 0; i < 10_000; i++) {
                exchange.updatePriority(new QuicStreamPriority(i % 7, true));
              }
              exchange.updatePriority(new QuicStreamPriority(7, true));
            })
        .get();
    await(served, new QuicStreamPriority(7, true));
    assertTrue(sentOnControlStream() - before < 100, "more frames than needed");
    exchange.updatePriority(new QuicStreamPriority(7, true));
    exchange.updatePriority(new QuicStreamPriority(2, true));
    await(served, new QuicStreamPriority(2, true));
  }

  /** Bytes that the server has taken of our control stream. */
  private long sentOnControlStream() throws Exception {
    MuxQuicStreamChannel control = (MuxQuicStreamChannel) Http3.getLocalControlStream(channel());
    long end = System.nanoTime() + Loopback.PATIENCE.toNanos();
    long acked;
    do {
      acked = control.eventLoop().submit(control::ackedBytes).get();
    } while (acked == 0 && System.nanoTime() < end);
    return acked;
  }
}
