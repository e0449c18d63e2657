package dev.memux.tls;

import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Credentials and the scheme to sign a handshake with, as the peer can verify it. */
record Signer(TlsCredentials credentials, SignatureScheme scheme) {
  /**
   * The first that the peer can verify altogether, or else the first whose key it can verify: RFC
   * 8446 §4.4.2.2 prefers a chain that the peer may not like to none. Null: no key will do.
   */
  static @Nullable Signer choose(List<TlsCredentials> candidates, SignatureOffer offer) {
    Signer withKey = null;
    for (TlsCredentials credentials : candidates) {
      SignatureScheme scheme = credentials.schemeFor(offer);
      if (scheme == null) {
        continue;
      }
      Signer signer = new Signer(credentials, scheme);
      if (verifiesChain(offer, credentials)) {
        return signer;
      }
      withKey = withKey == null ? signer : withKey;
    }
    return withKey;
  }

  private static boolean verifiesChain(SignatureOffer offer, TlsCredentials credentials) {
    for (X509Certificate certificate : credentials.chain()) {
      if (!isSelfSigned(certificate) && !verifies(offer, certificate)) {
        return false;
      }
    }
    return true;
  }

  /** RFC 8446 §4.4.2.2: the signature of a self-signed certificate is never checked. */
  private static boolean isSelfSigned(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
  }

  private static boolean verifies(SignatureOffer offer, X509Certificate certificate) {
    for (SignatureScheme scheme : SignatureScheme.values()) {
      if (scheme.signed(certificate) && offer.verifiesCertificates(scheme)) {
        return true;
      }
    }
    return false;
  }
}
