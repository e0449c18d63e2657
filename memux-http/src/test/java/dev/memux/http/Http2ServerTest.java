package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/2 frame by frame (RFC 9113), and what a client may not do. */
@Timeout(60)
final class Http2ServerTest {
  private final AtomicInteger handled = new AtomicInteger();

  private void answer(ServerExchange exchange) {
    handled.incrementAndGet();
    exchange.respond(
        ResponseHead.of(200),
        Unpooled.copiedBuffer(exchange.request().path(), StandardCharsets.US_ASCII));
  }

  private static int awaitGoAway(RawHttp2 client) throws IOException {
    return client.await(RawHttp2.GOAWAY).errorCode();
  }

  @Test
  void announcesTheEndThenNamesTheLastStream() throws Exception {
    CompletableFuture<ServerExchange> taken = new CompletableFuture<>();
    try (HttpsLoopback loopback = new HttpsLoopback(taken::complete);
        RawHttp2 client = new RawHttp2(loopback)) {
      client.get(1, "/").flush();
      ServerExchange exchange = taken.get(20, TimeUnit.SECONDS);
      var drained = loopback.service.drain(Duration.ofSeconds(30)).toCompletableFuture();
      assertEquals(Integer.MAX_VALUE, client.await(RawHttp2.GOAWAY).lastStreamId()); // §6.8
      RawHttp2.Frame last = client.await(RawHttp2.GOAWAY);
      assertEquals(1, last.lastStreamId());
      assertEquals(Http2Error.NO_ERROR.code(), last.errorCode());
      exchange.loop().execute(() -> answer(exchange));
      assertEquals("200", client.awaitStatus());
      client.awaitEnd();
      drained.get(20, TimeUnit.SECONDS);
    }
  }

