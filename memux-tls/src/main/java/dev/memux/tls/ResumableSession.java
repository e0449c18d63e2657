package dev.memux.tls;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;

/**
 * A ticket that a server gave a client, with what belongs to it (RFC 8446 §4.6.1). It holds the
 * session's secret: keep it in memory. Immutable.
 */
public final class ResumableSession {
  private static final long MAX_LIFETIME_MILLIS = Duration.ofDays(7).toMillis();

  private final CipherSuite suite;
  private final byte[] preSharedKey;
  private final NewSessionTicket ticket;
  private final long receivedMillis;
  private final String applicationProtocol;
  private final List<X509Certificate> peerCertificates;
  private final List<TlsCredentials> credentials;

  /**
   * @param session in which the ticket came
   * @param credentials that the client was ready to present then
   */
  ResumableSession(
      TlsSession session,
      byte[] preSharedKey,
      NewSessionTicket ticket,
      long receivedMillis,
      List<TlsCredentials> credentials) {
    this.suite = session.suite();
    this.preSharedKey = preSharedKey;
    this.ticket = ticket;
    this.receivedMillis = receivedMillis;
    this.applicationProtocol = session.applicationProtocol();
    this.peerCertificates = session.peerCertificates();
    this.credentials = credentials;
  }

  CipherSuite suite() {
    return suite;
  }

  byte[] preSharedKey() {
    return preSharedKey;
  }

  byte[] ticket() {
    return ticket.ticket();
  }

  List<X509Certificate> peerCertificates() {
    return peerCertificates;
  }

  boolean hasHashOf(CipherSuite other) {
    return suite.hashAlgorithm().equals(other.hashAlgorithm());
  }

  /** RFC 8446 §4.2.11.1: modulo 2^32, so that an observer cannot link connections by it. */
  long obfuscatedAge(long nowMillis) {
    return (nowMillis - receivedMillis + ticket.ageAdd()) & 0xffff_ffffL;
  }

  /**
   * Whether a client of {@code config} may offer it. The server's certificate is judged again: who
   * is trusted may have changed, or other clients may have filled the cache.
   */
  boolean isUsable(TlsClientConfig config, ServerName serverName, long nowMillis) {
    long ageMillis = nowMillis - receivedMillis;
    // RFC 8446 §4.6.1: seven days at most, whatever the server says.
    return ageMillis >= 0
        && ageMillis < Math.min(MAX_LIFETIME_MILLIS, 1000 * ticket.lifetimeSeconds())
        && config.applicationProtocols().contains(applicationProtocol)
        && config.cipherSuites().stream().anyMatch(this::hasHashOf)
        && config.credentials().equals(credentials) // or it would pass for somebody else
        && isTrusted(config, serverName);
  }

  @Override
  public String toString() {
    return "ResumableSession[" + suite + ", " + applicationProtocol + "]";
  }

  private boolean isTrusted(TlsClientConfig config, ServerName serverName) {
    try {
      config.trust().checkServer(peerCertificates, serverName, suite);
      return true;
    } catch (TlsAlertException e) {
      return false; // the full handshake will say so
    }
  }
}
