package dev.memux.http.guide;

import static dev.memux.netty.CarrierType.QUIC;
import static dev.memux.netty.CarrierType.TCP;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.memux.session.Session;
import dev.memux.session.SessionClient;
import dev.memux.session.SessionServer;
import dev.memux.session.Stream;
import dev.memux.tls.Pem;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/** The code of the README. */
final class ReadmeExample {
  private ReadmeExample() {}

  // region echo-server
  static void serve(Path chain, Path key, int port) throws Exception {
    var tls = TlsServerConfig.builder().credentials(TlsCredentials.fromPem(chain, key));
    tls.applicationProtocols("echo");
    try (SessionServer server =
            SessionServer.builder()
                .carriers(QUIC, TCP)
                .tls(tls.build())
                .listen(new InetSocketAddress(port));
        Session session = server.accept(); // waits for a client
        Stream stream = session.accept()) { // and for a stream of its
      stream.inputStream().transferTo(stream.outputStream());
    }
  }

  // endregion

  // region echo-client
  static String ask(Path trusted, int port) throws Exception {
    var tls = TlsClientConfig.builder().trustedCertificates(Pem.certificates(trusted));
    tls.applicationProtocols("echo");
    var client = SessionClient.builder().carriers(QUIC, TCP).tls(tls.build()).build();
    try (Session session = client.connect("localhost", port);
        Stream stream = session.open()) {
      stream.outputStream().write("hello".getBytes(UTF_8));
      stream.shutdownOutput();
      return new String(stream.inputStream().readAllBytes(), UTF_8);
    }
  }
  // endregion
}
