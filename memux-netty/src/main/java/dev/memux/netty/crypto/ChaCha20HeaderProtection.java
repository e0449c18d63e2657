package dev.memux.netty.crypto;

import dev.memux.engine.packet.HeaderProtection;
import java.lang.ref.Reference;

/** RFC 9001 §5.4.4: the sample is block counter and nonce, which is what libcrypto's IV is. */
final class ChaCha20HeaderProtection implements HeaderProtection {
  private static final int MASK_BYTES = 5;

  private final CipherContext cipher;
  private final Workspace workspace;

  /**
   * @param cipher ChaCha20, of {@link Evp#cipher}
   */
  ChaCha20HeaderProtection(long cipher, byte[] key, Workspace workspace) {
    this.cipher = new CipherContext(cipher, key, true, workspace);
    this.workspace = workspace;
  }

  @Override
  public long mask(byte[] d, int at) {
    workspace.iv(d, at);
    try {
      long context = cipher.address();
      int ok = Evp.setIv(context, workspace.iv());
      ok &=
          Evp.update(context, workspace.block(), workspace.length(), workspace.zeros(), MASK_BYTES);
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
  }
}
