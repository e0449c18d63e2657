package dev.memux.engine.packet;

import dev.memux.tls.CipherSuite;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
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
    closed = true;
  }

  /** The mask's bytes, and perhaps more. */
  abstract byte[] encryptedSample(byte[] d, int at) throws GeneralSecurityException;

  private static long maskOf(byte[] bytes) {
    return (bytes[0] & 0xffL) << 32 | ((int) INT.get(bytes, 1) & 0xffff_ffffL);
  }

  /** RFC 9001 §5.4.3. */
  private static final class Aes extends JdkHeaderProtection {
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
        known = JdkProtection.cipher("AES/ECB/NoPadding");
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
