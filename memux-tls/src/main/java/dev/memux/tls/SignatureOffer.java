package dev.memux.tls;

import static dev.memux.tls.ExtensionType.SIGNATURE_ALGORITHMS;
import static dev.memux.tls.ExtensionType.SIGNATURE_ALGORITHMS_CERT;

import java.util.Arrays;

/** Which signatures a peer can verify (RFC 8446 §4.2.3), by their numbers. */
final class SignatureOffer {
  private final int[] handshake;
  private final int[] certificates;

  private SignatureOffer(int[] handshake, int[] certificates) {
    this.handshake = handshake;
    this.certificates = certificates;
  }

  /** Nothing offered if there is no signature_algorithms. */
  static SignatureOffer read(Extensions extensions) throws TlsAlertException {
    int[] handshake = extensions.numbers(SIGNATURE_ALGORITHMS);
    int[] certificates = extensions.numbers(SIGNATURE_ALGORITHMS_CERT);
    // RFC 8446 §4.2.3: without the second, the first is for both.
    return new SignatureOffer(
        handshake, extensions.has(SIGNATURE_ALGORITHMS_CERT) ? certificates : handshake);
  }

  /** What the peer can verify in CertificateVerify, its preferred ones first. */
  int[] handshake() {
    return handshake;
  }

  /** Whether the peer can verify certificates signed with {@code scheme}. */
  boolean verifiesCertificates(SignatureScheme scheme) {
    for (int code : certificates) {
      if (code == scheme.code()) {
        return true;
      }
    }
    return false;
  }

  boolean sameAs(SignatureOffer other) {
    return Arrays.equals(handshake, other.handshake)
        && Arrays.equals(certificates, other.certificates);
  }
}
