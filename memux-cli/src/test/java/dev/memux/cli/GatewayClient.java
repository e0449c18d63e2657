package dev.memux.cli;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.http.ClientConnection;
import dev.memux.http.Connector;
import dev.memux.http.Http3Client;
import dev.memux.http.Http3Service;
import dev.memux.http.HttpException;
import dev.memux.http.InboundBody;
import dev.memux.http.Origin;
import dev.memux.http.RequestHead;
import dev.memux.http.ResponseHead;
import dev.memux.http.ResponseListener;
import dev.memux.netty.IoTransport;
import dev.memux.tls.TlsClientConfig;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;

/** Fetches from a gateway on this machine by one version of HTTP, trusting it blindly. */
interface GatewayClient extends AutoCloseable {
  Duration PATIENCE = Duration.ofMinutes(2);

  /**
   * The JDK's client fails what is beyond the server's limit of streams, rather than wait; so many
   * connections take a thousand.
   */
  int HTTP2_CONNECTIONS = 10;

  enum Version {
    HTTP_3,
    HTTP_2,
    HTTP_1_1;

    GatewayClient open(int port) throws Exception {
      return switch (this) {
        case HTTP_3 -> new ByHttp3(port);
        case HTTP_2 -> new ByTcp(port, HttpClient.Version.HTTP_2, HTTP2_CONNECTIONS);
        case HTTP_1_1 -> new ByTcp(port, HttpClient.Version.HTTP_1_1, 1);
      };
    }
  }

  /** The SHA-256 of a 200's body. */
  CompletableFuture<String> fetch(String path) throws Exception;

  /** Asks for something, and reads the head of the answer but nothing of the body. */
  void fetchWithoutReading(String path) throws Exception;

  @Override
  void close();

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  final class ByHttp3 implements GatewayClient {
    private final EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);
    private final Origin origin;
    private final ClientConnection connection;

    ByHttp3(int port) throws Exception {
      origin = new Origin("127.0.0.1", port);
      TlsClientConfig tls =
          TlsClientConfig.builder()
              .applicationProtocols(Http3Service.ALPN)
              .insecureTrustAny()
              .build();
      connection =
          new Http3Client(group, Connector.quic(group, QuicConfig.DEFAULT, tls), PATIENCE)
              .connection(origin)
              .toCompletableFuture()
              .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public CompletableFuture<String> fetch(String path) {
      CompletableFuture<String> result = new CompletableFuture<>();
      connection.send(RequestHead.get(origin.authority(), path), new Digester(result));
      return result;
    }

    @Override
    public void fetchWithoutReading(String path) throws Exception {
      CompletableFuture<Void> begun = new CompletableFuture<>();
      connection.send(
          RequestHead.get(origin.authority(), path),
          new Digester(new CompletableFuture<>()) {
            @Override
            public void onHead(ResponseHead head, InboundBody body) {
              begun.complete(null); // and no read()
            }
          });
      begun.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void close() {
      connection.close().toCompletableFuture().orTimeout(5, TimeUnit.SECONDS).join();
      group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
  }

  /** Reads a response and keeps its hash. */
  class Digester implements ResponseListener {
    private final CompletableFuture<String> result;
    private final MessageDigest digest = sha256();
    private final AtomicReference<InboundBody> source = new AtomicReference<>();

    Digester(CompletableFuture<String> result) {
      this.result = result;
    }

    @Override
    public void onHead(ResponseHead head, InboundBody body) {
      if (head.status() != 200) {
        result.completeExceptionally(new AssertionError("status " + head.status()));
      }
      source.set(body);
      body.read();
    }

    @Override
    public void onData(ByteBuf data) {
      digest.update(data.nioBuffer());
      data.release();
      source.get().read();
    }

    @Override
    public void onEnd() {
      result.complete(hex(digest));
    }

    @Override
    public void onFailure(HttpException failure) {
      result.completeExceptionally(failure);
    }
  }

  final class ByTcp implements GatewayClient {
    private final List<HttpClient> clients = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final String base;

    ByTcp(int port, HttpClient.Version version, int connections) throws Exception {
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
      for (int i = 0; i < connections; i++) {
        clients.add(
            HttpClient.newBuilder()
                .version(version)
                .sslContext(tls)
                .connectTimeout(PATIENCE)
                .build());
      }
      base = "https://127.0.0.1:" + port;
    }

    private HttpClient client() {
      return clients.get(next.getAndIncrement() % clients.size());
    }

    private HttpRequest request(String path) {
      return HttpRequest.newBuilder(URI.create(base + path)).timeout(PATIENCE).build();
    }

    @Override
    public CompletableFuture<String> fetch(String path) {
      return client()
          .sendAsync(request(path), BodyHandlers.ofByteArray())
          .thenApply(
              response -> {
                if (response.statusCode() != 200) {
                  throw new AssertionError("status " + response.statusCode());
                }
                MessageDigest digest = sha256();
                digest.update(response.body());
                return hex(digest);
              });
    }

    @Override
    public void fetchWithoutReading(String path) throws Exception {
      HttpResponse<InputStream> response =
          client().send(request(path), BodyHandlers.ofInputStream());
      if (response.statusCode() != 200) {
        throw new AssertionError("status " + response.statusCode());
      }
    }

    @Override
    public void close() {
      clients.forEach(HttpClient::shutdownNow);
      clients.forEach(HttpClient::close);
    }
  }
}
