package dev.memux.netty.crypto;

import dev.memux.engine.packet.Aead;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.tls.CipherSuite;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compares native libraries and the JDK's ciphers on this machine. The JDK's take a hundred times
 * as long at first as they do once the JVM has compiled them, which happens in steps and needs tens
 * of thousands of packets. So all take turns until then, and of each the best turn counts: what
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

  private final List<Candidate> candidates;
  private final Candidate best;

  private CipherTrial(List<Candidate> candidates) {
    this.candidates = candidates;
    Candidate jdk = candidates.getLast();
    Candidate library =
        candidates.stream()
            .filter(candidate -> candidate != jdk)
            .min(Comparator.comparingLong(Candidate::nanos))
            .orElse(jdk);
    boolean jdkFaster = jdk.nanos() * 100 < library.nanos() * (100 - MARGIN);
    best = jdkFaster ? jdk : library;
  }

  /** Takes some 300 ms of a processor's time, and what it pauses. */
  public static CipherTrial run(List<CipherLibrary> libraries, Pause pause)
      throws InterruptedException {
    List<Candidate> candidates = new ArrayList<>();
    try {
      libraries.forEach(library -> candidates.add(new Candidate(library, library.newProtection())));
      candidates.add(new Candidate(null, PacketProtection.JDK));
      for (int packets = 0; packets < PACKETS; packets += PACKETS_PER_TURN) {
        candidates.forEach(Candidate::takeTurn);
        pause.await();
      }
    } finally {
      candidates.forEach(Candidate::close);
    }
    return new CipherTrial(candidates);
  }

  /** Null: the JDK's ciphers are so much faster than any that their garbage is worth it. */
  public @Nullable CipherLibrary best() {
    return best.library;
  }

  @Override
  public String toString() {
    return candidates.stream()
            .map(candidate -> candidate.name + " " + candidate.nanos() + " ns")
            .collect(Collectors.joining(", ", "to seal and open a packet take ", ""))
        + ": it is "
        + best.name;
  }

  private static final class Candidate {
    final @Nullable CipherLibrary library;
    final String name;
    private final Aead sealing;
    private final Aead opening;
    private final byte[] packet = new byte[HEADER_BYTES + PAYLOAD_BYTES];
    private final byte[] sealed = new byte[HEADER_BYTES + PAYLOAD_BYTES + Aead.TAG_BYTES];
    private final byte[] opened = new byte[PAYLOAD_BYTES];
    private long packetNumber;
    private long bestTurnNanos = Long.MAX_VALUE;

    /**
     * @param library null: the JDK
     */
    Candidate(@Nullable CipherLibrary library, PacketProtection protection) {
      this.library = library;
      name = protection.name();
      byte[] key = new byte[SUITE.keyBytes()];
      byte[] iv = new byte[Aead.NONCE_BYTES];
      sealing = protection.sealing(SUITE, key, iv);
      opening = protection.opening(SUITE, key, iv);
    }

    void takeTurn() {
      long begin = System.nanoTime();
      for (int i = 0; i < PACKETS_PER_TURN; i++) {
        long number = packetNumber++;
        sealing.seal(number, packet, 0, HEADER_BYTES, PAYLOAD_BYTES, sealed, HEADER_BYTES);
        int sealedBytes = PAYLOAD_BYTES + Aead.TAG_BYTES;
        if (!opening.open(number, sealed, 0, HEADER_BYTES, sealedBytes, opened, 0)) {
          throw new IllegalStateException("what was sealed is not authentic");
        }
      }
      bestTurnNanos = Math.min(bestTurnNanos, System.nanoTime() - begin);
    }

    /** For a packet. */
    long nanos() {
      return bestTurnNanos / PACKETS_PER_TURN;
    }

    void close() {
      sealing.close();
      opening.close();
    }
  }
}
