package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http3.Http3ErrorCode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests and responses between memux's own client and server (RFC 9114 §4). */
@Timeout(60)
final class Http3ExchangeTest {
  private static void respond(ServerExchange exchange, int status, String text) {
    exchange.respond(ResponseHead.of(status), Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
  }

  @Test
  void answersAGet() throws Exception {
    try (Loopback loopback =
        new Loopback(
            exchange ->
                respond(
                    exchange,
                    200,
                    exchange.request().method()
                        + " "
                        + exchange.request().authority()
                        + " "
                        + exchange.request().path()
                        + " "
                        + exchange.request().fields().value("x-test")))) {
      Answer answer = new Answer();
      RequestHead head = RequestHead.get(loopback.origin().authority(), "/a?b");
      head.fields().add("x-test", "yes");
      loopback.connect().send(head, answer);
      assertEquals(200, answer.head().status());
      assertEquals("GET " + loopback.origin().authority() + " /a?b yes", answer.text());
      assertEquals(
          Integer.toString(answer.body().length), answer.head().fields().value("content-length"));
    }
  }

  @Test
  void leavesTheBodyOutForHead() throws Exception {
    try (Loopback loopback = new Loopback(exchange -> respond(exchange, 200, "body"))) {
      Answer answer = new Answer();
      loopback
          .connect()
          .send(
              new RequestHead(
                  "HEAD", "https", loopback.origin().authority(), "/", new HttpFields()),
              answer);
      assertEquals("4", answer.head().fields().value("content-length"));
      assertEquals(0, answer.body().length);
    }
  }

  @Test
  void streamsBothWaysAtOnce() throws Exception {
    byte[] sent = new byte[3_000_000];
    new Random(1).nextBytes(sent);
    try (Loopback loopback = new Loopback(Echo::answer)) {
      Answer answer =
          new Answer() {
            @Override
            public void onOpen(OutboundBody requestBody) {
              write(requestBody, sent, new AtomicInteger());
            }
          };
      loopback.connect().send(post(loopback), answer);
      assertArrayEquals(sent, answer.body());
    }
  }

  private static RequestHead post(Loopback loopback) {
    return new RequestHead("POST", "https", loopback.origin().authority(), "/", new HttpFields());
  }

  private static void write(OutboundBody body, byte[] data, AtomicInteger written) {
    body.onWritable(() -> write(body, data, written));
    while (body.isWritable() && written.get() < data.length) {
      int from = written.get();
      int length = Math.min(10_000, data.length - from);
      written.set(from + length);
      body.write(Unpooled.wrappedBuffer(data, from, length));
      if (from + length == data.length) {
        body.finish();
      }
    }
  }

  @Test
  void carriesMoreRequestsThanTheStreamLimitAllowsAtOnce() throws Exception {
    QuicConfig few = QuicConfig.DEFAULT.withMux(QuicConfig.DEFAULT.mux().withStreams(5, 10));
    try (Loopback loopback =
        new Loopback(
            exchange -> respond(exchange, 200, exchange.request().path()),
            few,
            QuicConfig.DEFAULT)) {
      ClientConnection connection = loopback.connect();
      List<Answer> answers = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Answer answer = new Answer();
        connection.send(RequestHead.get(loopback.origin().authority(), "/" + i), answer);
        answers.add(answer);
      }
      for (int i = 0; i < answers.size(); i++) {
        assertEquals("/" + i, answers.get(i).text());
      }
      assertEquals(1, loopback.clientChannels.size(), "one connection for one origin");
    }
  }

  @Test
  void holdsTheServerBackWhileTheClientDoesNotRead() throws Exception {
    AtomicLong produced = new AtomicLong();
    CountDownLatch full = new CountDownLatch(1);
    long endless = 1L << 30;
    try (Loopback loopback =
        new Loopback(
            exchange -> {
              OutboundBody body = exchange.respond(ResponseHead.of(200));
              Runnable produce =
                  () -> {
                    while (body.isWritable() && produced.get() < endless) {
                      body.write(Unpooled.buffer(16_384).writeZero(16_384));
                      produced.addAndGet(16_384);
                    }
                    full.countDown();
                  };
              body.onWritable(produce);
              produce.run();
            })) {
      CompletableFuture<InboundBody> head = new CompletableFuture<>();
      ClientExchange exchange =
          loopback
              .connect()
              .send(
                  RequestHead.get(loopback.origin().authority(), "/"),
                  new Answer() {
                    @Override
                    public void onHead(ResponseHead response, InboundBody body) {
                      head.complete(body); // and no read()
                    }
                  });
      head.get(20, TimeUnit.SECONDS);
      assertTrue(full.await(20, TimeUnit.SECONDS));
      long settled = settled(produced);
      // Send buffers, windows and one read's worth; nowhere near what the server would send.
      assertTrue(settled < 64L << 20, "produced " + settled);
      exchange.cancel();
    }
  }

