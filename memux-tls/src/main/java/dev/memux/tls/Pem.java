package dev.memux.tls;

import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/** Certificates and private keys in PEM files (RFC 7468). */
public final class Pem {
  private Pem() {}

  /**
   * All certificates of a file in their order.
   *
   * @throws PemException if there is none, or one is malformed
   */
  public static List<X509Certificate> certificates(Path file) throws PemException {
    throw new UnsupportedOperationException();
  }

  /**
   * The one private key of a file: PKCS#8 ({@code PRIVATE KEY}), SEC1 ({@code EC PRIVATE KEY}) or
   * PKCS#1 ({@code RSA PRIVATE KEY}), not encrypted.
   *
   * @throws PemException if there is none or more than one, or it is malformed
   */
  public static PrivateKey privateKey(Path file) throws PemException {
    throw new UnsupportedOperationException();
  }
}
