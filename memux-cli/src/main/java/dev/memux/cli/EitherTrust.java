package dev.memux.cli;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts what the first trusts, else what the second does. The second is only made when it is
 * asked, as to read the JDK's trust store takes longer than a handshake.
 */
final class EitherTrust extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager first;
  private final Supplier<X509ExtendedTrustManager> second;

  private EitherTrust(X509ExtendedTrustManager first, Supplier<X509ExtendedTrustManager> second) {
    this.first = first;
    this.second = second;
  }

  /** Trusts that certificate, and whatever the JDK trusts. */
  static X509ExtendedTrustManager of(X509Certificate certificate) {
    try {
      KeyStore anchor = KeyStore.getInstance("PKCS12");
      anchor.load(null, null);
      anchor.setCertificateEntry("development", certificate);
      return new EitherTrust(pkix(anchor), EitherTrust::ofJdk);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("an empty key store can always be made", e);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    try {
      first.checkServerTrusted(chain, authType, engine);
    } catch (CertificateException e) {
      second.get().checkServerTrusted(chain, authType, engine);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("only servers of QUIC are checked");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("a server is not checked without its name");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("clients are not checked");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("clients are not checked");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("clients are not checked");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return first.getAcceptedIssuers();
  }

  private static X509ExtendedTrustManager ofJdk() {
    try {
      return pkix(null);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK's trust store cannot be read", e);
    }
  }

  private static X509ExtendedTrustManager pkix(@Nullable KeyStore anchors)
      throws GeneralSecurityException {
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(anchors);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager x509) {
        return x509;
      }
    }
    throw new GeneralSecurityException("no trust manager for PKIX");
  }
}
