package dev.memux.tls;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PSSParameterSpec;
import org.jspecify.annotations.Nullable;

/** Signature algorithms of RFC 8446 §4.2.3, the preferred ones first. */
public enum SignatureScheme {
  ECDSA_SECP256R1_SHA256(0x0403, KeyKind.P256, "SHA256withECDSA"),
  ED25519(0x0807, KeyKind.ED25519, "Ed25519"),
  ECDSA_SECP384R1_SHA384(0x0503, KeyKind.P384, "SHA384withECDSA"),
  RSA_PSS_RSAE_SHA256(0x0804, KeyKind.RSA, "SHA-256", 32),
  RSA_PSS_RSAE_SHA384(0x0805, KeyKind.RSA, "SHA-384", 48),
  RSA_PSS_RSAE_SHA512(0x0806, KeyKind.RSA, "SHA-512", 64),
  RSA_PSS_PSS_SHA256(0x0809, KeyKind.RSA_PSS, "SHA-256", 32),
  RSA_PSS_PSS_SHA384(0x080a, KeyKind.RSA_PSS, "SHA-384", 48),
  RSA_PSS_PSS_SHA512(0x080b, KeyKind.RSA_PSS, "SHA-512", 64),
  // RFC 8446 §4.2.3: in certificates only, never in a handshake.
  RSA_PKCS1_SHA256(0x0401, KeyKind.NONE, "SHA256withRSA"),
  RSA_PKCS1_SHA384(0x0501, KeyKind.NONE, "SHA384withRSA"),
  RSA_PKCS1_SHA512(0x0601, KeyKind.NONE, "SHA512withRSA");

  /** Which end-entity keys may use a scheme in CertificateVerify. */
  private enum KeyKind {
    P256,
    P384,
    ED25519,
    RSA,
    RSA_PSS,
    NONE
  }

  private final int code;
  private final KeyKind keyKind;
  private final String algorithm;

  @SuppressWarnings("ImmutableEnumChecker") // it has no setters
  private final @Nullable PSSParameterSpec pss;

  SignatureScheme(int code, KeyKind keyKind, String algorithm) {
    this.code = code;
    this.keyKind = keyKind;
    this.algorithm = algorithm;
    this.pss = null;
  }

  SignatureScheme(int code, KeyKind keyKind, String hash, int saltBytes) {
    this.code = code;
    this.keyKind = keyKind;
    this.algorithm = "RSASSA-PSS";
    // RFC 8446 §4.2.3: MGF1 with the same hash, a salt as long as the hash.
    this.pss =
        new PSSParameterSpec(
            hash,
            "MGF1",
            new MGF1ParameterSpec(hash),
            saltBytes,
            PSSParameterSpec.TRAILER_FIELD_BC);
  }

  /** The number on the wire. */
  public int code() {
    return code;
  }

  /** The JDK's name of the algorithm, as certificates carry it. */
  String algorithm() {
    return algorithm;
  }

  static @Nullable SignatureScheme of(int code) {
    for (SignatureScheme scheme : values()) {
      if (scheme.code == code) {
        return scheme;
      }
    }
    return null;
  }

  /** Writes signature_algorithms: all of them. */
  static void writeOffer(HandshakeWriter w) {
    int extension = w.openExtension(ExtensionType.SIGNATURE_ALGORITHMS);
    int list = w.open(2);
    for (SignatureScheme scheme : values()) {
      w.u16(scheme.code());
    }
    w.close(list, 2);
    w.close(extension, 2);
  }

  /** Whether a handshake may be signed with this scheme by {@code key}. */
  boolean fits(PublicKey key) {
    return switch (keyKind) {
      case P256 -> key instanceof ECPublicKey ec && Curves.isOn(Curves.P256, ec);
      case P384 -> key instanceof ECPublicKey ec && Curves.isOn(Curves.P384, ec);
      case ED25519 ->
          key instanceof EdECPublicKey ed
              && ed.getParams().getName().equals(NamedParameterSpec.ED25519.getName());
      case RSA -> key.getAlgorithm().equals("RSA") && hasRoom(key);
      case RSA_PSS -> key.getAlgorithm().equals("RSASSA-PSS") && hasRoom(key) && allowsPss(key);
      case NONE -> false;
    };
  }

  /** Whether {@code certificate} is signed with this scheme (for EC: with its hash). */
  boolean signed(X509Certificate certificate) {
    return certificate.getSigAlgName().equalsIgnoreCase(algorithm);
  }

  byte[] sign(PrivateKey key, byte[] content, SecureRandom random) throws GeneralSecurityException {
    Signature signature = newSignature();
    signature.initSign(key, random);
    signature.update(content);
    return signature.sign();
  }

  /** False also for a signature that cannot be parsed. */
  boolean verify(PublicKey key, byte[] content, byte[] signed) throws GeneralSecurityException {
    Signature signature = newSignature();
    signature.initVerify(key);
    signature.update(content);
    try {
      return signature.verify(signed);
    } catch (SignatureException e) {
      return false;
    }
  }

  private Signature newSignature() throws GeneralSecurityException {
    Signature signature = Signature.getInstance(algorithm);
    if (pss != null) {
      signature.setParameter(pss);
    }
    return signature;
  }

  /** RFC 8017 §9.1.1: the encoded message holds hash, salt and two bytes more. */
  private boolean hasRoom(PublicKey key) {
    return pss != null
        && key instanceof RSAKey rsa
        && (rsa.getModulus().bitLength() - 1 + 7) / 8 >= 2 * pss.getSaltLength() + 2;
  }

  /** A PSS key may be bound to a hash and a least salt length (RFC 4055 §3.1). */
  private boolean allowsPss(PublicKey key) {
    if (pss == null || !(key instanceof RSAKey rsa)) {
      return false;
    }
    return !(rsa.getParams() instanceof PSSParameterSpec bound)
        || (bound.getDigestAlgorithm().equalsIgnoreCase(pss.getDigestAlgorithm())
            && bound.getSaltLength() <= pss.getSaltLength());
  }
}
