package dev.memux.netty.crypto;

import dev.memux.engine.packet.Aead;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * By a native library, which reads and writes the packets on the heap: the key is set up once, a
 * packet changes the nonce only.
 */
abstract class NativeAead implements Aead {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** Has the nonce before a packet is worked on; its block is for the tag. */
  final Workspace workspace;

  private final PacketWindows windows;
  private final int ivHighBits;
  private final long ivLowBits;

  /**
   * @param windows for the direction of this key
   */
  NativeAead(byte[] iv, Workspace workspace, PacketWindows windows) {
    if (iv.length != NONCE_BYTES) {
      throw new IllegalArgumentException("IV of " + iv.length + " bytes");
    }
    this.workspace = workspace;
    this.windows = windows;
    this.ivHighBits = (int) INT.get(iv, 0);
    this.ivLowBits = (long) LONG.get(iv, Integer.BYTES);
  }

  /** Encrypts, and leaves the tag in the workspace's block; false: it did not work. */
  abstract boolean encrypt(
      MemorySegment header, int headerBytes, MemorySegment in, MemorySegment out, int bytes);

  /** Decrypts; returns whether that gives the tag at {@code packet[tagAt..]}. */
  abstract boolean decrypt(
      MemorySegment header,
      int headerBytes,
      MemorySegment in,
      MemorySegment out,
      int bytes,
      byte[] packet,
      int tagAt);

  @Override
  public final void seal(
      long packetNumber,
      byte[] packet,
      int from,
      int headerBytes,
      int payloadBytes,
      byte[] out,
      int outFrom) {
    MemorySegment header = windows.headers().at(packet, from, headerBytes);
    MemorySegment payload = windows.inputs().at(packet, from + headerBytes, payloadBytes);
    Objects.checkFromIndexSize(outFrom, payloadBytes + TAG_BYTES, out.length);
    MemorySegment sealed = windows.outputs().at(out, outFrom, payloadBytes);
    setNonce(packetNumber);
    if (!encrypt(header, headerBytes, payload, sealed, payloadBytes)) {
      throw new IllegalStateException("cannot seal packet " + packetNumber);
    }
    workspace.takeBlock(out, outFrom + payloadBytes);
  }

  @Override
  public final boolean open(
      long packetNumber,
      byte[] packet,
      int from,
      int headerBytes,
      int sealedBytes,
      byte[] out,
      int outFrom) {
    int payloadBytes = sealedBytes - TAG_BYTES;
    int sealedFrom = from + headerBytes;
    MemorySegment header = windows.headers().at(packet, from, headerBytes);
    Objects.checkFromIndexSize(sealedFrom, sealedBytes, packet.length);
    MemorySegment sealed = windows.inputs().at(packet, sealedFrom, payloadBytes);
    MemorySegment payload = windows.outputs().at(out, outFrom, payloadBytes);
    setNonce(packetNumber);
    boolean authentic =
        decrypt(
            header, headerBytes, sealed, payload, payloadBytes, packet, sealedFrom + payloadBytes);
    if (!authentic) {
      Arrays.fill(out, outFrom, outFrom + payloadBytes, (byte) 0); // it decrypts before it knows
    }
    return authentic;
  }

  /** RFC 9001 §5.3: the nonce is the IV with the packet number added to it, bit by bit. */
  private void setNonce(long packetNumber) {
    workspace.nonce(ivHighBits, ivLowBits ^ packetNumber);
  }
}
