package dev.memux.tls;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;

/**
 * Who does the arithmetic of handshakes with public and private keys: agreement (RFC 8446 §7.4.2)
 * and signatures (§4.4.3). What is exchanged is judged before it comes here, and what comes of it
 * after. Any thread may call; what it makes is used by one thread at a time, except for a {@link
 * SigningKey}.
 */
public interface HandshakeCrypto {
  /** The JDK's providers: whatever keys they have, and no randomness but what is given. */
  HandshakeCrypto JDK = new JdkHandshakeCrypto();

  /** A curve for Diffie-Hellman (RFC 8446 §4.2.8.2). */
  enum Curve {
    /** Shares are u coordinates, 32 bytes (RFC 7748 §5). */
    X25519(32),
    /** Shares are uncompressed points, 65 bytes. */
    P256(65);

    private final int shareBytes;

    Curve(int shareBytes) {
      this.shareBytes = shareBytes;
    }

    /** The length of a share. */
    public int shareBytes() {
      return shareBytes;
    }
  }

  /** An ephemeral key. */
  interface AgreementKey extends AutoCloseable {
    /** The public half, as RFC 8446 §4.2.8.2 encodes it. */
    byte[] share();

    /**
     * The shared secret: an x coordinate, which may still be zero.
     *
     * @param peerShare of the curve's length and form
     * @throws InvalidKeyException if {@code peerShare} is no point of the curve
     * @throws GeneralSecurityException if it cannot be done here
     */
    byte[] agree(byte[] peerShare) throws GeneralSecurityException;

    /** Lets the private half go. */
    @Override
    void close();
  }

  /** A private key that is ready to sign, for as long as somebody has it; for any thread. */
  interface SigningKey {
    /**
     * @param random for implementations without randomness of their own
     */
    byte[] sign(byte[] content, SecureRandom random) throws GeneralSecurityException;
  }

  /**
   * Makes an ephemeral key.
   *
   * @param random for implementations without randomness of their own
   */
  AgreementKey generate(Curve curve, SecureRandom random);

  /**
   * Makes a key ready to sign, be it one that only its provider can use.
   *
   * @param scheme for which it is
   */
  SigningKey signingKey(SignatureScheme scheme, PrivateKey key) throws GeneralSecurityException;

  /**
   * Whether {@code signed} is a signature of {@code content}; false also if it cannot be parsed.
   *
   * @param key that {@code scheme} is for
   */
  boolean verify(SignatureScheme scheme, PublicKey key, byte[] content, byte[] signed)
      throws GeneralSecurityException;
}
