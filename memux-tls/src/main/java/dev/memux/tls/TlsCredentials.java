package dev.memux.tls;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A certificate chain and the private key of its first certificate. Immutable. */
public final class TlsCredentials {
  /** What public authorities demand; smaller ones are within reach of attackers. */
  private static final int MIN_RSA_BITS = 2048;

  private final List<X509Certificate> chain;
  private final PrivateKey privateKey;
  private final List<SignatureScheme> schemes;
  private final byte[] hash;
  private volatile @Nullable Prepared prepared;

  /** The private key in the hands of who does the arithmetic. */
  private record Prepared(
      HandshakeCrypto crypto, SignatureScheme scheme, HandshakeCrypto.SigningKey key) {
    @SuppressWarnings("ReferenceEquality") // they have no other identity
    boolean isFor(HandshakeCrypto who, SignatureScheme by) {
      return who == crypto && by == scheme;
    }
  }

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
    PublicKey publicKey = chain.getFirst().getPublicKey();
    if (publicKey instanceof RSAKey rsa && rsa.getModulus().bitLength() < MIN_RSA_BITS) {
      throw new IllegalArgumentException("an RSA key of less than " + MIN_RSA_BITS + " bits");
    }
    this.schemes =
        Arrays.stream(SignatureScheme.values()).filter(scheme -> scheme.fits(publicKey)).toList();
    if (schemes.isEmpty()) {
      throw new IllegalArgumentException(
          "no TLS 1.3 signature algorithm here for a key of " + publicKey.getAlgorithm());
    }
    requirePair(schemes.getFirst(), publicKey, privateKey);
    this.hash = sha256(chain.getFirst());
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

  /** The peer's most preferred scheme that this key can sign with, or null: none. */
  @Nullable SignatureScheme schemeFor(SignatureOffer offer) {
    for (int code : offer.handshake()) {
      SignatureScheme scheme = SignatureScheme.of(code);
      if (scheme != null && schemes.contains(scheme)) {
        return scheme;
      }
    }
    return null;
  }

  /** Of the first certificate, by SHA-256. */
  byte[] hash() {
    return hash;
  }

  /** The private key, ready to sign by {@code crypto}: made once, and kept with the credentials. */
  HandshakeCrypto.SigningKey signingKey(HandshakeCrypto crypto, SignatureScheme scheme)
      throws GeneralSecurityException {
    Prepared known = prepared;
    if (known == null || !known.isFor(crypto, scheme)) {
      known = new Prepared(crypto, scheme, crypto.signingKey(scheme, privateKey));
      prepared = known; // whatever another thread has made meanwhile is as good
    }
    return known.key;
  }

  /** The key of the first certificate. */
  public PrivateKey privateKey() {
    return privateKey;
  }

  @Override
  public String toString() {
    return "TlsCredentials[" + chain.getFirst().getSubjectX500Principal() + "]";
  }

  private static byte[] sha256(X509Certificate certificate) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("certificate cannot be encoded", e);
    }
  }

  private static void requirePair(
      SignatureScheme scheme, PublicKey publicKey, PrivateKey privateKey) {
    byte[] probe = new byte[32];
    try {
      if (scheme.verify(publicKey, probe, scheme.sign(privateKey, probe, new SecureRandom()))) {
        return;
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("the private key does not fit the certificate", e);
    }
    throw new IllegalArgumentException("the private key does not fit the certificate");
  }
}
