package dev.memux.engine.packet;

import dev.memux.tls.CipherSuite;
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

/** By the JDK's ciphers. Heap arrays only: on direct buffers the JDK takes twice the time. */
final class JdkAead implements Aead {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final Cipher cipher;
  private final int cipherMode;
  private final SecretKeySpec key;
  private final boolean gcm;
  private final byte[] nonce;
  private final long ivLowBits;
  private boolean closed;

  /**
   * @param cipherMode {@link Cipher#ENCRYPT_MODE} or {@link Cipher#DECRYPT_MODE}
   */
  JdkAead(CipherSuite suite, byte[] key, byte[] iv, int cipherMode) {
    String algorithm =
        switch (suite) {
          case TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 -> "AES";
          case TLS_CHACHA20_POLY1305_SHA256 -> "ChaCha20";
        };
    this.gcm = algorithm.equals("AES");
    this.cipher = JdkProtection.cipher(gcm ? "AES/GCM/NoPadding" : "ChaCha20-Poly1305");
    this.cipherMode = cipherMode;
    this.key = new SecretKeySpec(key, algorithm);
    this.nonce = iv.clone();
    this.ivLowBits = (long) LONG.get(nonce, NONCE_BYTES - Long.BYTES);
  }

  @Override
  public void seal(
      long packetNumber,
      byte[] packet,
      int from,
      int headerBytes,
      int payloadBytes,
      byte[] out,
      int outFrom) {
    requireOpen();
    try {
      cipher.init(cipherMode, key, parameters(packetNumber));
      cipher.updateAAD(packet, from, headerBytes);
      cipher.doFinal(packet, from + headerBytes, payloadBytes, out, outFrom);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot seal packet " + packetNumber, e);
    }
  }

  @Override
  public boolean open(
      long packetNumber,
      byte[] packet,
      int from,
      int headerBytes,
      int sealedBytes,
      byte[] out,
      int outFrom) {
    requireOpen();
    try {
      cipher.init(cipherMode, key, parameters(packetNumber));
      cipher.updateAAD(packet, from, headerBytes);
      cipher.doFinal(packet, from + headerBytes, sealedBytes, out, outFrom);
      return true;
    } catch (AEADBadTagException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot open packet " + packetNumber, e);
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("closed");
    }
  }

  /** RFC 9001 §5.3: the nonce is the IV with the packet number added to it, bit by bit. */
  private AlgorithmParameterSpec parameters(long packetNumber) {
    LONG.set(nonce, NONCE_BYTES - Long.BYTES, ivLowBits ^ packetNumber);
    return gcm ? new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce) : new IvParameterSpec(nonce);
  }
}
