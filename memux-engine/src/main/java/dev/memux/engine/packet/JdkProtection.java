package dev.memux.engine.packet;

import dev.memux.tls.CipherSuite;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;

/** Packet protection by the JDK's ciphers. Closing has nothing to free: it is all on the heap. */
final class JdkProtection implements PacketProtection {
  @Override
  public String name() {
    return "JDK";
  }

  @Override
  public Aead sealing(CipherSuite suite, byte[] key, byte[] iv) {
    return new JdkAead(suite, key, iv, Cipher.ENCRYPT_MODE);
  }

  @Override
  public Aead opening(CipherSuite suite, byte[] key, byte[] iv) {
    return new JdkAead(suite, key, iv, Cipher.DECRYPT_MODE);
  }

  @Override
  public HeaderProtection headerProtection(CipherSuite suite, byte[] key) {
    return JdkHeaderProtection.of(suite, key);
  }

  /** A cipher that every JDK has. */
  static Cipher cipher(String transformation) {
    try {
      return Cipher.getInstance(transformation);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks " + transformation, e);
    }
  }
}
