package dev.memux.tls;

import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a server must know to resume a session; it travels, encrypted, in the ticket itself.
 *
 * @param suite of the session; a resumed one may have another with the same hash
 * @param quicVersion of the connection that it was given out on, which it is good for (RFC 9369 §5)
 * @param serverName that the client asked for, in lower case; null: none
 * @param credentialsHash of the certificate that the server has shown, SHA-256
 * @param authenticatedMillis when both sides last proved who they are, by the clock of the keys
 * @param issuedMillis when it was given out, by the clock of the keys
 * @param ageAdd what the client hides its age with
 * @param earlyDataHash of what early data relies on ({@link EarlyDataTerms#hash}); empty: it allows
 *     none
 * @param clientCertificates as the client presented them; perhaps none
 */
record Ticket(
    CipherSuite suite,
    byte[] preSharedKey,
    String applicationProtocol,
    int quicVersion,
    @Nullable String serverName,
    byte[] credentialsHash,
    long authenticatedMillis,
    long issuedMillis,
    long ageAdd,
    byte[] earlyDataHash,
    List<X509Certificate> clientCertificates) {
  /** A ticket comes back in every ClientHello, and must fit it. */
  static final int MAX_CERTIFICATES_BYTES = 4 * 1024;

  private static final int FORMAT = 3;

  /** Null if the client's certificates are too long. */
  byte @Nullable [] encode() {
    HandshakeWriter w = new HandshakeWriter();
    w.u8(FORMAT).u16(suite.code()).vector8(preSharedKey);
    w.vector8(applicationProtocol.getBytes(StandardCharsets.ISO_8859_1));
    w.u32(quicVersion & 0xffff_ffffL);
    w.vector8((serverName == null ? "" : serverName).getBytes(StandardCharsets.US_ASCII));
    w.vector8(credentialsHash);
    w.u32(authenticatedMillis >>> 32).u32(authenticatedMillis);
    w.u32(issuedMillis >>> 32).u32(issuedMillis);
    w.u32(ageAdd).vector8(earlyDataHash);
    int certificates = w.open(2);
    for (X509Certificate certificate : clientCertificates) {
      w.vector24(encode(certificate));
    }
    if (w.length() - certificates > MAX_CERTIFICATES_BYTES) {
      return null;
    }
    w.close(certificates, 2);
    return w.finish();
  }

  /**
   * @throws TlsAlertException if the bytes are not those of a ticket of this format
   */
  static Ticket decode(byte[] encoded) throws TlsAlertException {
    HandshakeReader r = new HandshakeReader(encoded, 0, encoded.length);
    int format = r.u8();
    CipherSuite suite = CipherSuite.of(r.u16());
    if (format != FORMAT || suite == null) {
      throw new TlsAlertException(AlertDescription.DECODE_ERROR, "a ticket of another format");
    }
    byte[] preSharedKey = r.vector8(1).rest();
    String protocol = new String(r.vector8(1).rest(), StandardCharsets.ISO_8859_1);
    int quicVersion = (int) r.u32();
    String name = new String(r.vector8(0).rest(), StandardCharsets.US_ASCII);
    byte[] credentialsHash = r.vector8(1).rest();
    long authenticatedMillis = r.u32() << 32 | r.u32();
    long issuedMillis = r.u32() << 32 | r.u32();
    long ageAdd = r.u32();
    byte[] earlyDataHash = r.vector8(0).rest();
    List<X509Certificate> certificates = new ArrayList<>();
    for (HandshakeReader list = r.vector16(0); list.hasMore(); ) {
      certificates.add(CertificateMessage.parse(list.vector24(1).rest()));
    }
    r.finish();
    return new Ticket(
        suite,
        preSharedKey,
        protocol,
        quicVersion,
        name.isEmpty() ? null : name,
        credentialsHash,
        authenticatedMillis,
        issuedMillis,
        ageAdd,
        earlyDataHash,
        certificates);
  }

  @Override
  public String toString() {
    return "Ticket[" + suite + ", " + applicationProtocol + ", " + serverName + "]";
  }

  private static byte[] encode(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that was parsed cannot be encoded", e);
    }
  }
}
