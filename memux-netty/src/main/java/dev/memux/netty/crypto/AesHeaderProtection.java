package dev.memux.netty.crypto;

import dev.memux.engine.packet.HeaderProtection;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.tls.CipherSuite;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * RFC 9001 §5.4.3: the mask is a sample, encrypted as a single block. That is a matter of 13 ns for
 * the JDK and of 60 for libcrypto, but the JDK takes longer to set up a key, which most keys, those
 * of handshakes, are hardly worth. So the JDK takes over once a key has been used often.
 */
final class AesHeaderProtection implements HeaderProtection {
  /** Keys of connections that are mostly idle take years to get there, and no heap until then. */
  static final int FIRST_MASKS = 1024;

  private final CipherSuite suite;
  private final byte[] key;
  private final CipherContext cipher;
  private final Workspace workspace;
  private @Nullable HeaderProtection successor;
  private int masks;

  /**
   * @param cipher AES without chaining (ECB), of {@link Evp#cipher}
   */
  AesHeaderProtection(CipherSuite suite, long cipher, byte[] key, Workspace workspace) {
    this.suite = suite;
    this.key = key.clone();
    this.cipher = new CipherContext(cipher, key, true, workspace);
    this.workspace = workspace;
  }

  @Override
  public long mask(byte[] d, int at) {
    HeaderProtection other = successor;
    if (other != null) {
      return other.mask(d, at);
    }
    long mask = encrypt(d, at);
    if (++masks == FIRST_MASKS) {
      successor = PacketProtection.JDK.headerProtection(suite, key);
      cipher.close();
    }
    return mask;
  }

  private long encrypt(byte[] d, int at) {
    workspace.iv(d, at); // as good a place as any
    try {
      int ok =
          Evp.update(
              cipher.address(),
              workspace.block(),
              workspace.length(),
              workspace.iv(),
              Workspace.BLOCK_BYTES);
      if (ok != 1) {
        throw new IllegalStateException("cannot encrypt a sample");
      }
    } finally {
      Reference.reachabilityFence(cipher);
    }
    return workspace.mask();
  }

  @Override
  public void close() {
    cipher.close();
    if (successor != null) {
      successor.close();
    }
  }
}
