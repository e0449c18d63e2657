package dev.memux.tls;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * That a server's certificates were found good: to judge them again takes a signature check for
 * each, which is most of what a resumed handshake saves.
 *
 * @param trust whose verdict it is
 * @param serverName for which it was given
 */
record TrustVerdict(CertificateTrust trust, ServerName serverName) {
  /** Whether {@code judge} would say the same now of the same certificates. */
  boolean holds(
      CertificateTrust judge, ServerName name, List<X509Certificate> chain, long nowMillis) {
    return judge == trust
        && judge.isConstant()
        && name.equals(serverName)
        && Verdicts.areValid(chain, Instant.ofEpochMilli(nowMillis));
  }
}
