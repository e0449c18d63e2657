package dev.memux.tls;

/** Configurations that tests start from. */
final class Configs {
  static final String SERVER_NAME = "server.test";

  private Configs() {}

  static TlsClientConfig.Builder client() {
    return TlsClientConfig.builder()
        .applicationProtocols("h3")
        .trustedCertificates(TestFiles.certificates("ca"));
  }

  static TlsServerConfig.Builder server(String... credentials) {
    TlsCredentials[] loaded = new TlsCredentials[credentials.length];
    for (int i = 0; i < loaded.length; i++) {
      loaded[i] = TestFiles.credentials(credentials[i]);
    }
    return TlsServerConfig.builder().applicationProtocols("h3").credentials(loaded);
  }
}
