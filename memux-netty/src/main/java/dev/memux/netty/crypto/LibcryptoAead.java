package dev.memux.netty.crypto;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/** By libcrypto. */
final class LibcryptoAead extends NativeAead {
  private final CipherContext cipher;

  /**
   * @param cipher of {@link Evp#cipher}
   */
  LibcryptoAead(
      long cipher,
      byte[] key,
      byte[] iv,
      boolean seals,
      Workspace workspace,
      PacketWindows windows) {
    super(iv, workspace, windows);
    this.cipher = new CipherContext(cipher, key, seals, workspace);
  }

  @Override
  boolean encrypt(
      MemorySegment header, int headerBytes, MemorySegment in, MemorySegment out, int bytes) {
    try {
      long context = cipher.address();
      long length = workspace.length();
      int ok = Evp.setIv(context, workspace.iv());
      ok &= Evp.authenticate(context, length, header, headerBytes);
      ok &= Evp.update(context, out, length, in, bytes);
      ok &= Evp.finish(context, workspace.block(), length);
      ok &= Evp.takeTag(context, workspace.block());
      return ok == 1;
    } finally {
      Reference.reachabilityFence(cipher);
    }
  }

  @Override
  boolean decrypt(
      MemorySegment header,
      int headerBytes,
      MemorySegment in,
      MemorySegment out,
      int bytes,
      byte[] packet,
      int tagAt) {
    try {
      long context = cipher.address();
      long length = workspace.length();
      workspace.putBlock(packet, tagAt);
      int ok = Evp.setIv(context, workspace.iv());
      ok &= Evp.expectTag(context, workspace.block());
      ok &= Evp.authenticate(context, length, header, headerBytes);
      ok &= Evp.update(context, out, length, in, bytes);
      if (ok != 1) {
        throw new IllegalStateException("libcrypto cannot open a packet");
      }
      return Evp.finish(context, workspace.block(), length) == 1;
    } finally {
      Reference.reachabilityFence(cipher);
    }
  }

  @Override
  public void close() {
    cipher.close();
  }
}
