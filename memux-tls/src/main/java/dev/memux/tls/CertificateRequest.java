package dev.memux.tls;

import dev.memux.tls.ExtensionType.Place;
import java.util.EnumSet;

/** A server's wish for a client certificate (RFC 8446 §4.3.2). */
final class CertificateRequest {
  private CertificateRequest() {}

  /** What the server can verify. Authorities and filters that it may name are not heeded. */
  static SignatureOffer read(HandshakeReader body) throws TlsAlertException {
    byte[] context = body.vector8(0).rest();
    Extensions extensions = Extensions.read(body.vector16(2));
    body.finish();
    extensions.requireLegal(Place.CERTIFICATE_REQUEST, EnumSet.noneOf(ExtensionType.class));
    if (context.length != 0) {
      // RFC 8446 §4.3.2: only after the handshake, which QUIC forbids (RFC 9001 §4.4).
      throw new TlsAlertException(
          AlertDescription.ILLEGAL_PARAMETER, "a certificate request with a context");
    }
    extensions.required(ExtensionType.SIGNATURE_ALGORITHMS);
    return SignatureOffer.read(extensions);
  }

  static byte[] write() {
    HandshakeWriter w = new HandshakeWriter(HandshakeType.CERTIFICATE_REQUEST);
    w.u8(0); // no context
    int extensions = w.open(2);
    SignatureScheme.writeOffer(w);
    w.close(extensions, 2);
    return w.finish();
  }
}