  private static long settled(AtomicLong value) throws InterruptedException {
    long before = -1;
    for (int quiet = 0; quiet < 5; ) {
      long now = value.get();
      quiet = now == before ? quiet + 1 : 0;
      before = now;
      new CountDownLatch(1).await(50, TimeUnit.MILLISECONDS);
    }
    return before;
  }

  @Test
  void answersWith500WhenTheHandlerFailsAndResetsWhenItHasBegun() throws Exception {
    try (Loopback loopback =
        new Loopback(
            exchange -> {
              if (exchange.request().path().equals("/late")) {
                exchange.respond(ResponseHead.of(200)).write(Unpooled.buffer(1).writeZero(1));
              }
              throw new IllegalStateException("on purpose");
            })) {
      ClientConnection connection = loopback.connect();
      Answer early = new Answer();
      connection.send(RequestHead.get(loopback.origin().authority(), "/"), early);
      assertEquals(500, early.head().status());
      Answer late = new Answer();
      connection.send(RequestHead.get(loopback.origin().authority(), "/late"), late);
      HttpException.StreamReset reset =
          assertInstanceOf(HttpException.StreamReset.class, late.failure());
      assertEquals(Http3ErrorCode.H3_INTERNAL_ERROR.code(), reset.code());
    }
  }

  @Test
  void tellsTheHandlerWhenTheClientGivesUp() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    try (Loopback loopback =
        new Loopback(
            exchange -> {
              exchange.onClosed(closed::countDown);
              exchange.respond(ResponseHead.of(200)).write(Unpooled.buffer(1).writeZero(1));
              begun.countDown();
            })) {
      Answer answer = new Answer();
      ClientExchange exchange =
          loopback.connect().send(RequestHead.get(loopback.origin().authority(), "/"), answer);
      answer.head();
      exchange.cancel();
      assertTrue(closed.await(20, TimeUnit.SECONDS));
      assertFalse(answer.isOver(), "who has cancelled hears nothing more");
    }
  }

  @Test
  void stopsARequestBodyThatNobodyReads() throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    try (Loopback loopback = new Loopback(exchange -> respond(exchange, 403, "no"))) {
      Answer answer =
          new Answer() {
            @Override
            public void onOpen(OutboundBody body) {
              Runnable[] produce = new Runnable[1];
              produce[0] =
                  () -> {
                    if (body.isWritable()) {
                      body.write(Unpooled.buffer(1000).writeZero(1000));
                      body.loop().schedule(produce[0], 1, TimeUnit.MILLISECONDS);
                    } else {
                      stopped.countDown();
                    }
                  };
              produce[0].run();
            }
          };
      loopback.connect().send(post(loopback), answer);
      assertEquals(403, answer.head().status());
      assertEquals("no", answer.text());
      assertTrue(stopped.await(20, TimeUnit.SECONDS));
    }
  }

  // RFC 9114 §10.5.1, §4.2.2: headers are held in memory before anyone can look at them.
  @Test
  void refusesFieldsAboveTheLimit() throws Exception {
    AtomicInteger handled = new AtomicInteger();
    try (Loopback loopback =
        new Loopback(
            exchange -> {
              handled.incrementAndGet();
              respond(exchange, 200, "");
            })) {
      RequestHead fits = RequestHead.get(loopback.origin().authority(), "/");
      fits.fields().add("x-long", "x".repeat(Http3Service.MAX_FIELD_SECTION_BYTES - 1000));
      Answer small = new Answer();
      loopback.connect().send(fits, small);
      assertEquals(200, small.head().status());

      RequestHead tooLong = RequestHead.get(loopback.origin().authority(), "/");
      tooLong.fields().add("x-long", "x".repeat(Http3Service.MAX_FIELD_SECTION_BYTES));
      Answer refused = new Answer();
      loopback.connect().send(tooLong, refused);
      refused.failure();
      assertEquals(1, handled.get());
    }
  }
}
