package dev.memux.engine.quic;

import dev.memux.engine.packet.Aead;
import dev.memux.engine.packet.HeaderProtection;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.tls.CipherSuite;

/** The JDK's, with a count of the keys that are in use, as somebody has to who counts memory. */
final class CountedProtection implements PacketProtection {
  private int made;
  private int open;

  /** Keys that were ever made. */
  int made() {
    return made;
  }

  /** Keys that have not been closed. */
  int open() {
    return open;
  }

  @Override
  public String name() {
    return "counted";
  }

  @Override
  public Aead sealing(CipherSuite suite, byte[] key, byte[] iv) {
    return new CountedAead(JDK.sealing(suite, key, iv));
  }

  @Override
  public Aead opening(CipherSuite suite, byte[] key, byte[] iv) {
    return new CountedAead(JDK.opening(suite, key, iv));
  }

  @Override
  public HeaderProtection headerProtection(CipherSuite suite, byte[] key) {
    HeaderProtection jdk = JDK.headerProtection(suite, key);
    Key counted = new Key();
    return new HeaderProtection() {
      @Override
      public long mask(byte[] d, int at) {
        return jdk.mask(d, at);
      }

      @Override
      public void close() {
        jdk.close();
        counted.close();
      }
    };
  }

  private final class Key {
    private boolean closed;

    Key() {
      made++;
      open++;
    }

    void close() {
      if (!closed) {
        closed = true;
        open--;
      }
    }
  }

  private final class CountedAead implements Aead {
    private final Aead jdk;
    private final Key counted = new Key();

    CountedAead(Aead jdk) {
      this.jdk = jdk;
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
      jdk.seal(packetNumber, packet, from, headerBytes, payloadBytes, out, outFrom);
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
      return jdk.open(packetNumber, packet, from, headerBytes, sealedBytes, out, outFrom);
    }

    @Override
    public void close() {
      jdk.close();
      counted.close();
    }
  }
}
