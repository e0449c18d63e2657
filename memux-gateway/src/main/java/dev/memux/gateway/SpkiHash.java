package dev.memux.gateway;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.Base64;

/** The hash by which browsers can be told to accept one key (RFC 7469 §2.4). */
public final class SpkiHash {
  private SpkiHash() {}

  /** Base64 of the SHA-256 of the certificate's SubjectPublicKeyInfo. */
  public static String of(X509Certificate certificate) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      byte[] hash = sha256.digest(certificate.getPublicKey().getEncoded());
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
