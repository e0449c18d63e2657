package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.http.ClientConnection;
import dev.memux.http.Connector;
import dev.memux.http.Http3Client;
import dev.memux.http.Http3Service;
import dev.memux.http.HttpException;
import dev.memux.http.HttpFields;
import dev.memux.http.InboundBody;
import dev.memux.http.Origin;
import dev.memux.http.OutboundBody;
import dev.memux.http.RequestHead;
import dev.memux.http.ResponseHead;
import dev.memux.http.ResponseListener;
import dev.memux.netty.IoTransport;
import dev.memux.tls.TlsClientConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Asks one gateway. */
final class TestClient implements AutoCloseable {
  private final EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);
  private final Origin origin;
  private final ClientConnection connection;
  final List<Integer> interims = new CopyOnWriteArrayList<>();
  private final CompletableFuture<InboundBody> paused = new CompletableFuture<>();

  record Response(ResponseHead head, byte[] body, HttpFields trailers) {
    int status() {
      return head.status();
    }

    String field(String name) {
      return head.fields().value(name);
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  TestClient(Gateway gateway) throws Exception {
    this(Origin.of(gateway.addresses().getFirst()), tls().build());
  }

  /** With early data the connection may be there before the server has answered. */
  TestClient(Origin origin, TlsClientConfig tls) throws Exception {
    this.origin = origin;
    connection =
        new Http3Client(
                group, Connector.quic(group, QuicConfig.DEFAULT, tls), Duration.ofSeconds(20))
            .connection(origin)
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
  }

  static TlsClientConfig.Builder tls() {
    return TlsClientConfig.builder().applicationProtocols(Http3Service.ALPN).insecureTrustAny();
  }

  Response get(String path) throws Exception {
    return await(send("GET", path, new HttpFields()));
  }

  CompletableFuture<Response> send(String method, String path, HttpFields fields) {
    return send(method, path, fields, new byte[0]);
  }

  CompletableFuture<Response> send(String method, String path, HttpFields fields, byte[] body) {
    return send(method, path, fields, body, new HttpFields());
  }

  CompletableFuture<Response> send(
      String method, String path, HttpFields fields, byte[] body, HttpFields trailers) {
    return send(method, path, fields, body, trailers, false);
  }

  /** Reads nothing of the body before {@link #resume()}. */
  CompletableFuture<Response> sendAndPauseAfterHead(String path) {
    return send("GET", path, new HttpFields(), new byte[0], new HttpFields(), true);
  }

  void awaitHead() throws Exception {
    paused.get(20, TimeUnit.SECONDS);
  }

  void resume() {
    paused.join().read();
  }

  static Response await(CompletableFuture<Response> response) throws Exception {
    return response.get(60, TimeUnit.SECONDS);
  }

  static Throwable failure(CompletableFuture<Response> response) {
    return assertThrows(ExecutionException.class, () -> await(response)).getCause();
  }

  @Override
  public void close() {
    connection.close().toCompletableFuture().orTimeout(5, TimeUnit.SECONDS).join();
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }

  private CompletableFuture<Response> send(
      String method,
      String path,
      HttpFields fields,
      byte[] body,
      HttpFields trailers,
      boolean pause) {
    CompletableFuture<Response> response = new CompletableFuture<>();
    connection.send(
        new RequestHead(method, "https", origin.authority(), path, fields),
        new ResponseListener() {
          private final ByteArrayOutputStream received = new ByteArrayOutputStream();
          private ResponseHead head;
          private InboundBody source;

          @Override
          public void onOpen(OutboundBody requestBody) {
            if (body.length > 0) {
              requestBody.write(Unpooled.wrappedBuffer(body));
            }
            requestBody.finish(trailers);
          }

          @Override
          public void onInterim(ResponseHead interim) {
            interims.add(interim.status());
          }

          @Override
          public void onHead(ResponseHead responseHead, InboundBody responseBody) {
            head = responseHead;
            source = responseBody;
            if (pause) {
              paused.complete(responseBody);
            } else {
              responseBody.read();
            }
          }

          @Override
          public void onData(ByteBuf data) {
            received.writeBytes(ByteBufUtil.getBytes(data));
            data.release();
            source.read();
          }

          @Override
          public void onEnd() {
            response.complete(new Response(head, received.toByteArray(), source.trailers()));
          }

          @Override
          public void onFailure(HttpException failure) {
            response.completeExceptionally(failure);
          }
        });
    return response;
  }
}
