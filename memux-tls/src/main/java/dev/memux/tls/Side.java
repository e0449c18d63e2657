package dev.memux.tls;

/** Who signs a handshake (RFC 8446 §4.4.3). */
enum Side {
  CLIENT("TLS 1.3, client CertificateVerify"),
  SERVER("TLS 1.3, server CertificateVerify");

  private final String signatureContext;

  Side(String signatureContext) {
    this.signatureContext = signatureContext;
  }

  /** Stands before what is signed, so that one side's signature is of no use as the other's. */
  String signatureContext() {
    return signatureContext;
  }
}
