package dev.memux.tls;

import dev.memux.tls.ExtensionType.Place;
import java.util.EnumSet;

/**
 * A server's wish for a client certificate (RFC 8446 §4.3.2). Clients here have none and say so
 * with an empty Certificate.
 */
final class CertificateRequest {
  private CertificateRequest() {}

  static void read(HandshakeReader body) throws TlsAlertException {
    byte[] context = body.vector8(0).rest();
    Extensions extensions = Extensions.read(body.vector16(2));
    body.finish();
    extensions.requireLegal(Place.CERTIFICATE_REQUEST, EnumSet.noneOf(ExtensionType.class));
    if (context.length != 0) {
      // RFC 8446 §4.3.2: only after the handshake, which QUIC forbids (RFC 9001 §4.4).
      throw new TlsAlertException(
          AlertDescription.ILLEGAL_PARAMETER, "a certificate request with a context");
    }
    HandshakeReader schemes = extensions.required(ExtensionType.SIGNATURE_ALGORITHMS);
    schemes.vector16(2).u16List();
    schemes.finish();
  }
}
