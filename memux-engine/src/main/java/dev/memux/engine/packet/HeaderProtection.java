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

/** Hides packet numbers and the low bits of the first byte (RFC 9001 §5.4). */
abstract sealed class HeaderProtection {
  static final int SAMPLE_BYTES = 16;
  private static final int MASK_BYTES = 5;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  static HeaderProtection of(CipherSuite suite, byte[] secret) {
    byte[] key = Aead.headerProtectionKey(suite, secret);
    return switch (suite) {
      case TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 -> new Aes(key);
      case TLS_CHACHA20_POLY1305_SHA256 -> new ChaCha20(key);
    };
  }

  /** The five mask bytes for the sample at {@code d[at..at + 16)}, the first one highest. */
  abstract long mask(byte[] d, int at);

  /** Adds the mask to the first byte: the low four bits of long headers, five of short ones. */
  static byte maskFirstByte(byte firstByte, long mask) {
    return (byte) (firstByte ^ ((mask >>> 32) & (firstByte < 0 ? 0x0f : 0x1f)));
  }

  /** Adds the mask to the packet number. */
  static void maskPacketNumber(byte[] d, int at, int bytes, long mask) {
    for (int i = 0; i < bytes; i++) {
      d[at + i] ^= (byte) (mask >>> (24 - i * Byte.SIZE));
    }
  }

  private static long maskOf(byte[] bytes) {
    return (bytes[0] & 0xffL) << 32 | ((int) INT.get(bytes, 1) & 0xffff_ffffL);
  }

  /** RFC 9001 §5.4.3. */
  private static final class Aes extends HeaderProtection {
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
        known = Aead.cipher("AES/ECB/NoPadding");
        known.init(Cipher.ENCRYPT_MODE, key);
        cipher = known;
      }
      return known;
    }

    @Override
    long mask(byte[] d, int at) {
      try {
        cipher().update(d, at, SAMPLE_BYTES, block, 0);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
      return maskOf(block);
    }
  }

  /** RFC 9001 §5.4.4. */
  private static final class ChaCha20 extends HeaderProtection {
    private static final VarHandle LITTLE_ENDIAN_INT =
        MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final byte[] ZEROS = new byte[MASK_BYTES];

    private final Cipher cipher = Aead.cipher("ChaCha20");
    private final SecretKeySpec key;
    private final byte[] nonce = new byte[SAMPLE_BYTES - Integer.BYTES];
    private final byte[] keyStream = new byte[MASK_BYTES];

    ChaCha20(byte[] key) {
      this.key = new SecretKeySpec(key, "ChaCha20");
    }

    @Override
    long mask(byte[] d, int at) {
      int counter = (int) LITTLE_ENDIAN_INT.get(d, at);
      System.arraycopy(d, at + Integer.BYTES, nonce, 0, nonce.length);
      try {
        // Decryption is the same key stream; in encryption the JDK refuses the nonce of the call
        // before, which a duplicated packet brings again.
        cipher.init(Cipher.DECRYPT_MODE, key, new ChaCha20ParameterSpec(nonce, counter));
        cipher.update(ZEROS, 0, MASK_BYTES, keyStream, 0);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
      return maskOf(keyStream);
    }
  }
}
