package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Priorities on HTTP/2 (RFC 9218 §5, §7.1), as far as the client's windows let them be seen. */
@Timeout(60)
final class Http2PriorityTest {
  private static final int WINDOW = 65_535; // RFC 9113 §6.9.2
  private static final int SETTINGS_NO_RFC7540_PRIORITIES = 9;

  private final Map<String, CompletableFuture<ServerExchange>> exchanges =
      new ConcurrentHashMap<>();
  private HttpsLoopback loopback;
  private RawHttp2 client;

  @BeforeEach
  void start() throws Exception {
    loopback =
        new HttpsLoopback(exchange -> exchange(exchange.request().path()).complete(exchange));
    client = new RawHttp2(loopback);
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    loopback.close();
  }

  private CompletableFuture<ServerExchange> exchange(String path) {
    return exchanges.computeIfAbsent(path, ignored -> new CompletableFuture<>());
  }

  private ServerExchange request(int streamId, String path, String priority) throws Exception {
    Http2Headers headers = RawHttp2.request("GET", path);
    if (!priority.isEmpty()) {
      headers.add("priority", priority);
    }
    client.head(streamId, RawHttp2.END_STREAM, headers).flush();
    return exchange(path).get(20, TimeUnit.SECONDS);
  }

  private static void answer(int bytes, ServerExchange... exchanges) throws Exception {
    exchanges[0]
        .loop()
        .submit(
            () -> {
              for (ServerExchange each : exchanges) {
                each.respond(ResponseHead.of(200), Unpooled.wrappedBuffer(new byte[bytes]));
              }
            })
        .get(20, TimeUnit.SECONDS);
  }

  private static QuicStreamPriority priority(ServerExchange exchange) throws Exception {
    return exchange.loop().submit(exchange::appliedPriority).get(20, TimeUnit.SECONDS);
  }

  private static byte[] update(int streamId, String value) {
    byte[] text = value.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(4 + text.length).putInt(streamId).put(text).array();
  }

  private void sendUpdate(int streamId, String value) throws Exception {
    client.frame(RawHttp2.PRIORITY_UPDATE, 0, 0, update(streamId, value));
    ping();
  }

  /** Waits until the server has read everything so far; only for when it sends no data. */
  private void ping() throws Exception {
    client.frame(RawHttp2.PING, 0, 0, new byte[8]).flush();
    client.await(frame -> frame.type() == RawHttp2.PING && frame.has(RawHttp2.ACK));
  }

  private void credit(int bytes, int... streamIds) throws Exception {
    byte[] increment = ByteBuffer.allocate(4).putInt(bytes).array();
    for (int streamId : streamIds) {
      client.frame(RawHttp2.WINDOW_UPDATE, 0, streamId, increment);
    }
    client.flush();
  }

  /** Whose data comes, until so many bytes have: a stream ID for each run of frames. */
  private List<Integer> read(int bytes) throws Exception {
    List<Integer> order = new ArrayList<>();
    for (int read = 0; read < bytes; ) {
      RawHttp2.Frame data = client.await(RawHttp2.DATA);
      read += data.payload().length;
      if (order.isEmpty() || order.getLast() != data.streamId()) {
        order.add(data.streamId());
      }
    }
    return order;
  }

  @Test
  void saysThatDependenciesAreNotUsed() throws Exception {
    RawHttp2.Frame settings = client.await(RawHttp2.SETTINGS);
    ByteBuffer payload = ByteBuffer.wrap(settings.payload());
    boolean said = false;
    while (payload.hasRemaining()) {
      int setting = payload.getShort();
      int value = payload.getInt();
      said |= setting == SETTINGS_NO_RFC7540_PRIORITIES && value == 1;
    }
    assertTrue(said, () -> Arrays.toString(settings.payload())); // RFC 9218 §2.1
  }

  /** A response on stream 1 uses up the connection's credit and all of its own. */
  private void useUpTheWindow() throws Exception {
    answer(1_000_000, request(1, "/bulk", ""));
    assertEquals(List.of(1), read(WINDOW));
  }

  @Test
  void theFieldDecidesWhoseDataComesFirst() throws Exception {
    useUpTheWindow();
    ServerExchange low = request(3, "/low", "u=5");
    ServerExchange high = request(5, "/high", "u=1");
    assertEquals(new QuicStreamPriority(1, false), priority(high));
    answer(1_000_000, low, high);
    credit(WINDOW, 0);
    assertEquals(List.of(5), read(WINDOW));
    credit(20_000, 0);
    assertEquals(List.of(3), read(20_000)); // the urgent one has no credit of its own
    credit(20_000, 5, 0);
    assertEquals(List.of(5), read(20_000));
  }

  @Test
  void incrementalEqualsShare() throws Exception {
    useUpTheWindow();
    answer(1_000_000, request(3, "/first", "i"), request(5, "/second", "i"));
    credit(WINDOW, 0);
    assertTrue(read(WINDOW).size() >= WINDOW / ScheduledByteDistributor.MAX_FRAME_BYTES);
  }

