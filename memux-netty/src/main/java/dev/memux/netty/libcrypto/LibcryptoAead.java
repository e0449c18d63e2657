package dev.memux.netty.libcrypto;

import dev.memux.engine.packet.Aead;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * By libcrypto: the key is set up once, a packet changes the nonce only. What is sealed goes from
 * the heap into native memory, what is opened from native memory to the heap.
 */
final class LibcryptoAead implements Aead {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final CipherContext cipher;
  private final Workspace workspace;
  private final HeapWindow plaintext;
  private final int ivHighBits;
  private final long ivLowBits;

  /**
   * @param cipher of {@link Evp#cipher}
   * @param plaintext for one direction, of all keys of the loop
   */
  LibcryptoAead(
      long cipher,
      byte[] key,
      byte[] iv,
      boolean seals,
      Workspace workspace,
      HeapWindow plaintext) {
    if (iv.length != NONCE_BYTES) {
      throw new IllegalArgumentException("IV of " + iv.length + " bytes");
    }
    this.cipher = new CipherContext(cipher, key, seals, workspace);
    this.workspace = workspace;
    this.plaintext = plaintext;
    this.ivHighBits = (int) INT.get(iv, 0);
    this.ivLowBits = (long) LONG.get(iv, Integer.BYTES);
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
    int sealedBytes = payloadBytes + TAG_BYTES;
    Objects.checkFromIndexSize(outFrom, sealedBytes, out.length);
    Objects.checkFromIndexSize(headerBytes, sealedBytes, Workspace.MAX_PACKET_BYTES);
    MemorySegment payload = plaintext.at(packet, from + headerBytes, payloadBytes);
    workspace.fill(packet, from, headerBytes);
    long header = workspace.packet();
    long sealed = header + headerBytes;
    long length = workspace.length();
    try {
      long context = cipher.address();
      int ok = setNonce(context, packetNumber);
      ok &= Evp.authenticate(context, length, header, headerBytes);
      ok &= Evp.update(context, sealed, length, payload, payloadBytes);
      ok &= Evp.finish(context, workspace.block(), length);
      ok &= Evp.takeTag(context, sealed + payloadBytes);
      if (ok != 1) {
        throw new IllegalStateException("cannot seal packet " + packetNumber);
      }
    } finally {
      Reference.reachabilityFence(cipher);
    }
    workspace.take(headerBytes, out, outFrom, sealedBytes);
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
    int payloadBytes = sealedBytes - TAG_BYTES;
    MemorySegment payload = plaintext.at(out, outFrom, payloadBytes);
    workspace.fill(packet, from, headerBytes + sealedBytes);
    long header = workspace.packet();
    long sealed = header + headerBytes;
    long length = workspace.length();
    boolean authentic;
    try {
      long context = cipher.address();
      int ok = setNonce(context, packetNumber);
      ok &= Evp.expectTag(context, sealed + payloadBytes);
      ok &= Evp.authenticate(context, length, header, headerBytes);
      ok &= Evp.update(context, payload, length, sealed, payloadBytes);
      if (ok != 1) {
        throw new IllegalStateException("cannot open packet " + packetNumber);
      }
      authentic = Evp.finish(context, workspace.block(), length) == 1;
    } finally {
      Reference.reachabilityFence(cipher);
    }
    if (!authentic) {
      payload.asSlice(0, payloadBytes).fill((byte) 0); // it decrypts before it knows
    }
    return authentic;
  }

  /** RFC 9001 §5.3: the nonce is the IV with the packet number added to it, bit by bit. */
  private int setNonce(long context, long packetNumber) {
    workspace.nonce(ivHighBits, ivLowBits ^ packetNumber);
    return Evp.setIv(context, workspace.iv());
  }

  @Override
  public void close() {
    cipher.close();
  }
}
