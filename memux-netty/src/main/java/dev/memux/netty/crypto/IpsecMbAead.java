package dev.memux.netty.crypto;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/** AES-GCM by ipsec-mb, in both directions. */
final class IpsecMbAead extends NativeAead {
  private static final int LONG_KEY_BYTES = 32;

  private final NativeHandle key;
  private final boolean longKey;

  IpsecMbAead(byte[] key, byte[] iv, Workspace workspace, PacketWindows windows) {
    super(iv, workspace, windows);
    this.longKey = key.length == LONG_KEY_BYTES;
    this.key = new NativeHandle(GcmCalls.newKey(), GcmCalls::freeKey);
    workspace.putKey(key);
    GcmCalls.expand(longKey, workspace.key(), this.key.address());
    workspace.wipeKey();
  }

  @Override
  boolean encrypt(
      MemorySegment header, int headerBytes, MemorySegment in, MemorySegment out, int bytes) {
    try {
      GcmCalls.encrypt(
          longKey,
          key.address(),
          workspace.context(),
          out,
          in,
          bytes,
          workspace.iv(),
          header,
          headerBytes,
          workspace.block());
    } finally {
      Reference.reachabilityFence(key);
    }
    return true;
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
      GcmCalls.decrypt(
          longKey,
          key.address(),
          workspace.context(),
          out,
          in,
          bytes,
          workspace.iv(),
          header,
          headerBytes,
          workspace.block());
    } finally {
      Reference.reachabilityFence(key);
    }
    return workspace.isBlock(packet, tagAt);
  }

  @Override
  public void close() {
    key.close();
  }
}
