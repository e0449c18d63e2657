package dev.memux.engine.packet;

import dev.memux.tls.CipherSuite;
import dev.memux.tls.Hkdf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * One direction of packet protection under one key (RFC 9001 §5.3), by the JDK's ciphers. Heap
 * arrays only: on direct buffers the JDK takes twice the time.
 */
final class Aead {
  static final int TAG_BYTES = 16;
  private static final int NONCE_BYTES = 12;
  private static final byte[] NO_CONTEXT = {};

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final Cipher cipher;
  private final int cipherMode;
  private final SecretKeySpec key;
  private final boolean gcm;
  private final byte[] nonce;
  private final long ivLowBits;

  /**
   * @param cipherMode {@link Cipher#ENCRYPT_MODE} or {@link Cipher#DECRYPT_MODE}
   */
  Aead(CipherSuite suite, byte[] secret, int cipherMode) {
    String algorithm =
        switch (suite) {
          case TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 -> "AES";
          case TLS_CHACHA20_POLY1305_SHA256 -> "ChaCha20";
        };
    this.gcm = algorithm.equals("AES");
    this.cipher = cipher(gcm ? "AES/GCM/NoPadding" : "ChaCha20-Poly1305");
    this.cipherMode = cipherMode;
    this.key =
        new SecretKeySpec(
            Hkdf.expandLabel(suite, secret, "quic key", NO_CONTEXT, suite.keyBytes()), algorithm);
    this.nonce = Hkdf.expandLabel(suite, secret, "quic iv", NO_CONTEXT, NONCE_BYTES);
    this.ivLowBits = (long) LONG.get(nonce, NONCE_BYTES - Long.BYTES);
  }

  /** The secret of the next key phase (RFC 9001 §6.1). */
  static byte[] nextSecret(CipherSuite suite, byte[] secret) {
    return Hkdf.expandLabel(suite, secret, "quic ku", NO_CONTEXT, suite.hashBytes());
  }

  /** The key of header protection, which outlives key updates (RFC 9001 §5.4). */
  static byte[] headerProtectionKey(CipherSuite suite, byte[] secret) {
    return Hkdf.expandLabel(suite, secret, "quic hp", NO_CONTEXT, suite.keyBytes());
  }

  static Cipher cipher(String transformation) {
    try {
      return Cipher.getInstance(transformation);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks " + transformation, e);
    }
  }

  /** Encrypts, and appends the tag to what it writes at {@code out[outFrom..]}. */
  void seal(
      long packetNumber,
      byte[] header,
      int headerFrom,
      int headerBytes,
      byte[] payload,
      int payloadFrom,
      int payloadBytes,
      byte[] out,
      int outFrom) {
    try {
      cipher.init(cipherMode, key, parameters(packetNumber));
      cipher.updateAAD(header, headerFrom, headerBytes);
      cipher.doFinal(payload, payloadFrom, payloadBytes, out, outFrom);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot seal packet " + packetNumber, e);
    }
  }

  /**
   * Decrypts {@code sealedBytes}, the tag included.
   *
   * @return whether they are authentic; if not, {@code out} holds no plaintext
   */
  boolean open(
      long packetNumber,
      byte[] datagram,
      int headerFrom,
      int headerBytes,
      int sealedBytes,
      byte[] out,
      int outFrom) {
    try {
      cipher.init(cipherMode, key, parameters(packetNumber));
      cipher.updateAAD(datagram, headerFrom, headerBytes);
      cipher.doFinal(datagram, headerFrom + headerBytes, sealedBytes, out, outFrom);
      return true;
    } catch (AEADBadTagException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot open packet " + packetNumber, e);
    }
  }

  /** RFC 9001 §5.3: the nonce is the IV with the packet number added to it, bit by bit. */
  private AlgorithmParameterSpec parameters(long packetNumber) {
    LONG.set(nonce, NONCE_BYTES - Long.BYTES, ivLowBits ^ packetNumber);
    return gcm ? new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce) : new IvParameterSpec(nonce);
  }
}
