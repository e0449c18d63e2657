package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.netty.ConnectionClosedEvent;
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

  private void assertClosedFor(Http3ErrorCode code, long frameType, ByteBuf payload)
      throws Exception {
    CompletableFuture<ConnectionClosedEvent> closed = new CompletableFuture<>();
    channel()
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
    sendOnControlStream(frameType, payload);
    ConnectionClosedEvent event = closed.get(20, TimeUnit.SECONDS);
    assertTrue(event.reason().application());
    assertEquals(code.code(), event.reason().code());
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

  @Test
  void survivesAFloodOfUpdatesForStreamsThatNeverCome() throws Exception {
    for (int i = 1; i <= 4 * PriorityUpdates.MAX_WAITING; i++) {
      sendOnControlStream(0xF0700, update(4L * i, "u=1"));
    }
    assertEquals(new QuicStreamPriority(5, false), priority(request("/a", "u=5")));
  }
}
