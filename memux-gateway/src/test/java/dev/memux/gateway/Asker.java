package dev.memux.gateway;

import dev.memux.http.HttpFields;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/** Asks a gateway by one version of HTTP, so that a test can be run with each. */
interface Asker extends AutoCloseable {
  Duration PATIENCE = Duration.ofSeconds(60);

  /** The versions, by the names that {@code Via} has for them. */
  enum Version {
    HTTP_3("3"),
    HTTP_2("2"),
    HTTP_1_1("1.1");

    final String number;

    Version(String number) {
      this.number = number;
    }

    Asker open(Gateway gateway) throws Exception {
      return switch (this) {
        case HTTP_3 -> new ByHttp3(new TestClient(gateway));
        case HTTP_2 -> new ByTcp(gateway, HttpClient.Version.HTTP_2);
        case HTTP_1_1 -> new ByTcp(gateway, HttpClient.Version.HTTP_1_1);
      };
    }
  }

  record Reply(int status, HttpFields fields, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  /** Sends a request; the body is left out if it is empty. */
  CompletableFuture<Reply> send(String method, String path, Map<String, String> fields, byte[] body)
      throws Exception;

  default Reply ask(String method, String path, Map<String, String> fields, byte[] body)
      throws Exception {
    return send(method, path, fields, body).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  default Reply get(String path) throws Exception {
    return ask("GET", path, Map.of(), new byte[0]);
  }

  @Override
  void close();

  final class ByHttp3 implements Asker {
    private final TestClient client;

    ByHttp3(TestClient client) {
      this.client = client;
    }

    @Override
    public CompletableFuture<Reply> send(
        String method, String path, Map<String, String> fields, byte[] body) {
      HttpFields all = new HttpFields();
      fields.forEach(all::add);
      return client
          .send(method, path, all, body)
          .thenApply(
              response -> new Reply(response.status(), response.head().fields(), response.body()));
    }

    @Override
    public void close() {
      client.close();
    }
  }

  final class ByTcp implements Asker {
    private final HttpClient client;
    private final String base;

    ByTcp(Gateway gateway, HttpClient.Version version) throws Exception {
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
      client =
          HttpClient.newBuilder().version(version).sslContext(tls).connectTimeout(PATIENCE).build();
      base = "https://127.0.0.1:" + gateway.addresses().getFirst().getPort();
    }

    @Override
    public CompletableFuture<Reply> send(
        String method, String path, Map<String, String> fields, byte[] body) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(base + path))
              .timeout(PATIENCE)
              .method(
                  method,
                  body.length == 0
                      ? BodyPublishers.noBody()
                      : BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(body)));
      fields.forEach(request::header);
      return client
          .sendAsync(request.build(), BodyHandlers.ofByteArray())
          .thenApply(
              response -> new Reply(response.statusCode(), fields(response), response.body()));
    }

    private static HttpFields fields(HttpResponse<byte[]> response) {
      HttpFields fields = new HttpFields();
      response
          .headers()
          .map()
          .forEach(
              (name, values) -> {
                if (!name.startsWith(":")) {
                  values.forEach(value -> fields.add(name, value));
                }
              });
      return fields;
    }

    @Override
    public void close() {
      client.shutdownNow();
      client.close();
    }
  }
}
