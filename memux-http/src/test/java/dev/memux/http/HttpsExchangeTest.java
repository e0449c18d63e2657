package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests and responses by HTTP/2 and HTTP/1.1, with the JDK's client at the other end. */
@Timeout(60)
final class HttpsExchangeTest {
  private static void respond(ServerExchange exchange, int status, String text) {
    exchange.respond(ResponseHead.of(status), Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
  }

  private static byte[] random(int size, long seed) {
    byte[] content = new byte[size];
    new Random(seed).nextBytes(content);
    return content;
  }

  @ParameterizedTest
  @EnumSource
  void answersAGetAndTellsOfHttp3(HttpClient.Version version) throws Exception {
    try (HttpsLoopback loopback =
            new HttpsLoopback(
                exchange ->
                    respond(
                        exchange,
                        200,
                        String.join(
                            " ",
                            exchange.version().toString(),
                            exchange.request().method(),
                            exchange.request().scheme(),
                            exchange.request().authority(),
                            exchange.request().path(),
                            exchange.request().fields().value("x-test"))));
        HttpClient client = loopback.client(version)) {
      HttpResponse<String> response =
          client.send(
              loopback.request("/a?b").header("X-Test", "yes").build(), BodyHandlers.ofString());
      assertEquals(version, response.version());
      assertEquals(
          version + " GET https 127.0.0.1:" + loopback.port() + " /a?b yes", response.body());
      assertEquals(
          List.of(loopback.alternatives()), response.headers().allValues("alt-svc"), "RFC 7838 §3");
    }
  }

  @ParameterizedTest
  @EnumSource
  void leavesTheBodyOutForHead(HttpClient.Version version) throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(exchange -> respond(exchange, 200, "body"));
        HttpClient client = loopback.client(version)) {
      for (int i = 0; i < 3; i++) {
        HttpResponse<String> response =
            client.send(loopback.request("/").HEAD().build(), BodyHandlers.ofString());
        assertEquals("4", response.headers().firstValue("content-length").orElseThrow());
        assertEquals("", response.body());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void streamsBothWaysAtOnce(HttpClient.Version version) throws Exception {
    byte[] sent = random(3_000_000, 1);
    try (HttpsLoopback loopback = new HttpsLoopback(Echo::answer);
        HttpClient client = loopback.client(version)) {
      for (boolean known : new boolean[] {true, false}) {
        var publisher =
            known
                ? BodyPublishers.ofByteArray(sent)
                : BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(sent));
        HttpResponse<byte[]> response =
            client.send(loopback.request("/").POST(publisher).build(), BodyHandlers.ofByteArray());
        assertArrayEquals(sent, response.body());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void answersManyAtATime(HttpClient.Version version) throws Exception {
    try (HttpsLoopback loopback =
            new HttpsLoopback(exchange -> respond(exchange, 200, exchange.request().path()));
        HttpClient client = loopback.client(version)) {
      List<CompletableFuture<HttpResponse<String>>> responses = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        responses.add(client.sendAsync(loopback.request("/" + i).build(), BodyHandlers.ofString()));
      }
      for (int i = 0; i < responses.size(); i++) {
        assertEquals("/" + i, responses.get(i).get(20, TimeUnit.SECONDS).body());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void holdsTheServerBackWhileTheClientDoesNotRead(HttpClient.Version version) throws Exception {
    AtomicLong produced = new AtomicLong();
    CountDownLatch full = new CountDownLatch(1);
    try (HttpsLoopback loopback =
            new HttpsLoopback(
                exchange -> {
                  OutboundBody body = exchange.respond(ResponseHead.of(200));
                  Runnable produce =
                      () -> {
                        while (body.isWritable() && produced.get() < 1L << 30) {
                          body.write(Unpooled.buffer(16_384).writeZero(16_384));
                          produced.addAndGet(16_384);
                        }
                        full.countDown();
                      };
                  body.onWritable(produce);
                  produce.run();
                });
        HttpClient client = loopback.client(version)) {
      HttpResponse<InputStream> response =
          client.send(loopback.request("/").build(), BodyHandlers.ofInputStream());
      assertTrue(full.await(20, TimeUnit.SECONDS));
      long settled = settled(produced);
      // Socket buffers and windows of both ends; nowhere near what the server would send.
      assertTrue(settled < 64L << 20, "produced " + settled);
      response.body().close();
      client.shutdownNow();
    }
  }

  @ParameterizedTest
  @EnumSource
  void holdsTheClientBackWhileTheServerDoesNotRead(HttpClient.Version version) throws Exception {
    AtomicLong taken = new AtomicLong();
    CompletableFuture<ServerExchange> arrived = new CompletableFuture<>();
    byte[] piece = new byte[16_384];
    try (HttpsLoopback loopback = new HttpsLoopback(arrived::complete);
        HttpClient client = loopback.client(version)) {
      Iterable<byte[]> endless =
          () ->
              new java.util.Iterator<>() {
                @Override
                public boolean hasNext() {
                  return taken.get() < 1L << 30;
                }

                @Override
                public byte[] next() {
                  taken.addAndGet(piece.length);
                  return piece;
                }
              };
      var response =
          client.sendAsync(
              loopback.request("/").POST(BodyPublishers.ofByteArrays(endless)).build(),
              BodyHandlers.ofString());
      ServerExchange exchange = arrived.get(20, TimeUnit.SECONDS);
      long settled = settled(taken);
      assertTrue(settled < 64L << 20, "sent " + settled);
      exchange.loop().execute(() -> exchange.reset(HttpErrorCode.INTERNAL_ERROR));
      assertThrows(ExecutionException.class, () -> response.get(20, TimeUnit.SECONDS));
      client.shutdownNow();
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

  @ParameterizedTest
  @EnumSource
  void answersWith500WhenTheHandlerFailsAndAbortsWhenItHasBegun(HttpClient.Version version)
      throws Exception {
    try (HttpsLoopback loopback =
            new HttpsLoopback(
                exchange -> {
                  if (exchange.request().path().equals("/late")) {
                    exchange.respond(ResponseHead.of(200)).write(Unpooled.buffer(1).writeZero(1));
                  }
                  throw new IllegalStateException("on purpose");
                });
        HttpClient client = loopback.client(version)) {
      assertEquals(
          500, client.send(loopback.request("/").build(), BodyHandlers.ofString()).statusCode());
      assertThrows(
          IOException.class,
          () -> client.send(loopback.request("/late").build(), BodyHandlers.ofString()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void answersBeforeTheBodyHasComeAndGoesOn(HttpClient.Version version) throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(exchange -> respond(exchange, 403, "no"));
        HttpClient client = loopback.client(version)) {
      for (int i = 0; i < 3; i++) {
        HttpResponse<String> response =
            client.send(
                loopback.request("/").POST(BodyPublishers.ofByteArray(random(50_000, i))).build(),
                BodyHandlers.ofString());
        assertEquals(403, response.statusCode());
        assertEquals("no", response.body());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void asksForABodyThatWaitsToBeWanted(HttpClient.Version version) throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(Echo::answerWhenComplete);
        HttpClient client = loopback.client(version)) {
      HttpResponse<String> response =
          client.send(
              loopback
                  .request("/")
                  .expectContinue(true)
                  .POST(BodyPublishers.ofString("wanted"))
                  .build(),
              BodyHandlers.ofString());
      assertEquals("wanted", response.body(), "RFC 9110 §10.1.1");
    }
  }

  @ParameterizedTest
  @EnumSource
  void tellsTheHandlerWhenTheClientGivesUp(HttpClient.Version version) throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    try (HttpsLoopback loopback =
            new HttpsLoopback(
                exchange -> {
                  exchange.onClosed(closed::countDown);
                  ByteBuf begun = Unpooled.buffer(1).writeZero(1);
                  exchange.respond(ResponseHead.of(200)).write(begun);
                });
        HttpClient client = loopback.client(version)) {
      HttpResponse<InputStream> response =
          client.send(loopback.request("/").build(), BodyHandlers.ofInputStream());
      response.body().close();
      assertTrue(closed.await(20, TimeUnit.SECONDS));
      client.shutdownNow();
    }
  }
}