  // RFC 9113 §10.5: opening and resetting streams makes work that no limit of streams bounds.
  @Test
  void endsTheConnectionOfWhoResetsWithoutEnd() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(exchange -> handled.incrementAndGet());
        RawHttp2 client = new RawHttp2(loopback)) {
      for (int i = 0; i <= Http2ServerConnection.MAX_RESETS; i++) {
        client.get(2 * i + 1, "/").reset(2 * i + 1);
      }
      client.flush();
      assertEquals(Http2Error.ENHANCE_YOUR_CALM.code(), awaitGoAway(client));
      assertTrue(handled.get() <= Http2ServerConnection.MAX_RESETS + 1);
    }
  }

  // RFC 9113 §10.5: each wants an answer.
  @ParameterizedTest
  @ValueSource(ints = {RawHttp2.PING, RawHttp2.SETTINGS})
  void endsTheConnectionOfWhoWantsAnswersWithoutEnd(int type) throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(this::answer);
        RawHttp2 client = new RawHttp2(loopback)) {
      for (int i = 0; i <= Http2ServerConnection.MAX_ANSWERED_FRAMES; i++) {
        client.frame(type, 0, 0, new byte[type == RawHttp2.PING ? 8 : 0]);
      }
      client.flush();
      assertEquals(Http2Error.ENHANCE_YOUR_CALM.code(), awaitGoAway(client));
    }
  }

  @Test
  void answersAPing() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(this::answer);
        RawHttp2 client = new RawHttp2(loopback)) {
      client.frame(RawHttp2.PING, 0, 0, "12345678".getBytes(StandardCharsets.US_ASCII)).flush();
      RawHttp2.Frame pong = client.await(RawHttp2.PING);
      assertTrue(pong.has(RawHttp2.ACK));
      assertEquals("12345678", new String(pong.payload(), StandardCharsets.US_ASCII));
    }
  }

  // RFC 9113 §10.5: a frame that brings nothing costs us as much as one that does.
  @Test
  void endsTheConnectionOfWhoSendsEmptyDataWithoutEnd() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(Echo::answerWhenComplete);
        RawHttp2 client = new RawHttp2(loopback)) {
      client.head(1, 0, RawHttp2.request("POST", "/"));
      for (int i = 0; i <= Http2ServerConnection.MAX_EMPTY_DATA_FRAMES + 1; i++) {
        client.frame(RawHttp2.DATA, 0, 1, new byte[0]);
      }
      client.flush();
      assertEquals(Http2Error.ENHANCE_YOUR_CALM.code(), awaitGoAway(client));
    }
  }

  // RFC 9113 §5.1.2
  @Test
  void refusesMoreStreamsThanItAllows() throws Exception {
    CountDownLatch full = new CountDownLatch(HttpsConfig.DEFAULT.maxConcurrentStreams());
    try (HttpsLoopback loopback = new HttpsLoopback(exchange -> full.countDown());
        RawHttp2 client = new RawHttp2(loopback)) {
      int limit = HttpsConfig.DEFAULT.maxConcurrentStreams();
      for (int i = 0; i <= limit; i++) {
        client.get(2 * i + 1, "/");
      }
      client.flush();
      assertTrue(full.await(20, TimeUnit.SECONDS));
      RawHttp2.Frame refused = client.await(RawHttp2.RST_STREAM);
      assertEquals(2 * limit + 1, refused.streamId());
      assertEquals(Http2Error.REFUSED_STREAM.code(), refused.errorCode());
    }
  }

  // RFC 9113 §10.5.1, §6.5.2: headers are held in memory before anyone can look at them.
  @Test
  void refusesFieldsAboveTheLimits() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(this::answer);
        RawHttp2 client = new RawHttp2(loopback)) {
      Http2Headers many = RawHttp2.request("GET", "/");
      for (int i = 0; i <= RequestRules.MAX_FIELDS; i++) {
        many.add("x", "y");
      }
      client.head(1, RawHttp2.END_STREAM, many).get(3, "/fine").flush();
      RawHttp2.Frame reset = client.await(RawHttp2.RST_STREAM);
      assertEquals(1, reset.streamId());
      assertEquals(Http2Error.PROTOCOL_ERROR.code(), reset.errorCode());
      client.await(frame -> frame.type() == RawHttp2.HEADERS && frame.streamId() == 3);
      assertEquals(1, handled.get());
    }
  }

  // RFC 9113 §8.2, §8.3, §10.3: what would be another request once it is carried on by HTTP/1.1.
  @ParameterizedTest
  @ValueSource(
      strings = {
        ":method=GET / HTTP/1.1",
        ":path=",
        ":path=nowhere",
        ":path=/a b",
        ":path=/a\r\nx: y",
        ":path=/a#b",
        ":path=*",
        ":authority=",
        ":authority=a@b",
        ":authority=a/b",
        "host=other",
        "x=a\r\nb: c",
        "x=a\u0000b",
        "x y=a",
        "connection=close",
        "transfer-encoding=chunked",
        "upgrade=x",
        "te=gzip",
      })
  void resetsStreamsWhoseHeadIsMalformed(String field) throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(this::answer);
        RawHttp2 client = new RawHttp2(loopback)) {
      int equals = field.indexOf('=', 1);
      Http2Headers headers = RawHttp2.request("GET", "/");
      headers.set(field.substring(0, equals), field.substring(equals + 1));
      client.head(1, RawHttp2.END_STREAM, headers).get(3, "/fine").flush();
      RawHttp2.Frame reset =
          client.await(
              frame -> frame.type() == RawHttp2.RST_STREAM || frame.type() == RawHttp2.GOAWAY);
      assertEquals(Http2Error.PROTOCOL_ERROR.code(), reset.errorCode());
      assertTrue(handled.get() <= 1);
    }
  }

  // RFC 9113 §8.1.1: content-length and DATA must agree.
  @Test
  void resetsAStreamWhoseBodyHasAnotherLength() throws Exception {
    CompletableFuture<HttpException> failed = new CompletableFuture<>();
    try (HttpsLoopback loopback =
            new HttpsLoopback(
                exchange -> {
                  exchange
                      .requestBody()
                      .listen(
                          new BodyListener() {
                            @Override
                            public void onData(ByteBuf data) {
                              data.release();
                              exchange.requestBody().read();
                            }

                            @Override
                            public void onEnd() {
                              failed.completeExceptionally(new AssertionError("complete"));
                            }

                            @Override
                            public void onFailure(HttpException failure) {
                              failed.complete(failure);
                            }
                          });
                  exchange.requestBody().read();
                });
        RawHttp2 client = new RawHttp2(loopback)) {
      Http2Headers head = RawHttp2.request("POST", "/").add("content-length", "5");
      client.head(1, 0, head).frame(RawHttp2.DATA, RawHttp2.END_STREAM, 1, new byte[3]).flush();
      assertEquals(Http2Error.PROTOCOL_ERROR.code(), client.await(RawHttp2.RST_STREAM).errorCode());
      failed.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void givesTheClientNoCreditForWhatNobodyReads() throws Exception {
    CompletableFuture<ServerExchange> taken = new CompletableFuture<>();
    try (HttpsLoopback loopback =
            new HttpsLoopback(
                exchange -> {
                  if (!taken.complete(exchange)) {
                    answer(exchange);
                  }
                });
        RawHttp2 client = new RawHttp2(loopback)) {
      client.head(1, 0, RawHttp2.request("POST", "/"));
      for (int sent = 0; sent < Http2ServerConnection.STREAM_WINDOW_BYTES; sent += 16_384) {
        client.frame(RawHttp2.DATA, 0, 1, new byte[16_384]);
      }
      client.get(3, "/other").flush();
      taken.get(20, TimeUnit.SECONDS);
      assertEquals("200", client.awaitStatus(), "others go on meanwhile");
      ServerExchange exchange = taken.join();
      exchange.loop().execute(() -> exchange.requestBody().listen(new Drain(exchange)));
      exchange.requestBody().read();
      RawHttp2.Frame credit =
          client.await(frame -> frame.type() == RawHttp2.WINDOW_UPDATE && frame.streamId() == 1);
      assertTrue(ByteBuffer.wrap(credit.payload()).getInt() > 0);
      client.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 1, new byte[1]).flush();
      assertEquals("204", client.awaitStatus());
    }
  }

  /** Reads all of it, then answers. */
  private record Drain(ServerExchange exchange) implements BodyListener {
    @Override
    public void onData(ByteBuf data) {
      data.release();
      exchange.requestBody().read();
    }

    @Override
    public void onEnd() {
      exchange.respond(ResponseHead.of(204)).finish();
    }

    @Override
    public void onFailure(HttpException failure) {
      exchange.reset(HttpErrorCode.REQUEST_CANCELLED);
    }
  }

  @Test
  void carriesInterimResponsesAndTrailers() throws Exception {
    try (HttpsLoopback loopback =
            new HttpsLoopback(
                exchange -> {
                  exchange.inform(ResponseHead.of(103).with("link", "</a>"));
                  exchange.respond(ResponseHead.of(200)).finish(new HttpFields().add("x-sum", "7"));
                });
        RawHttp2 client = new RawHttp2(loopback)) {
      client.get(1, "/").flush();
      assertEquals("103", client.awaitStatus());
      assertEquals("200", client.awaitStatus());
      assertTrue(client.await(RawHttp2.HEADERS).has(RawHttp2.END_STREAM));
    }
  }

  @Test
  void closesConnectionsThatBringNoRequest() throws Exception {
    HttpsConfig impatient =
        HttpsConfig.DEFAULT.withTimeouts(
            Duration.ofSeconds(10), Duration.ofMillis(300), Duration.ofSeconds(60));
    try (HttpsLoopback loopback = new HttpsLoopback(this::answer, impatient);
        RawHttp2 client = new RawHttp2(loopback)) {
      assertEquals(Http2Error.NO_ERROR.code(), awaitGoAway(client));
      client.awaitEnd();
    }
  }

  @Test
  void closesAConnectionOnWhichNothingMoves() throws Exception {
    HttpsConfig impatient =
        HttpsConfig.DEFAULT.withTimeouts(
            Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofMillis(300));
    try (HttpsLoopback loopback = new HttpsLoopback(exchange -> {}, impatient);
        RawHttp2 client = new RawHttp2(loopback)) {
      client.get(1, "/").flush();
      awaitGoAway(client);
      client.awaitEnd();
    }
  }
}
