package dev.memux.engine.quic;

import dev.memux.engine.packet.Aead;
import dev.memux.engine.packet.HeaderProtection;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.tls.CipherSuite;
import java.util.Arrays;

/** Protects nothing and allocates nothing: what is left is the engine's own. */
final class NoProtection implements PacketProtection {
  @Override
  public String name() {
    return "none";
  }

  @Override
  public Aead sealing(CipherSuite suite, byte[] key, byte[] iv) {
    return new Copy();
  }

  @Override
  public Aead opening(CipherSuite suite, byte[] key, byte[] iv) {
    return new Copy();
  }

  @Override
  public HeaderProtection headerProtection(CipherSuite suite, byte[] key) {
    return new HeaderProtection() {
      @Override
      public long mask(byte[] d, int at) {
        return 0;
      }

      @Override
      public void close() {}
    };
  }

  private static final class Copy implements Aead {
    @Override
    public void seal(
        long packetNumber,
        byte[] packet,
        int from,
        int headerBytes,
        int payloadBytes,
        byte[] out,
        int outFrom) {
      System.arraycopy(packet, from + headerBytes, out, outFrom, payloadBytes);
      int tagFrom = outFrom + payloadBytes;
      Arrays.fill(out, tagFrom, tagFrom + TAG_BYTES, (byte) 0);
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
      System.arraycopy(packet, from + headerBytes, out, outFrom, sealedBytes - TAG_BYTES);
      return true;
    }

    @Override
    public void close() {}
  }
}
