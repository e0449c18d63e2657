package dev.memux.tls;

import dev.memux.tls.ExtensionType.Place;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/** The Certificate message (RFC 8446 §4.4.2). */
final class CertificateMessage {
  /** Longer than any chain in use; each certificate costs parsing and path building. */
  static final int MAX_CERTIFICATES = 16;

  private CertificateMessage() {}

  /** A server's certificates, the end entity's first; never empty. */
  static List<X509Certificate> readServers(HandshakeReader body) throws TlsAlertException {
    List<X509Certificate> chain = read(body);
    if (chain.isEmpty()) {
      // RFC 8446 §4.4.2.4
      throw new TlsAlertException(AlertDescription.DECODE_ERROR, "no server certificate");
    }
    return chain;
  }

  /** A client's certificates, the end entity's first; empty: it has none to show. */
  static List<X509Certificate> readClients(HandshakeReader body) throws TlsAlertException {
    return read(body);
  }

  private static List<X509Certificate> read(HandshakeReader body) throws TlsAlertException {
    byte[] context = body.vector8(0).rest();
    if (context.length != 0) {
      // RFC 8446 §4.4.2: it repeats the CertificateRequest's; a handshake's is empty.
      throw new TlsAlertException(
          AlertDescription.ILLEGAL_PARAMETER, "a certificate with a request context");
    }
    HandshakeReader list = body.vector24(0);
    body.finish();
    List<X509Certificate> chain = new ArrayList<>();
    while (list.hasMore()) {
      if (chain.size() == MAX_CERTIFICATES) {
        throw new TlsAlertException(
            AlertDescription.ILLEGAL_PARAMETER, "more than " + MAX_CERTIFICATES + " certificates");
      }
      byte[] encoded = list.vector24(1).rest();
      Extensions extensions = Extensions.read(list.vector16(0));
      // We ask for none (neither OCSP responses nor certificate timestamps).
      extensions.requireLegal(Place.CERTIFICATE, EnumSet.noneOf(ExtensionType.class));
      chain.add(parse(encoded));
    }
    return chain;
  }

  static byte[] write(List<X509Certificate> chain) {
    HandshakeWriter w = new HandshakeWriter(HandshakeType.CERTIFICATE);
    w.u8(0); // no request context
    int list = w.open(3);
    for (X509Certificate certificate : chain) {
      w.vector24(encode(certificate)).u16(0);
    }
    w.close(list, 3);
    return w.finish();
  }

  private static byte[] encode(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException("certificate cannot be encoded", e);
    }
  }

  static X509Certificate parse(byte[] encoded) throws TlsAlertException {
    try {
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(encoded));
      // The JDK also takes PEM, and ignores what follows a certificate.
      if (Arrays.equals(certificate.getEncoded(), encoded)) {
        return certificate;
      }
      throw new TlsAlertException(
          AlertDescription.BAD_CERTIFICATE, "a certificate is not exactly one DER structure");
    } catch (CertificateException | RuntimeException e) {
      // Unchecked too: the bytes are a stranger's and the parser is not ours.
      throw new TlsAlertException(
          AlertDescription.BAD_CERTIFICATE, "a certificate cannot be parsed", e);
    }
  }
}
