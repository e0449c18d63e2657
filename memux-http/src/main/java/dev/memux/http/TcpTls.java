package dev.memux.http;

import dev.memux.tls.TlsCredentials;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;

/**
 * TLS for TCP, by the JDK or, where netty-tcnative is on the class path, by OpenSSL. HTTP/2 and
 * HTTP/1.1 are told apart by ALPN (RFC 7301).
 */
final class TcpTls {
  /** Sessions that are remembered for clients that cannot keep a ticket themselves. */
  private static final int SESSION_CACHE_SIZE = 10_000;

  // In IANA's registry of ALPN tokens; curl --http1.0 offers nothing else.
  private static final String HTTP_1_0 = "http/1.0";

  private static final int SESSION_SECONDS = 3_600;

  private TcpTls() {}

  /**
   * A context that presents what fits the client.
   *
   * @throws IllegalArgumentException if TLS cannot work with these credentials
   */
  static SslContext context(List<TlsCredentials> credentials) {
    boolean openSsl = OpenSsl.isAvailable();
    try {
      return SslContextBuilder.forServer(keys(credentials))
          .sslProvider(openSsl ? SslProvider.OPENSSL : SslProvider.JDK)
          .protocols("TLSv1.3", "TLSv1.2")
          // RFC 9113 §9.2.2: what is left of TLS 1.2 is ephemeral and authenticated.
          .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
          .applicationProtocolConfig(
              new ApplicationProtocolConfig(
                  Protocol.ALPN,
                  openSsl
                      ? SelectorFailureBehavior.NO_ADVERTISE
                      : SelectorFailureBehavior.FATAL_ALERT,
                  SelectedListenerFailureBehavior.ACCEPT,
                  ApplicationProtocolNames.HTTP_2,
                  ApplicationProtocolNames.HTTP_1_1,
                  HTTP_1_0))
          .sessionCacheSize(SESSION_CACHE_SIZE)
          .sessionTimeout(SESSION_SECONDS)
          .build();
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException("TLS over TCP cannot use the certificate", e);
    }
  }

  private static KeyManagerFactory keys(List<TlsCredentials> credentials)
      throws GeneralSecurityException, IOException {
    char[] noPassword = new char[0];
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, noPassword);
    for (int i = 0; i < credentials.size(); i++) {
      TlsCredentials each = credentials.get(i);
      store.setKeyEntry(
          "key" + i, each.privateKey(), noPassword, each.chain().toArray(X509Certificate[]::new));
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, noPassword);
    return factory;
  }
}
