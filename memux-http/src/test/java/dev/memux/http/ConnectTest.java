package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.TlsClientConfig;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Finding the server, and saying why there is none. */
@Timeout(60)
final class ConnectTest {
  private static HttpException failure(Http3Client client, Origin origin) {
    ExecutionException wrapper =
        assertThrows(
            ExecutionException.class,
            () -> client.connection(origin).toCompletableFuture().get(20, TimeUnit.SECONDS));
    return (HttpException) wrapper.getCause();
  }

  private static Loopback loopback() throws Exception {
    return new Loopback(exchange -> exchange.respond(ResponseHead.of(200), Unpooled.EMPTY_BUFFER));
  }

  @Test
  void fallsBackToTheAddressThatAnswers() throws Exception {
    try (Loopback loopback = loopback()) { // on 127.0.0.1 only
      Origin localhost = new Origin("localhost", loopback.origin().port());
      ClientConnection connection =
          loopback.client.connection(localhost).toCompletableFuture().get(20, TimeUnit.SECONDS);
      assertTrue(connection.isOpen());
      assertTrue(connection.handshakeNanos() > 0);
    }
  }

  @Test
  void tellsThatAHostDoesNotExist() throws Exception {
    try (Loopback loopback = loopback()) {
      assertInstanceOf(
          HttpException.Unresolved.class,
          failure(loopback.client, new Origin("no-such-host.invalid", 443)));
    }
  }

  @Test
  void tellsThatNobodyAnswersInTime() throws Exception {
    try (Loopback loopback = loopback()) {
      Connector quic = Connector.quic(loopback.group, QuicConfig.DEFAULT, Loopback.trusting());
      Http3Client impatient = new Http3Client(loopback.group, quic, Duration.ofMillis(500));
      // RFC 5737: nobody is there.
      HttpException failure = failure(impatient, new Origin("192.0.2.1", 443));
      assertTrue(
          failure instanceof HttpException.TimedOut || failure instanceof HttpException.Unreachable,
          failure.toString());
    }
  }

  @Test
  void tellsThatACertificateIsNotTrusted() throws Exception {
    try (Loopback loopback = loopback()) {
      TlsClientConfig jdkOnly =
          TlsClientConfig.builder().applicationProtocols(Http3Service.ALPN).build();
      assertInstanceOf(
          HttpException.Untrusted.class,
          failure(loopback.client(QuicConfig.DEFAULT, jdkOnly), loopback.origin()));
    }
  }

  @Test
  void tellsThatTheServerSpeaksNoHttp3() throws Exception {
    try (Loopback loopback = loopback()) {
      TlsClientConfig other =
          TlsClientConfig.builder().applicationProtocols("x").insecureTrustAny().build();
      assertInstanceOf(
          HttpException.HandshakeFailed.class,
          failure(loopback.client(QuicConfig.DEFAULT, other), loopback.origin()));
    }
  }

  @Test
  void connectsAnewAfterTheConnectionWasClosed() throws Exception {
    try (Loopback loopback = loopback()) {
      ClientConnection first = loopback.connect();
      first.close().toCompletableFuture().get(20, TimeUnit.SECONDS);
      ClientConnection second = loopback.connect();
      Answer answer = new Answer();
      second.send(RequestHead.get(loopback.origin().authority(), "/"), answer);
      assertEquals(200, answer.head().status());
    }
  }
}
