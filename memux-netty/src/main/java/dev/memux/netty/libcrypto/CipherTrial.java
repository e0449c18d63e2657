package dev.memux.netty.libcrypto;

import dev.memux.engine.packet.Aead;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.tls.CipherSuite;

/**
 * Compares libcrypto with the JDK's ciphers on this machine. The JDK's take a hundred times as long
 * at first as they do once the JVM has compiled them, which happens in steps and needs tens of
 * thousands of packets. So both take turns until then, and of each the best turn counts: what
 * others do on the machine meanwhile only ever makes turns longer.
 */
public final class CipherTrial {
  /** What waits between two turns. */
  public interface Pause {
    void await() throws InterruptedException;
  }

  /** What most connections agree on. */
  private static final CipherSuite SUITE = CipherSuite.TLS_AES_128_GCM_SHA256;

  private static final int HEADER_BYTES = 13;
  private static final int PAYLOAD_BYTES = 1400;

  /** Twice what it takes C2 to get to the JDK's ciphers. */
  private static final int PACKETS = 60_000;

  private static final int PACKETS_PER_TURN = 500;

  /** In percent: for less, the JDK's garbage is not worth it. */
  private static final int MARGIN = 10;

  private final String libcrypto;
  private final long libcryptoNanos;
  private final long jdkNanos;

  private CipherTrial(String libcrypto, long libcryptoNanos, long jdkNanos) {
    this.libcrypto = libcrypto;
    this.libcryptoNanos = libcryptoNanos;
    this.jdkNanos = jdkNanos;
  }

  /** Takes some 200 ms of a processor's time, and what it pauses. */
  public static CipherTrial run(Libcrypto library, Pause pause) throws InterruptedException {
    long libcryptoNanos = Long.MAX_VALUE;
    long jdkNanos = Long.MAX_VALUE;
    try (Candidate libcrypto = new Candidate(library.newProtection());
        Candidate jdk = new Candidate(PacketProtection.JDK)) {
      for (int packets = 0; packets < PACKETS; packets += PACKETS_PER_TURN) {
        libcryptoNanos = Math.min(libcryptoNanos, libcrypto.turnNanos());
        jdkNanos = Math.min(jdkNanos, jdk.turnNanos());
        pause.await();
      }
    }
    return new CipherTrial(
        library.name(), libcryptoNanos / PACKETS_PER_TURN, jdkNanos / PACKETS_PER_TURN);
  }

  /** Whether the JDK's ciphers are so much faster that their garbage is worth it. */
  public boolean isJdkFaster() {
    return jdkNanos * 100 < libcryptoNanos * (100 - MARGIN);
  }

  @Override
  public String toString() {
    return "%s takes %d ns to seal and open a packet, the JDK %d: %s is used"
        .formatted(libcrypto, libcryptoNanos, jdkNanos, isJdkFaster() ? "the JDK" : libcrypto);
  }

  private static final class Candidate implements AutoCloseable {
    private final Aead sealing;
    private final Aead opening;
    private final byte[] packet = new byte[HEADER_BYTES + PAYLOAD_BYTES];
    private final byte[] sealed = new byte[HEADER_BYTES + PAYLOAD_BYTES + Aead.TAG_BYTES];
    private final byte[] opened = new byte[PAYLOAD_BYTES];
    private long packetNumber;

    Candidate(PacketProtection protection) {
      byte[] key = new byte[SUITE.keyBytes()];
      byte[] iv = new byte[Aead.NONCE_BYTES];
      sealing = protection.sealing(SUITE, key, iv);
      opening = protection.opening(SUITE, key, iv);
    }

    long turnNanos() {
      long begin = System.nanoTime();
      for (int i = 0; i < PACKETS_PER_TURN; i++) {
        long number = packetNumber++;
        sealing.seal(number, packet, 0, HEADER_BYTES, PAYLOAD_BYTES, sealed, HEADER_BYTES);
        int sealedBytes = PAYLOAD_BYTES + Aead.TAG_BYTES;
        if (!opening.open(number, sealed, 0, HEADER_BYTES, sealedBytes, opened, 0)) {
          throw new IllegalStateException("what was sealed is not authentic");
        }
      }
      return System.nanoTime() - begin;
    }

    @Override
    public void close() {
      sealing.close();
      opening.close();
    }
  }
}
