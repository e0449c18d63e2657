package dev.memux.tls;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** The certificates and keys that make-certificates.sh made. */
final class TestFiles {
  private static final Map<String, TlsCredentials> CREDENTIALS = new ConcurrentHashMap<>();

  private TestFiles() {}

  static Path path(String name) {
    try {
      return Path.of(Objects.requireNonNull(TestFiles.class.getResource(name), name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static TlsCredentials credentials(String name) {
    return CREDENTIALS.computeIfAbsent(name, TestFiles::loadCredentials);
  }

  private static TlsCredentials loadCredentials(String name) {
    try {
      return TlsCredentials.fromPem(path(name + ".pem"), path(name + ".key"));
    } catch (PemException e) {
      throw new AssertionError(e);
    }
  }

  static List<X509Certificate> certificates(String name) {
    try {
      return Pem.certificates(path(name + ".pem"));
    } catch (PemException e) {
      throw new AssertionError(e);
    }
  }
}
