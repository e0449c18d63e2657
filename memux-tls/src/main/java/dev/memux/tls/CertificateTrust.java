package dev.memux.tls;

import static java.security.cert.CertPathValidatorException.BasicReason.UNSPECIFIED;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.PKIXReason;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Whose word one side takes for who the other is. */
final class CertificateTrust {
  /** As the JDK calls it in TLS 1.3, where no cipher suite implies a kind of certificate. */
  private static final String AUTH_TYPE = "UNKNOWN";

  /** System property of the JDK: its trust managers ask who revokes certificates each time. */
  private static final String CHECKS_REVOCATION = "com.sun.net.ssl.checkRevocation";

  private static final CertificateTrust ANY =
      new CertificateTrust(new AnyCertificate(), true, null);

  private final X509ExtendedTrustManager trustManager;
  private final boolean constant;
  private final @Nullable Verdicts verdicts;

  /**
   * @param constant see {@link #isConstant}
   * @param verdicts what it has said lately; null: it is asked again each time
   */
  CertificateTrust(
      X509ExtendedTrustManager trustManager, boolean constant, @Nullable Verdicts verdicts) {
    this.trustManager = trustManager;
    this.constant = constant;
    this.verdicts = verdicts;
  }

  /** Of somebody who may change his mind at any time. */
  static CertificateTrust of(X509ExtendedTrustManager trustManager) {
    return new CertificateTrust(trustManager, false, null);
  }

  /** PKIX with these as trust anchors. */
  static CertificateTrust of(Collection<X509Certificate> authorities) {
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
  static CertificateTrust jdkDefault() {
    return JdkDefault.TRUST;
  }

  static CertificateTrust any() {
    return ANY;
  }

  /** Whether a chain that is trusted stays so until a certificate of it expires. */
  boolean isConstant() {
    return constant;
  }

  X509ExtendedTrustManager trustManager() {
    return trustManager;
  }

  /**
   * Decides whether {@code chain} proves that a server is {@code serverName}.
   *
   * @throws TlsAlertException with the alert that names the reason best (RFC 8446 §6.2)
   */
  void checkServer(List<X509Certificate> chain, ServerName serverName, CipherSuite suite)
      throws TlsAlertException {
    check(
        chain,
        serverName,
        manager ->
            manager.checkServerTrusted(
                chain.toArray(X509Certificate[]::new),
                AUTH_TYPE,
                new TrustCheckEngine(new TrustCheckSession(chain, serverName, suite))));
  }

  /**
   * Decides whether {@code chain} proves who a client is.
   *
   * @throws TlsAlertException with the alert that names the reason best (RFC 8446 §6.2)
   */
  void checkClient(List<X509Certificate> chain, CipherSuite suite) throws TlsAlertException {
    check(
        chain,
        null,
        manager ->
            manager.checkClientTrusted(
                chain.toArray(X509Certificate[]::new),
                AUTH_TYPE,
                new TrustCheckEngine(new TrustCheckSession(chain, null, suite))));
  }

  private interface Check {
    void run(X509ExtendedTrustManager manager) throws CertificateException;
  }

  private void check(List<X509Certificate> chain, @Nullable ServerName serverName, Check check)
      throws TlsAlertException {
    long nowMillis = System.currentTimeMillis(); // the JDK's trust managers go by it, too
    if (verdicts != null && verdicts.holds(serverName, chain, nowMillis)) {
      return;
    }
    try {
      check.run(trustManager);
      if (verdicts != null) {
        verdicts.add(serverName, chain, nowMillis);
      }
    } catch (CertificateException e) {
      throw new TlsAlertException(
          alert(e), "the peer's certificate is not trusted: " + rootMessage(e), e);
    } catch (RuntimeException e) {
      // Neither the certificates nor the code that looks at them are ours.
      throw new TlsAlertException(
          AlertDescription.CERTIFICATE_UNKNOWN, "the trust manager failed: " + e, e);
    }
  }

  /** What the innermost cause says: the others only repeat it behind their class names. */
  private static String rootMessage(Throwable refusal) {
    String message = refusal.toString();
    for (Throwable e = refusal; e != null; e = e.getCause()) {
      message = e.getMessage() == null ? message : e.getMessage();
    }
    return message;
  }

  private static AlertDescription alert(CertificateException refusal) {
    for (Throwable e = refusal; e != null; e = e.getCause()) {
      if (e instanceof CertPathBuilderException) {
        return AlertDescription.UNKNOWN_CA;
      }
      if (e instanceof CertificateExpiredException
          || e instanceof CertificateNotYetValidException) {
        return AlertDescription.CERTIFICATE_EXPIRED;
      }
      if (e instanceof CertPathValidatorException path && path.getReason() != UNSPECIFIED) {
        return alert(path.getReason());
      }
    }
    return AlertDescription.CERTIFICATE_UNKNOWN;
  }

  private static AlertDescription alert(CertPathValidatorException.Reason reason) {
    if (reason == PKIXReason.NO_TRUST_ANCHOR) {
      return AlertDescription.UNKNOWN_CA;
    }
    if (!(reason instanceof BasicReason basic)) {
      return AlertDescription.CERTIFICATE_UNKNOWN;
    }
    return switch (basic) {
      case EXPIRED, NOT_YET_VALID -> AlertDescription.CERTIFICATE_EXPIRED;
      case REVOKED -> AlertDescription.CERTIFICATE_REVOKED;
      case INVALID_SIGNATURE -> AlertDescription.BAD_CERTIFICATE;
      case ALGORITHM_CONSTRAINED -> AlertDescription.UNSUPPORTED_CERTIFICATE;
      case UNDETERMINED_REVOCATION_STATUS, UNSPECIFIED -> AlertDescription.CERTIFICATE_UNKNOWN;
    };
  }

  private static CertificateTrust pkix(@Nullable KeyStore anchors) throws GeneralSecurityException {
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(anchors);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager x509) {
        boolean constant = !Boolean.getBoolean(CHECKS_REVOCATION);
        return new CertificateTrust(x509, constant, constant ? new Verdicts() : null);
      }
    }
    throw new GeneralSecurityException("no X509ExtendedTrustManager for PKIX");
  }

  /** Loaded on first use: reading the JDK's anchors takes tens of milliseconds. */
  private static final class JdkDefault {
    static final CertificateTrust TRUST = load();

    private static CertificateTrust load() {
      try {
        return pkix(null);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("cannot load the JDK's trust store", e);
      }
    }
  }
}