  @Test
  void anUpdateRaisesAResponseUnderWay() throws Exception {
    ServerExchange first = request(1, "/first", "u=3");
    ServerExchange second = request(3, "/second", "u=4");
    answer(1_000_000, first, second);
    assertEquals(List.of(1), read(WINDOW));
    sendUpdate(3, "u=0");
    credit(30_000, 1, 3, 0);
    assertEquals(List.of(3), read(30_000));
  }

  @Test
  void anUpdateThatCameFirstOverridesTheField() throws Exception {
    sendUpdate(1, "u=2, i");
    assertEquals(new QuicStreamPriority(2, true), priority(request(1, "/", "u=7")));
  }

  @Test
  void anUpdateThatComesTooLateIsIgnored() throws Exception {
    answer(10, request(3, "/", ""));
    client.await(frame -> frame.type() == RawHttp2.DATA && frame.has(RawHttp2.END_STREAM));
    sendUpdate(3, "u=1"); // closed
    sendUpdate(1, "u=1"); // closed by the opening of a higher one, RFC 9113 §5.1.1
    assertEquals(PriorityField.DEFAULT, priority(request(5, "/next", "")));
  }

  @Test
  void theResponsesFieldIsMergedWithTheRequests() throws Exception {
    ServerExchange exchange = request(1, "/", "u=5, i");
    exchange
        .loop()
        .submit(
            () -> {
              ResponseHead head = ResponseHead.of(200);
              head.fields().add("priority", "u=1");
              exchange.respond(head, Unpooled.wrappedBuffer(new byte[1_000_000]));
            })
        .get(20, TimeUnit.SECONDS);
    assertEquals(new QuicStreamPriority(1, true), priority(exchange)); // RFC 9218 §8
  }

  // RFC 9113 §5.2.1: what flow control does not govern is not held up by what it does.
  @Test
  void dataThatWaitsForCreditHoldsUpNoOtherFrames() throws Exception {
    answer(1_000_000, request(1, "/bulk", "u=0"));
    assertEquals(List.of(1), read(WINDOW));
    ping();
    ServerExchange other = request(3, "/other", "u=7");
    answer(1_000, other);
    assertEquals(3, client.await(RawHttp2.HEADERS).streamId());
    ServerExchange empty = request(5, "/empty", "u=7");
    answer(0, empty);
    assertTrue(client.await(frame -> frame.streamId() == 5 && frame.has(1)).has(1));
  }

  private static Arguments fault(String what, Http2Error code, int streamId, byte[] payload) {
    return Arguments.of(what, code, streamId, payload);
  }

  // RFC 9218 §7, §7.1; RFC 9113 §4.2
  static List<Arguments> faults() {
    return List.of(
        fault("on a stream", Http2Error.PROTOCOL_ERROR, 1, update(3, "u=1")),
        fault("truncated", Http2Error.FRAME_SIZE_ERROR, 0, new byte[3]),
        fault("for the connection", Http2Error.PROTOCOL_ERROR, 0, update(0, "u=1")),
        fault("for a push never promised", Http2Error.PROTOCOL_ERROR, 0, update(2, "u=1")),
        fault("unreadable", Http2Error.PROTOCOL_ERROR, 0, update(1, "u=,")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void aFaultyUpdateEndsTheConnection(String what, Http2Error code, int streamId, byte[] payload)
      throws Exception {
    request(1, "/", ""); // frames of streams that do not exist the codec drops by itself
    client.frame(RawHttp2.PRIORITY_UPDATE, 0, streamId, payload).flush();
    assertEquals(code.code(), client.await(RawHttp2.GOAWAY).errorCode());
  }

  // RFC 9218 §7.1: streams prioritised and idle, and active ones, within the limit together.
  @Test
  void endsTheConnectionOfWhoPrioritisesMoreStreamsThanItMayOpen() throws Exception {
    int limit = HttpsConfig.DEFAULT.maxConcurrentStreams();
    request(1, "/", "");
    for (int i = 1; i < limit; i++) {
      client.frame(RawHttp2.PRIORITY_UPDATE, 0, 0, update(2 * i + 1, "u=1"));
    }
    ping();
    client.frame(RawHttp2.PRIORITY_UPDATE, 0, 0, update(2 * limit + 1, "u=1")).flush();
    assertEquals(Http2Error.PROTOCOL_ERROR.code(), client.await(RawHttp2.GOAWAY).errorCode());
  }

  // RFC 9113 §10.5
  @Test
  void endsTheConnectionOfWhoChangesItsMindWithoutEnd() throws Exception {
    request(1, "/", "");
    for (int i = 0; i <= 3 * PriorityUpdates.BURST; i++) {
      client.frame(RawHttp2.PRIORITY_UPDATE, 0, 0, update(1, "u=" + i % 8));
    }
    client.flush();
    assertEquals(Http2Error.ENHANCE_YOUR_CALM.code(), client.await(RawHttp2.GOAWAY).errorCode());
  }
}
