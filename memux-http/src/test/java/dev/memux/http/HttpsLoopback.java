package dev.memux.http;

import dev.memux.netty.IoTransport;
import dev.memux.tls.TlsCredentials;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** A server of HTTP/2 and HTTP/1.1 on this machine, and clients that others wrote. */
final class HttpsLoopback implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(20);

  final EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(2);
  final HttpsService service;
  final HttpsServer server;

  HttpsLoopback(RequestHandler handler) throws Exception {
    this(handler, HttpsConfig.DEFAULT);
  }

  HttpsLoopback(RequestHandler handler, HttpsConfig config) throws Exception {
    service = new HttpsService(handler, List.of(credentials()), config);
    server =
        HttpsServer.bind(
            group, new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), service);
  }

  static TlsCredentials credentials() throws Exception {
    return credentials("localhost");
  }

  static TlsCredentials otherCredentials() throws Exception {
    return credentials("other");
  }

  private static TlsCredentials credentials(String name) throws Exception {
    return TlsCredentials.fromPem(
        Path.of(HttpsLoopback.class.getResource(name + "-cert.pem").toURI()),
        Path.of(HttpsLoopback.class.getResource(name + "-key.pem").toURI()));
  }

  int port() {
    return server.localAddress().getPort();
  }

  String alternatives() {
    return "h3=\":" + port() + "\"; ma=86400";
  }

  HttpClient client(HttpClient.Version version) throws Exception {
    return HttpClient.newBuilder()
        .version(version)
        .sslContext(trustingAll())
        .connectTimeout(PATIENCE)
        .build();
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port() + path))
        .timeout(PATIENCE);
  }

  /** A TLS connection on which the test says every byte itself. */
  SSLSocket connect(String applicationProtocol) throws Exception {
    SSLSocket socket =
        (SSLSocket) trustingAll().getSocketFactory().createSocket("127.0.0.1", port());
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {applicationProtocol});
    socket.setSSLParameters(parameters);
    socket.setSoTimeout((int) PATIENCE.toMillis());
    socket.startHandshake();
    return socket;
  }

  /** A TCP connection without TLS. */
  Socket connectPlain() throws Exception {
    Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port());
    socket.setSoTimeout((int) PATIENCE.toMillis());
    return socket;
  }

  static SSLContext trustingAll() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    return context;
  }

  @Override
  public void close() {
    server.close().awaitUninterruptibly(5, TimeUnit.SECONDS);
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
