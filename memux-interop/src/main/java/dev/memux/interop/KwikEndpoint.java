package dev.memux.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.memux.cli.http09.Http09;
import dev.memux.tls.Pem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import tech.kwik.agent15.TlsConstants;
import tech.kwik.core.QuicClientConnection;
import tech.kwik.core.QuicConnection;
import tech.kwik.core.QuicSessionTicket;
import tech.kwik.core.QuicStream;
import tech.kwik.core.impl.QuicClientConnectionImpl;
import tech.kwik.core.log.NullLogger;
import tech.kwik.core.server.ApplicationProtocolConnection;
import tech.kwik.core.server.ApplicationProtocolConnectionFactory;
import tech.kwik.core.server.ServerConnectionConfig;
import tech.kwik.core.server.ServerConnector;
import tech.kwik.flupke.server.Http3ApplicationProtocolFactory;

/**
 * An endpoint of the runner on Kwik, as its users write it. HTTP/3, by Flupke, only as a server.
 */
final class KwikEndpoint {
  private static final String PASSWORD = "interop";
  private static final int MAX_STREAMS = 100;
  private static final int CONTROL_STREAMS = 3;
  private static final long WINDOW_BYTES = 1 << 20;
  private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);

  private static final long KEY_UPDATE_MILLIS = 200;

  /** For tickets, which come behind the handshake. */
  private static final long TICKET_MILLIS = 200;

  private final EndpointTask task;
  private @Nullable QuicSessionTicket ticket;

  private KwikEndpoint(EndpointTask task) {
    this.task = task;
  }

  /** Serves until it is ended, or fetches and ends. */
  public static void main(String[] arguments) throws Exception {
    EndpointTask task = new EndpointTask(arguments);
    KwikEndpoint endpoint = new KwikEndpoint(task);
    if (task.isServer()) {
      endpoint.serve();
    } else {
      for (List<URI> urls : task.connections()) {
        endpoint.fetch(urls);
      }
      System.exit(0);
    }
  }

  private void serve() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "server",
        Pem.privateKey(task.certificates().resolve("priv.key")),
        PASSWORD.toCharArray(),
        Pem.certificates(task.certificates().resolve("cert.pem")).toArray(Certificate[]::new));
    ServerConnector connector =
        ServerConnector.builder()
            .withSocket(new DatagramSocket(task.listen()))
            .withKeyStore(store, "server", PASSWORD.toCharArray())
            .withSupportedVersions(
                List.of(QuicConnection.QuicVersion.V1, QuicConnection.QuicVersion.V2))
            .withConfiguration(
                ServerConnectionConfig.builder()
                    .maxIdleTimeout((int) IDLE_TIMEOUT.toMillis())
                    .maxConnectionBufferSize(WINDOW_BYTES)
                    .maxBidirectionalStreamBufferSize(WINDOW_BYTES)
                    .maxOpenPeerInitiatedBidirectionalStreams(MAX_STREAMS)
                    .maxOpenPeerInitiatedUnidirectionalStreams(CONTROL_STREAMS)
                    .retryRequired(
                        task.testCase().equals("retry")
                            ? ServerConnectionConfig.RetryRequired.Always
                            : ServerConnectionConfig.RetryRequired.Never)
                    .build())
            .withLogger(new NullLogger())
            .build();
    connector.registerApplicationProtocol(
        task.protocol(), task.protocol().equals(Http09.ALPN) ? new Http09Answers(task) : http3());
    connector.start();
    Thread.currentThread().join();
  }

  private ApplicationProtocolConnectionFactory http3() {
    return new Http3ApplicationProtocolFactory(
        (request, response) -> {
          response.setStatus(200);
          try (OutputStream out = response.getOutputStream()) {
            Files.copy(task.file(request.path()), out);
          }
        });
  }

  /** A thread for each stream. */
  private record Http09Answers(EndpointTask task) implements ApplicationProtocolConnectionFactory {
    @Override
    public ApplicationProtocolConnection createConnection(
        String protocol, QuicConnection connection) {
      return new ApplicationProtocolConnection() {
        @Override
        public void acceptPeerInitiatedStream(QuicStream stream) {
          Thread.ofPlatform().daemon().start(() -> answer(stream));
        }
      };
    }

    @Override
    public int maxConcurrentPeerInitiatedBidirectionalStreams() {
      return MAX_STREAMS;
    }

    private void answer(QuicStream stream) {
      try (OutputStream out = stream.getOutputStream()) {
        String request = new String(stream.getInputStream().readAllBytes(), UTF_8).strip();
        Files.copy(task.file(request.substring("GET ".length())), out);
      } catch (IOException e) {
        System.err.println(e);
      }
    }
  }

  private void fetch(List<URI> urls) throws Exception {
    QuicClientConnection.Builder builder =
        QuicClientConnection.newBuilder()
            .host(task.server().getAddress().getHostAddress())
            .port(task.server().getPort())
            .applicationProtocol(task.protocol())
            .noServerCertificateCheck()
            .connectTimeout(CONNECT_TIMEOUT)
            .maxIdleTimeout(IDLE_TIMEOUT)
            .defaultStreamReceiveBufferSize(WINDOW_BYTES)
            .logger(new NullLogger());
    if (task.testCase().equals("chacha20")) {
      builder.cipherSuite(TlsConstants.CipherSuite.TLS_CHACHA20_POLY1305_SHA256);
    }
    if (task.testCase().equals("v2")) {
      builder
          .initialVersion(QuicConnection.QuicVersion.V1)
          .preferredVersion(QuicConnection.QuicVersion.V2);
    }
    QuicSessionTicket known = ticket;
    if (known != null) {
      builder.sessionTicket(known);
    }
    QuicClientConnection connection = builder.build();
    try {
      fetch(connection, urls, known != null && task.testCase().equals("zerortt"));
      remember(connection);
    } finally {
      connection.closeAndWait();
    }
  }

  private void fetch(QuicClientConnection connection, List<URI> urls, boolean early)
      throws Exception {
    List<QuicStream> streams = new ArrayList<>();
    if (early) {
      streams.addAll(
          connection.connect(
              urls.stream()
                  .map(url -> new QuicClientConnection.StreamEarlyData(request(url), true))
                  .toList()));
    } else {
      connection.connect();
    }
    if (task.testCase().equals("keyupdate")) {
      Thread.ofVirtual().start(() -> updateKeys((QuicClientConnectionImpl) connection));
    }
    try (ExecutorService workers = Executors.newFixedThreadPool(MAX_STREAMS)) {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int i = 0; i < urls.size(); i++) {
        URI url = urls.get(i);
        @Nullable QuicStream open = early ? streams.get(i) : null;
        tasks.add(
            () -> {
              download(open == null ? ask(connection, url) : open, url);
              return null;
            });
      }
      for (Future<Void> done : workers.invokeAll(tasks)) {
        done.get();
      }
    }
  }

  /** While files arrive: Kwik does it at once, whether or not the handshake is confirmed. */
  private static void updateKeys(QuicClientConnectionImpl connection) {
    try {
      Thread.sleep(KEY_UPDATE_MILLIS);
      connection.updateKeys();
      connection.ping();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static byte[] request(URI url) {
    return ("GET " + url.getPath() + "\r\n").getBytes(UTF_8);
  }

  private static QuicStream ask(QuicClientConnection connection, URI url) throws IOException {
    QuicStream stream = connection.createStream(true); // waits for the server's limit
    try (OutputStream out = stream.getOutputStream()) {
      out.write(request(url));
    }
    return stream;
  }

  private void download(QuicStream stream, URI url) throws IOException {
    Path target = task.target(url);
    try (InputStream in = stream.getInputStream()) {
      Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void remember(QuicClientConnection connection) throws InterruptedException {
    if (task.testCase().equals("resumption") || task.testCase().equals("zerortt")) {
      Thread.sleep(TICKET_MILLIS);
      List<QuicSessionTicket> tickets = connection.getNewSessionTickets();
      ticket = tickets.isEmpty() ? null : tickets.getLast();
    }
  }
}
