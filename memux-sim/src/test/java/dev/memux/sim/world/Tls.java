package dev.memux.sim.world;

import dev.memux.sim.quic.WireTap;
import dev.memux.tls.PemException;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** TLS for simulated worlds: a certificate of no value, and every secret told to the tap. */
final class Tls {
  static final String SERVER_NAME = "sim.example";
  private static final String PROTOCOL = "sim";
  private static final TlsCredentials CREDENTIALS = load();

  private Tls() {}

  static TlsServerConfig server(WireTap tap) {
    return TlsServerConfig.builder()
        .credentials(CREDENTIALS)
        .applicationProtocols(PROTOCOL)
        .keyLog(tap)
        .build();
  }

  static TlsClientConfig client(WireTap tap) {
    return TlsClientConfig.builder()
        .applicationProtocols(PROTOCOL)
        .insecureTrustAny()
        .keyLog(tap)
        .build();
  }

  private static TlsCredentials load() {
    try {
      return TlsCredentials.fromPem(resource("server.pem"), resource("server.key"));
    } catch (PemException | URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path resource(String name) throws URISyntaxException {
    URL url = Tls.class.getResource(name);
    if (url == null) {
      throw new IllegalStateException("no resource " + name);
    }
    return Path.of(url.toURI());
  }
}
