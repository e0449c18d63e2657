package dev.memux.tls;

import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;
import static dev.memux.tls.AlertDescription.INTERNAL_ERROR;

import dev.memux.tls.HandshakeCrypto.Curve;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.KEM;

/**
 * A client's half of X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem §4): in shares and in the secret
 * ML-KEM-768 (FIPS 203) stands first, X25519 after it. Unlike a Diffie-Hellman share, the server's
 * depends on the client's: it holds a ciphertext instead of a key.
 */
final class HybridKeyExchange implements KeyExchange {
  static final int ENCAPSULATION_KEY_BYTES = 1184;
  static final int CIPHERTEXT_BYTES = 1088;

  private static final String ML_KEM = "ML-KEM-768";

  /** What the JDK's encoding (X.509) puts before the bytes of FIPS 203: lengths and the OID. */
  private static final byte[] X509_HEADER =
      HexFormat.of().parseHex("308204b2300b0609608648016503040402038204a100");

  private final KeyPair kemKeys;
  private final DiffieHellman x25519;

  private HybridKeyExchange(KeyPair kemKeys, DiffieHellman x25519) {
    this.kemKeys = kemKeys;
    this.x25519 = x25519;
  }

  /** The half that is also a key of the group X25519. */
  DiffieHellman x25519() {
    return x25519;
  }

  static HybridKeyExchange generate(HandshakeCrypto crypto, SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(ML_KEM);
      generator.initialize(NamedParameterSpec.ML_KEM_768, random);
      return new HybridKeyExchange(generator.generateKeyPair(), newX25519(crypto, random));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks " + ML_KEM, e);
    }
  }

  @Override
  public byte[] share() {
    byte[] encoded = kemKeys.getPublic().getEncoded();
    byte[] kemShare = Arrays.copyOfRange(encoded, X509_HEADER.length, encoded.length);
    return join(kemShare, x25519.share());
  }

  /**
   * The server's half, from a client's share.
   *
   * @throws TlsAlertException illegal_parameter if the share fails FIPS 203's check of
   *     encapsulation keys or holds an X25519 point of low order
   */
  static Answer answer(byte[] clientShare, HandshakeCrypto crypto, SecureRandom random)
      throws TlsAlertException {
    requireLength(clientShare, ENCAPSULATION_KEY_BYTES);
    try (DiffieHellman x25519 = newX25519(crypto, random)) {
      KEM.Encapsulated encapsulated =
          encapsulate(Arrays.copyOf(clientShare, ENCAPSULATION_KEY_BYTES), random);
      byte[] x25519Secret = x25519.agree(tail(clientShare, ENCAPSULATION_KEY_BYTES));
      return new Answer(
          join(encapsulated.encapsulation(), x25519.share()),
          joinSecrets(encapsulated.key().getEncoded(), x25519Secret));
    }
  }

  /**
   * The shared secret. A ciphertext that was tampered with is not noticed here: it gives another
   * secret (FIPS 203 §6.3), and then nothing that follows can be decrypted.
   *
   * @param serverShare an {@link Answer#share}
   */
  @Override
  public byte[] agree(byte[] serverShare) throws TlsAlertException {
    requireLength(serverShare, CIPHERTEXT_BYTES);
    byte[] x25519Secret = x25519.agree(tail(serverShare, CIPHERTEXT_BYTES));
    byte[] kemSecret =
        decapsulate(kemKeys.getPrivate(), Arrays.copyOf(serverShare, CIPHERTEXT_BYTES));
    return joinSecrets(kemSecret, x25519Secret);
  }

  @Override
  public void close() {
    x25519.close();
  }

  private static DiffieHellman newX25519(HandshakeCrypto crypto, SecureRandom random) {
    return KeyExchange.diffieHellman(Curve.X25519, crypto, random);
  }

  private static KEM.Encapsulated encapsulate(byte[] encapsulationKey, SecureRandom random)
      throws TlsAlertException {
    try {
      PublicKey key =
          KeyFactory.getInstance(ML_KEM)
              .generatePublic(new X509EncodedKeySpec(join(X509_HEADER, encapsulationKey)));
      // draft-ietf-tls-ecdhe-mlkem §4.2, FIPS 203 §7.2: the JDK makes the modulus check, without
      // which a crafted key could bend the arithmetic.
      return KEM.getInstance(ML_KEM).newEncapsulator(key, random).encapsulate();
    } catch (InvalidKeyException | InvalidKeySpecException e) {
      throw new TlsAlertException(ILLEGAL_PARAMETER, "key share without a valid ML-KEM key", e);
    } catch (GeneralSecurityException | ProviderException e) {
      throw new TlsAlertException(INTERNAL_ERROR, "encapsulation failed", e);
    }
  }

  private static byte[] decapsulate(PrivateKey key, byte[] ciphertext) throws TlsAlertException {
    try {
      return KEM.getInstance(ML_KEM).newDecapsulator(key).decapsulate(ciphertext).getEncoded();
    } catch (GeneralSecurityException | ProviderException e) {
      throw new TlsAlertException(INTERNAL_ERROR, "decapsulation failed", e);
    }
  }

  /** draft-ietf-tls-ecdhe-mlkem §4: both parts have one length. */
  private static void requireLength(byte[] share, int kemBytes) throws TlsAlertException {
    if (share.length != kemBytes + Curve.X25519.shareBytes()) {
      throw new TlsAlertException(
          ILLEGAL_PARAMETER, "hybrid key share of " + share.length + " bytes");
    }
  }

  private static byte[] tail(byte[] share, int from) {
    return Arrays.copyOfRange(share, from, share.length);
  }

  private static byte[] joinSecrets(byte[] first, byte[] second) {
    byte[] all = join(first, second);
    Arrays.fill(first, (byte) 0);
    Arrays.fill(second, (byte) 0);
    return all;
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
