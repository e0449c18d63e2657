package dev.memux.engine.packet;

import dev.memux.tls.CipherSuite;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import javax.crypto.Cipher;
import javax.crypto.spec.ChaCha20ParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** By the JDK's ciphers. */
abstract sealed class JdkHeaderProtection implements HeaderProtection {
  private static final int MASK_BYTES = 5;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private boolean closed;

  static HeaderProtection of(CipherSuite suite, byte[] key) {
    return switch (suite) {
      case TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 -> new Aes(key);
      case TLS_CHACHA20_POLY1305_SHA256 -> new ChaCha20(key);
    };
  }

  @Override
  public final long mask(byte[] d, int at) {
    if (closed) {
      throw new IllegalStateException("closed");
    }
    try {
      return maskOf(encryptedSample(d, at));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public final void close() {
    if (!closed) {
      closed = true;
      letGo();
    }
  }

  /** Others may use what it has been made of. */
  void letGo() {}

  /** The mask's bytes, and perhaps more. */
  abstract byte[] encryptedSample(byte[] d, int at) throws GeneralSecurityException;

  private static long maskOf(byte[] bytes) {
    return (bytes[0] & 0xffL) << 32 | ((int) INT.get(bytes, 1) & 0xffff_ffffL);
  }

  /** RFC 9001 §5.4.3. */
  private static final class Aes extends JdkHeaderProtection {
    /** More than handshakes under way at once let go, and not worth counting in memory. */
    private static final int MAX_SPARE = 64;

    /** Without an owner, to be given other keys: to find one takes the JDK longer than that. */
    private static final Queue<Cipher> SPARE = new ArrayBlockingQueue<>(MAX_SPARE);

    private final SecretKeySpec key;
    private final byte[] block = new byte[SAMPLE_BYTES];

    /** Made for the first packet, which in many a handshake never comes. */
    private @Nullable Cipher cipher;

    Aes(byte[] key) {
      this.key = new SecretKeySpec(key, "AES");
    }

    private Cipher cipher() throws GeneralSecurityException {
      Cipher known = cipher;
      if (known == null) {
        Cipher spare = SPARE.poll();
        known = spare == null ? JdkProtection.cipher("AES/ECB/NoPadding") : spare;
        known.init(Cipher.ENCRYPT_MODE, key);
        cipher = known;
      }
      return known;
    }

    @Override
    byte[] encryptedSample(byte[] d, int at) throws GeneralSecurityException {
      cipher().update(d, at, SAMPLE_BYTES, block, 0);
      return block;
    }

    @Override
    void letGo() {
      if (cipher != null) {
        SPARE.offer(cipher);
        cipher = null;
      }
    }
  }

  /** RFC 9001 §5.4.4. */
  private static final class ChaCha20 extends JdkHeaderProtection {
    private static final VarHandle LITTLE_ENDIAN_INT =
        MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final byte[] ZEROS = new byte[MASK_BYTES];

    private final Cipher cipher = JdkProtection.cipher("ChaCha20");
    private final SecretKeySpec key;
    private final byte[] nonce = new byte[SAMPLE_BYTES - Integer.BYTES];
    private final byte[] keyStream = new byte[MASK_BYTES];

    ChaCha20(byte[] key) {
      this.key = new SecretKeySpec(key, "ChaCha20");
    }

    @Override
    byte[] encryptedSample(byte[] d, int at) throws GeneralSecurityException {
      int counter = (int) LITTLE_ENDIAN_INT.get(d, at);
      System.arraycopy(d, at + Integer.BYTES, nonce, 0, nonce.length);
      // Decryption is the same key stream; in encryption the JDK refuses the nonce of the call
      // before, which a duplicated packet brings again.
      cipher.init(Cipher.DECRYPT_MODE, key, new ChaCha20ParameterSpec(nonce, counter));
      cipher.update(ZEROS, 0, MASK_BYTES, keyStream, 0);
      return keyStream;
    }
  }
}
