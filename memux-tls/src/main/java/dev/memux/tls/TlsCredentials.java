package dev.memux.tls;

import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/** A certificate chain and the private key of its first certificate. Immutable. */
public final class TlsCredentials {
  private final List<X509Certificate> chain;
  private final PrivateKey privateKey;

  /**
   * @param chain the end entity's certificate first, each following one certifying the one before
   * @throws IllegalArgumentException if the key does not belong to the first certificate or cannot
   *     sign TLS 1.3 handshakes
   */
  public TlsCredentials(List<X509Certificate> chain, PrivateKey privateKey) {
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("an empty certificate chain");
    }
    this.chain = List.copyOf(chain);
    this.privateKey = privateKey;
  }

  /**
   * Reads PEM files.
   *
   * @throws PemException if a file cannot be read or does not hold what it should
   * @throws IllegalArgumentException as the constructor
   */
  public static TlsCredentials fromPem(Path chain, Path key) throws PemException {
    return new TlsCredentials(Pem.certificates(chain), Pem.privateKey(key));
  }

  public List<X509Certificate> chain() {
    return chain;
  }

  PrivateKey privateKey() {
    return privateKey;
  }

  @Override
  public String toString() {
    return "TlsCredentials[" + chain.getFirst().getSubjectX500Principal() + "]";
  }
}
