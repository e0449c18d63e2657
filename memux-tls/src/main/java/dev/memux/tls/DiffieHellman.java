package dev.memux.tls;

import dev.memux.tls.HandshakeCrypto.AgreementKey;
import dev.memux.tls.HandshakeCrypto.Curve;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.ProviderException;
import java.util.Arrays;

/** Diffie-Hellman over a curve (RFC 8446 §4.2.8.2, §7.4.2); both sides do the same. */
final class DiffieHellman implements KeyExchange {
  private static final int UNCOMPRESSED_POINT = 4; // RFC 8446 §4.2.8.2

  private final Curve curve;
  private final AgreementKey key;

  DiffieHellman(Curve curve, AgreementKey key) {
    this.curve = curve;
    this.key = key;
  }

  @Override
  public byte[] share() {
    return key.share();
  }

  /**
   * The shared secret.
   *
   * @throws TlsAlertException illegal_parameter for a share that is no point of the group, or one
   *     of low order
   */
  @Override
  public byte[] agree(byte[] peerShare) throws TlsAlertException {
    if (peerShare.length != curve.shareBytes()) {
      throw illegalShare("of " + peerShare.length + " bytes");
    }
    if (curve == Curve.P256 && peerShare[0] != UNCOMPRESSED_POINT) {
      throw illegalShare("is not an uncompressed point");
    }
    try {
      byte[] secret = key.agree(peerShare);
      requireNonZero(secret);
      return secret;
    } catch (InvalidKeyException e) {
      throw illegalShare("is not a point of the group");
    } catch (GeneralSecurityException | ProviderException e) {
      throw new TlsAlertException(AlertDescription.INTERNAL_ERROR, "key agreement failed", e);
    }
  }

  @Override
  public void close() {
    key.close();
  }

  /** RFC 8446 §7.4.2 wants this check in any case; not everybody may have made it. */
  private void requireNonZero(byte[] secret) throws TlsAlertException {
    int any = 0;
    for (byte b : secret) {
      any |= b;
    }
    if (any == 0) {
      Arrays.fill(secret, (byte) 0);
      throw illegalShare("gives an all-zero secret");
    }
  }

  private TlsAlertException illegalShare(String problem) {
    return new TlsAlertException(
        AlertDescription.ILLEGAL_PARAMETER, "key share on " + curve + " " + problem);
  }
}
