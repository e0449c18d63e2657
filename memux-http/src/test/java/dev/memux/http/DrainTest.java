package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Graceful shutdown (RFC 9114 §5.2). */
@Timeout(60)
final class DrainTest {
  private final CompletableFuture<ServerExchange> taken = new CompletableFuture<>();

  private static void join(java.util.concurrent.CompletionStage<Void> stage) throws Exception {
    stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void closesIdleConnectionsAtOnce() throws Exception {
    try (Loopback loopback = new Loopback(taken::complete)) {
      ClientConnection connection = loopback.connect();
      join(loopback.service.drain(Duration.ofSeconds(30)));
      join(connection.closed());
      assertEquals(0, loopback.service.connectionCount());
    }
  }

  @Test
  void letsAResponseThatIsUnderWayFinish() throws Exception {
    byte[] content = new byte[5_000_000];
    new Random(2).nextBytes(content);
    try (Loopback loopback = new Loopback(taken::complete)) {
      ClientConnection connection = loopback.connect();
      Answer answer = new Answer();
      connection.send(RequestHead.get(loopback.origin().authority(), "/"), answer);
      ServerExchange exchange = taken.get(20, TimeUnit.SECONDS);
      var drained = loopback.service.drain(Duration.ofSeconds(30));
      exchange
          .loop()
          .execute(() -> exchange.respond(ResponseHead.of(200), Unpooled.wrappedBuffer(content)));
      assertArrayEquals(content, answer.body());
      join(drained);
      join(connection.closed());
    }
  }

  @Test
  void anAnswerThatHasArrivedIsReadAlsoAfterTheEndOfTheConnection() throws Exception {
    byte[] content = new byte[100_000];
    new Random(3).nextBytes(content);
    try (Loopback loopback = new Loopback(taken::complete)) {
      ClientConnection connection = loopback.connect();
      Answer answer = new Answer(false);
      connection.send(RequestHead.get(loopback.origin().authority(), "/"), answer);
      ServerExchange exchange = taken.get(20, TimeUnit.SECONDS);
      exchange
          .loop()
          .execute(() -> exchange.respond(ResponseHead.of(200), Unpooled.wrappedBuffer(content)));
      exchange.deliveredFuture().await(20, TimeUnit.SECONDS);
      join(loopback.service.drain(Duration.ofSeconds(30)));
      join(connection.closed());
      answer.readAll();
      assertArrayEquals(content, answer.body());
    }
  }

  @Test
  void closesWhatIsLeftWhenTheTimeIsUp() throws Exception {
    try (Loopback loopback = new Loopback(taken::complete)) {
      Answer answer = new Answer();
      loopback.connect().send(RequestHead.get(loopback.origin().authority(), "/"), answer);
      taken.get(20, TimeUnit.SECONDS);
      join(loopback.service.drain(Duration.ofMillis(300)));
      assertInstanceOf(HttpException.ConnectionLost.class, answer.failure());
    }
  }

  @Test
  void sendsLaterRequestsOverAnotherConnection() throws Exception {
    try (Loopback loopback =
        new Loopback(
            exchange -> {
              if (!taken.complete(exchange)) {
                exchange.respond(ResponseHead.of(200), Unpooled.EMPTY_BUFFER);
              }
            })) {
      ClientConnection first = loopback.connect();
      Answer held = new Answer();
      first.send(RequestHead.get(loopback.origin().authority(), "/held"), held);
      ServerExchange exchange = taken.get(20, TimeUnit.SECONDS);
      loopback.service.drain(Duration.ofSeconds(30));
      long end = System.nanoTime() + Loopback.PATIENCE.toNanos();
      ClientConnection second = first;
      while (second == first && System.nanoTime() < end) {
        second = loopback.connect(); // until the GOAWAY has arrived
      }
      assertFalse(second == first);
      exchange
          .loop()
          .execute(
              () ->
                  exchange.respond(
                      ResponseHead.of(200), Unpooled.copiedBuffer("held", StandardCharsets.UTF_8)));
      assertEquals("held", held.text());
      join(first.closed());
    }
  }
}
