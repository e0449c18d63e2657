package dev.memux.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Whose word a client takes for who a server is. */
final class ServerTrust {
  private static final ServerTrust ANY = new ServerTrust(null);

  private final @Nullable X509ExtendedTrustManager trustManager;

  private ServerTrust(@Nullable X509ExtendedTrustManager trustManager) {
    this.trustManager = trustManager;
  }

  static ServerTrust of(X509ExtendedTrustManager trustManager) {
    return new ServerTrust(trustManager);
  }

  /** PKIX with these as trust anchors. */
  static ServerTrust of(Collection<X509Certificate> authorities) {
    if (authorities.isEmpty()) {
      throw new IllegalArgumentException("no certificates to trust");
    }
    try {
      KeyStore anchors = KeyStore.getInstance("PKCS12");
      anchors.load(null, null);
      int i = 0;
      for (X509Certificate authority : authorities) {
        anchors.setCertificateEntry(Integer.toString(i++), authority);
      }
      return pkix(anchors);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException("cannot trust these certificates", e);
    }
  }

  /** PKIX with the JDK's trust anchors, loaded once. */
  static ServerTrust jdkDefault() {
    return JdkDefault.TRUST;
  }

  static ServerTrust any() {
    return ANY;
  }

  private static ServerTrust pkix(@Nullable KeyStore anchors) throws GeneralSecurityException {
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(anchors);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager x509) {
        return new ServerTrust(x509);
      }
    }
    throw new GeneralSecurityException("no X509ExtendedTrustManager for PKIX");
  }

  /** Loaded on first use: reading the JDK's anchors takes tens of milliseconds. */
  private static final class JdkDefault {
    static final ServerTrust TRUST = load();

    private static ServerTrust load() {
      try {
        return pkix(null);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("cannot load the JDK's trust store", e);
      }
    }
  }
}
