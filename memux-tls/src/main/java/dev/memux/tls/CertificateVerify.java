package dev.memux.tls;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Arrays;

/** CertificateVerify (RFC 8446 §4.4.3): proof that who signs holds its certificate's key. */
final class CertificateVerify {
  private static final int PADDING_BYTES = 64;

  private CertificateVerify() {}

  /**
   * Verifies one.
   *
   * @param side that has signed
   * @param transcriptHash up to and with the Certificate
   * @throws TlsAlertException illegal_parameter for a scheme that is not ours or not the key's,
   *     decrypt_error for a wrong signature
   */
  static void verify(
      Side side,
      HandshakeReader body,
      X509Certificate certificate,
      byte[] transcriptHash,
      HandshakeCrypto crypto)
      throws TlsAlertException {
    int code = body.u16();
    byte[] signature = body.vector16(0).rest();
    body.finish();
    SignatureScheme scheme = SignatureScheme.of(code);
    PublicKey key = certificate.getPublicKey();
    // RFC 8446 §4.4.3: a scheme that was offered, fits the key, and is no PKCS #1 v1.5.
    if (scheme == null || !scheme.fits(key)) {
      throw new TlsAlertException(
          AlertDescription.ILLEGAL_PARAMETER,
          "signature scheme " + code + " with a key of " + key.getAlgorithm());
    }
    try {
      if (!crypto.verify(scheme, key, content(side, transcriptHash), signature)) {
        throw new TlsAlertException(
            AlertDescription.DECRYPT_ERROR, "the signature of the handshake is wrong");
      }
    } catch (GeneralSecurityException | ProviderException e) {
      throw new TlsAlertException(
          AlertDescription.BAD_CERTIFICATE, "the certificate's key cannot be used", e);
    }
  }

  static byte[] write(
      Side side, Signer signer, byte[] transcriptHash, HandshakeCrypto crypto, SecureRandom random)
      throws TlsAlertException {
    SignatureScheme scheme = signer.scheme();
    try {
      byte[] signature =
          signer
              .credentials()
              .signingKey(crypto, scheme)
              .sign(content(side, transcriptHash), random);
      return new HandshakeWriter(HandshakeType.CERTIFICATE_VERIFY)
          .u16(scheme.code())
          .vector16(signature)
          .finish();
    } catch (GeneralSecurityException | ProviderException e) {
      throw new TlsAlertException(
          AlertDescription.INTERNAL_ERROR, "the private key does not sign", e);
    }
  }

  /** What is signed: padding keeps it from being mistaken for anything of older versions. */
  private static byte[] content(Side side, byte[] transcriptHash) {
    byte[] context = side.signatureContext().getBytes(StandardCharsets.US_ASCII);
    byte[] content = new byte[PADDING_BYTES + context.length + 1 + transcriptHash.length];
    Arrays.fill(content, 0, PADDING_BYTES, (byte) ' ');
    System.arraycopy(context, 0, content, PADDING_BYTES, context.length);
    int hashFrom = content.length - transcriptHash.length; // behind a zero
    System.arraycopy(transcriptHash, 0, content, hashFrom, transcriptHash.length);
    return content;
  }
}
