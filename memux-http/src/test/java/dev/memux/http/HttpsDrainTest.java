package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.Unpooled;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Graceful shutdown over TCP (RFC 9113 §6.8, RFC 9112 §9.6). */
@Timeout(60)
final class HttpsDrainTest {
  private final CompletableFuture<ServerExchange> taken = new CompletableFuture<>();

  private static void join(CompletionStage<Void> stage) throws Exception {
    stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @EnumSource
  void letsAResponseThatIsUnderWayFinish(HttpClient.Version version) throws Exception {
    byte[] content = new byte[5_000_000];
    new Random(2).nextBytes(content);
    try (HttpsLoopback loopback = new HttpsLoopback(taken::complete);
        HttpClient client = loopback.client(version)) {
      CompletableFuture<HttpResponse<byte[]>> response =
          client.sendAsync(loopback.request("/").build(), BodyHandlers.ofByteArray());
      ServerExchange exchange = taken.get(20, TimeUnit.SECONDS);
      CompletionStage<Void> drained = loopback.service.drain(Duration.ofSeconds(30));
      exchange
          .loop()
          .execute(() -> exchange.respond(ResponseHead.of(200), Unpooled.wrappedBuffer(content)));
      assertArrayEquals(content, response.get(20, TimeUnit.SECONDS).body());
      join(drained);
      assertEquals(0, loopback.service.connectionCount());
    }
  }

  @ParameterizedTest
  @EnumSource
  void closesIdleConnectionsAtOnce(HttpClient.Version version) throws Exception {
    try (HttpsLoopback loopback =
            new HttpsLoopback(
                exchange -> exchange.respond(ResponseHead.of(200), Unpooled.EMPTY_BUFFER));
        HttpClient client = loopback.client(version)) {
      client.send(loopback.request("/").build(), BodyHandlers.discarding());
      assertEquals(1, loopback.service.connectionCount());
      join(loopback.service.drain(Duration.ofSeconds(30)));
      assertEquals(0, loopback.service.connectionCount());
    }
  }

  @ParameterizedTest
  @EnumSource
  void closesWhatIsLeftWhenTheTimeIsUp(HttpClient.Version version) throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(taken::complete);
        HttpClient client = loopback.client(version)) {
      CompletableFuture<HttpResponse<byte[]>> response =
          client.sendAsync(loopback.request("/").build(), BodyHandlers.ofByteArray());
      taken.get(20, TimeUnit.SECONDS);
      join(loopback.service.drain(Duration.ofMillis(300)));
      assertThrows(ExecutionException.class, () -> response.get(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void presentsNewCredentialsFromTheNextConnectionOn() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(taken::complete)) {
      var before = loopback.connect("h2").getSession().getPeerCertificates()[0];
      var other = HttpsLoopback.otherCredentials();
      loopback.service.credentials(List.of(other));
      assertEquals(
          other.chain().getFirst(), loopback.connect("h2").getSession().getPeerCertificates()[0]);
      assertEquals(HttpsLoopback.credentials().chain().getFirst(), before);
    }
  }
}
