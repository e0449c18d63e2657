package dev.memux.tls;

import static dev.memux.tls.AlertDescription.HANDSHAKE_FAILURE;
import static dev.memux.tls.AlertDescription.MISSING_EXTENSION;
import static dev.memux.tls.AlertDescription.NO_APPLICATION_PROTOCOL;

import java.util.List;

/**
 * What a server chooses from a ClientHello (RFC 8446 §4.1.1).
 *
 * @param group whose share may be missing: then a HelloRetryRequest asks for it
 * @param credentials of the host that the client wants
 * @param isNamed the client's server_name decided on the credentials
 */
record ServerChoice(
    String applicationProtocol,
    CipherSuite suite,
    NamedGroup group,
    List<TlsCredentials> credentials,
    boolean isNamed) {

  static ServerChoice of(TlsServerConfig config, ClientHello hello) throws TlsAlertException {
    String applicationProtocol = applicationProtocol(config, hello);
    CipherSuite suite = suite(config, hello);
    NamedGroup group = group(config, hello);
    HostCredentials.Match host = config.hosts().match(hello.serverName());
    return new ServerChoice(applicationProtocol, suite, group, host.credentials(), host.isNamed());
  }

  /** Who signs, if the session is not resumed. */
  Signer signer(ClientHello hello) throws TlsAlertException {
    if (!hello.has(ExtensionType.SIGNATURE_ALGORITHMS)) {
      throw new TlsAlertException(MISSING_EXTENSION, "no signature_algorithms"); // RFC 8446 §4.2.3
    }
    Signer signer = Signer.choose(credentials, hello.signatures());
    if (signer == null) {
      throw new TlsAlertException(HANDSHAKE_FAILURE, "no common signature algorithm");
    }
    return signer;
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
}
