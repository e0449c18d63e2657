package dev.memux.tls;

import static dev.memux.tls.AlertDescription.HANDSHAKE_FAILURE;
import static dev.memux.tls.AlertDescription.NO_APPLICATION_PROTOCOL;

import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a server chooses from a ClientHello (RFC 8446 §4.1.1).
 *
 * @param group whose share may be missing: then a HelloRetryRequest asks for it
 * @param isNamed the client's server_name decided on the credentials
 */
record ServerChoice(
    String applicationProtocol,
    CipherSuite suite,
    NamedGroup group,
    TlsCredentials credentials,
    SignatureScheme scheme,
    boolean isNamed) {

  static ServerChoice of(TlsServerConfig config, ClientHello hello) throws TlsAlertException {
    String applicationProtocol = applicationProtocol(config, hello);
    CipherSuite suite = suite(config, hello);
    NamedGroup group = group(config, hello);
    HostCredentials.Match host = config.hosts().match(hello.serverName());
    TlsCredentials credentials = credentials(host.credentials(), hello);
    SignatureScheme scheme = credentials == null ? null : credentials.schemeFor(hello);
    if (credentials == null || scheme == null) {
      throw new TlsAlertException(HANDSHAKE_FAILURE, "no common signature algorithm");
    }
    return new ServerChoice(applicationProtocol, suite, group, credentials, scheme, host.isNamed());
  }

  /** RFC 9001 §8.1: QUIC needs ALPN, so its absence counts as having none in common. */
  private static String applicationProtocol(TlsServerConfig config, ClientHello hello)
      throws TlsAlertException {
    for (String name : config.applicationProtocols()) {
      if (hello.applicationProtocols().contains(name)) {
        return name;
      }
    }
    throw new TlsAlertException(NO_APPLICATION_PROTOCOL, "no common application protocol");
  }

  private static CipherSuite suite(TlsServerConfig config, ClientHello hello)
      throws TlsAlertException {
    for (CipherSuite suite : config.cipherSuites()) {
      if (hello.offers(suite)) {
        return suite;
      }
    }
    throw new TlsAlertException(HANDSHAKE_FAILURE, "no common cipher suite");
  }

  /** A group whose share is there before a better one that costs a round trip. */
  private static NamedGroup group(TlsServerConfig config, ClientHello hello)
      throws TlsAlertException {
    NamedGroup supported = null;
    for (NamedGroup group : config.groups()) {
      if (hello.keyShare(group) != null) {
        return group;
      }
      if (supported == null && hello.supports(group)) {
        supported = group;
      }
    }
    if (supported == null) {
      throw new TlsAlertException(HANDSHAKE_FAILURE, "no common key exchange group");
    }
    return supported;
  }

  /**
   * The first that the client can verify altogether, or else the first whose key it can verify: RFC
   * 8446 §4.4.2.2 prefers a chain that the client may not like to none.
   */
  private static @Nullable TlsCredentials credentials(
      List<TlsCredentials> candidates, ClientHello hello) {
    TlsCredentials withKey = null;
    for (TlsCredentials credentials : candidates) {
      if (credentials.schemeFor(hello) == null) {
        continue;
      }
      if (verifiesChain(hello, credentials)) {
        return credentials;
      }
      withKey = withKey == null ? credentials : withKey;
    }
    return withKey;
  }

  private static boolean verifiesChain(ClientHello hello, TlsCredentials credentials) {
    for (X509Certificate certificate : credentials.chain()) {
      if (!isSelfSigned(certificate) && !verifies(hello, certificate)) {
        return false;
      }
    }
    return true;
  }

  /** RFC 8446 §4.4.2.2: the signature of a self-signed certificate is never checked. */
  private static boolean isSelfSigned(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
  }

  private static boolean verifies(ClientHello hello, X509Certificate certificate) {
    for (SignatureScheme scheme : SignatureScheme.values()) {
      if (scheme.signed(certificate) && hello.verifiesCertificates(scheme)) {
        return true;
      }
    }
    return false;
  }
}
