package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.gateway.DevelopmentCertificate;
import dev.memux.gateway.StateDirectory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tech.kwik.flupke.Http3Client;

/** With Kwik, and Flupke's HTTP/3 on it, at the other end: files come over whole. */
@Timeout(300)
final class KwikTest {
  private static final int FILES = 100;
  private static final int FILE_BYTES = 256 << 10;

  @TempDir private Path folder;

  @Test
  void theirClientFetchesFromTheGateway() throws Exception {
    Path root = folder.resolve("root");
    Path got = Files.createDirectory(folder.resolve("got"));
    List<String> names = RandomFiles.write(root, FILES, FILE_BYTES);
    int port = FreePort.find();
    try (MemuxProcess gateway = MemuxProcess.gateway(folder, port, "--root=" + root)) {
      HttpClient client =
          Http3Client.newBuilder().trustManager(trusting(gateway.stateDirectory())).build();
      List<CompletableFuture<HttpResponse<Path>>> answers = new ArrayList<>();
      for (String name : names) {
        HttpRequest request =
            HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/" + name)).build();
        answers.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofFile(got.resolve(name))));
      }
      for (CompletableFuture<HttpResponse<Path>> answer : answers) {
        assertEquals(200, answer.get(120, TimeUnit.SECONDS).statusCode());
      }
      RandomFiles.assertSame(root, got, names);
      assertEquals("", gateway.errors());
    }
  }

  private static X509TrustManager trusting(StateDirectory state) throws Exception {
    X509Certificate certificate = DevelopmentCertificate.certificate(state);
    KeyStore anchors = KeyStore.getInstance(KeyStore.getDefaultType());
    anchors.load(null, null);
    anchors.setCertificateEntry("memux", certificate);
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(anchors);
    return (X509TrustManager) factory.getTrustManagers()[0];
  }
}
