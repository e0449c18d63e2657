package dev.memux.tls;

import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a completed handshake agreed on.
 *
 * @param applicationProtocol chosen by ALPN (RFC 7301)
 * @param group of the key exchange; null: TLS over TCP does not tell
 * @param serverName on a server what the client asked for by SNI, on a client the name or address
 *     it wanted; null: the client named none
 * @param peerCertificates as presented, the end entity's first; empty if the peer presented none;
 *     of a resumed session those of the first one
 * @param resumed from a ticket: the certificates were not presented again (RFC 8446 §2.2)
 * @param earlyData what became of the client's early data (RFC 8446 §2.3)
 */
public record TlsSession(
    String applicationProtocol,
    CipherSuite suite,
    @Nullable NamedGroup group,
    @Nullable String serverName,
    List<X509Certificate> peerCertificates,
    boolean resumed,
    EarlyData earlyData) {
  public TlsSession {
    peerCertificates = List.copyOf(peerCertificates);
  }

  /** The same session, of which something else became of the client's early data. */
  public TlsSession withEarlyData(EarlyData other) {
    return new TlsSession(
        applicationProtocol, suite, group, serverName, peerCertificates, resumed, other);
  }

  /** Certificates by their subjects only: in full they fill a page each. */
  @Override
  public String toString() {
    return "TlsSession[%s, %s, %s, %s, %s%s%s]"
        .formatted(
            applicationProtocol,
            suite,
            group,
            serverName,
            peerCertificates.stream().map(X509Certificate::getSubjectX500Principal).toList(),
            resumed ? ", resumed" : "",
            earlyData == EarlyData.NONE ? "" : ", early data " + earlyData);
  }
}
