package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.CarrierType;
import io.netty.buffer.Unpooled;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** HTTP/3 over QMux, on the port of HTTP/2 and HTTP/1.1. */
@Timeout(60)
final class Http3OverTcpTest {
  /** What is at a path: pseudo-random, of the length and by the seed that it names. */
  private static byte[] content(String path) {
    String[] parts = path.split("/");
    byte[] content = new byte[Integer.parseInt(parts[1])];
    new Random(Long.parseLong(parts[2])).nextBytes(content);
    return content;
  }

  private static void answer(ServerExchange exchange) {
    exchange.respond(
        ResponseHead.of(200), Unpooled.wrappedBuffer(content(exchange.request().path())));
  }

  private static Http3Client client(HttpsLoopback loopback) throws Exception {
    return new Http3Client(
        loopback.group,
        Connector.over(CarrierType.TCP, loopback.group, QuicConfig.DEFAULT, Loopback.trusting()),
        Duration.ofSeconds(20));
  }

  private static ClientConnection connect(HttpsLoopback loopback) throws Exception {
    return client(loopback)
        .connection(origin(loopback))
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  private static Origin origin(HttpsLoopback loopback) {
    return new Origin("127.0.0.1", loopback.port());
  }

  @Test
  void carriesAHundredBodiesOfMixedSizes() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(Http3OverTcpTest::answer)) {
      CompletableFuture<ConnectionSummary> summary = new CompletableFuture<>();
      loopback.service.onConnected(summary::complete);
      ClientConnection connection = connect(loopback);
      Random random = new Random(7);
      List<String> paths = new ArrayList<>();
      List<Answer> answers = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        String path = "/" + random.nextInt(1 << random.nextInt(20)) + "/" + i;
        Answer answer = new Answer();
        connection.send(RequestHead.get(origin(loopback).authority(), path), answer);
        paths.add(path);
        answers.add(answer);
      }
      for (int i = 0; i < 100; i++) {
        assertArrayEquals(content(paths.get(i)), answers.get(i).body(), paths.get(i));
      }
      assertEquals("h3qx-02", summary.get().protocol());
      assertEquals(1, loopback.service.connectionCount());
    }
  }

  @Test
  void whereUdpDoesNotComeThroughTheRaceEndsOnTcp() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(Http3OverTcpTest::answer);
        var silent = new DatagramSocket(loopback.port(), InetAddress.ofLiteral("127.0.0.1"))) {
      Map<CarrierType, Connector> connectors = new EnumMap<>(CarrierType.class);
      for (CarrierType type : CarrierType.values()) {
        connectors.put(
            type, Connector.over(type, loopback.group, QuicConfig.DEFAULT, Loopback.trusting()));
      }
      ClientConnection connection =
          new Http3Client(loopback.group, connectors, Duration.ofSeconds(20))
              .connection(origin(loopback))
              .toCompletableFuture()
              .get(20, TimeUnit.SECONDS);
      Answer answer = new Answer();
      connection.send(RequestHead.get(origin(loopback).authority(), "/1000/1"), answer);
      assertArrayEquals(content("/1000/1"), answer.body());
      assertEquals(loopback.port(), silent.getLocalPort());
    }
  }

  @Test
  void whoDoesNotKnowItGetsHttp2() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(Http3OverTcpTest::answer);
        HttpClient client = loopback.client(HttpClient.Version.HTTP_2)) {
      HttpResponse<byte[]> response =
          client.send(loopback.request("/1000/1").build(), BodyHandlers.ofByteArray());
      assertEquals(HttpClient.Version.HTTP_2, response.version());
      assertArrayEquals(content("/1000/1"), response.body());
    }
  }

  @Test
  void whoKnowsNothingElseIsRefusedByAServerThatDoesNotKnowIt() throws Exception {
    try (HttpsLoopback loopback = new HttpsLoopback(Http3OverTcpTest::answer)) {
      Http3Client client =
          new Http3Client(
              loopback.group,
              Connector.over(
                  CarrierType.TCP,
                  loopback.group,
                  QuicConfig.DEFAULT,
                  Loopback.clientTls().applicationProtocols("h4").build()),
              Duration.ofSeconds(20));
      ExecutionException failure =
          assertThrows(
              ExecutionException.class,
              () ->
                  client
                      .connection(origin(loopback))
                      .toCompletableFuture()
                      .get(20, TimeUnit.SECONDS));
      assertEquals(HttpException.HandshakeFailed.class, failure.getCause().getClass());
    }
  }

  @Test
  void drainingLetsAnAnswerFinish() throws Exception {
    CompletableFuture<ServerExchange> taken = new CompletableFuture<>();
    try (HttpsLoopback loopback = new HttpsLoopback(taken::complete)) {
      Answer answer = new Answer();
      connect(loopback).send(RequestHead.get(origin(loopback).authority(), "/5000000/2"), answer);
      ServerExchange exchange = taken.get(20, TimeUnit.SECONDS);
      CompletionStage<Void> drained = loopback.service.drain(Duration.ofSeconds(30));
      exchange.loop().execute(() -> answer(exchange));
      assertArrayEquals(content("/5000000/2"), answer.body());
      drained.toCompletableFuture().get(20, TimeUnit.SECONDS);
      assertEquals(0, loopback.service.connectionCount());
    }
  }
}
