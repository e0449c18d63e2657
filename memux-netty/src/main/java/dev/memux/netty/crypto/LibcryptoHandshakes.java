package dev.memux.netty.crypto;

import dev.memux.tls.HandshakeCrypto;
import dev.memux.tls.SignatureScheme;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;

/**
 * X25519, ECDH and ECDSA by libcrypto, as quick in the first handshake as in the millionth;
 * whatever else there is, by the JDK. So are private keys that do not leave their provider.
 */
final class LibcryptoHandshakes implements HandshakeCrypto {
  /** Loads what it needs besides {@link Evp}, and tries it. */
  static LibcryptoHandshakes load() {
    Library.require(EcFunctions.SYMBOLS);
    Library.require(PkeyFunctions.SYMBOLS);
    LibcryptoHandshakes loaded = new LibcryptoHandshakes();
    for (Curve curve : Curve.values()) {
      loaded.tryAgreement(curve);
    }
    return loaded;
  }

  /** A library may have a function and lack what it is for, as in FIPS mode. */
  private void tryAgreement(Curve curve) {
    try (AgreementKey one = generate(curve);
        AgreementKey other = generate(curve)) {
      if (!Arrays.equals(one.agree(other.share()), other.agree(one.share()))) {
        throw new UnsupportedOperationException("libcrypto does not agree with itself on " + curve);
      }
    } catch (GeneralSecurityException | IllegalStateException e) {
      throw new UnsupportedOperationException("libcrypto has no " + curve, e);
    }
  }

  @Override
  public AgreementKey generate(Curve curve, SecureRandom random) {
    return generate(curve);
  }

  private static AgreementKey generate(Curve curve) {
    return switch (curve) {
      case X25519 -> X25519Key.generate();
      case P256 -> EcAgreementKey.generate();
    };
  }

  @Override
  public SigningKey signingKey(SignatureScheme scheme, PrivateKey key)
      throws GeneralSecurityException {
    EcCurve curve = EcCurve.of(scheme);
    if (curve != null && key instanceof ECPrivateKey ec && ec.getEncoded() != null) {
      return new EcSigningKey(curve, ec);
    }
    return JDK.signingKey(scheme, key);
  }

  @Override
  public boolean verify(SignatureScheme scheme, PublicKey key, byte[] content, byte[] signed)
      throws GeneralSecurityException {
    EcCurve curve = EcCurve.of(scheme);
    if (curve != null && key instanceof ECPublicKey ec) {
      return EcVerification.verify(curve, ec, content, signed);
    }
    return JDK.verify(scheme, key, content, signed);
  }
}
