package dev.memux.netty.crypto;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.packet.Aead;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.HeaderProtection;
import dev.memux.engine.packet.HeaderWriter;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.CipherSuite;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What keys of native libraries take of the memory that no collector sees, and of the heap. */
@EnabledOnOs(OS.LINUX)
abstract class CipherMemoryTest {
  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final ConnectionId ID = ConnectionId.of(new byte[8]);
  private static final int HEADER_BYTES = 13;
  private static final int PAYLOAD_BYTES = 1400;
  private static final int CONNECTIONS = 10_000;

  /** Of a connection: Initial, Handshake, 1-RTT, in both directions and with the next phase. */
  private static final int KEYS = 8;

  private final PacketProtection subject = library().newProtection();

  abstract CipherLibrary library();

  /** All keys that leak would take 10,000 * 8 * half a kilobyte, 40 MB, at the very least. */
  @Test
  void tenThousandConnectionsThatComeAndGoLeaveNativeMemoryAsItWas() throws IOException {
    openAndClose(CONNECTIONS / 10);
    long openBefore = CipherLibrary.openKeys();
    long before = residentBytes();
    openAndClose(CONNECTIONS);
    long grown = residentBytes() - before;
    // Fewer if keys of event loops that have ended were collected meanwhile.
    assertTrue(CipherLibrary.openKeys() <= openBefore);
    assertTrue(grown < 20_000_000, "grown by " + grown);
  }

  private void openAndClose(int connections) {
    for (int i = 0; i < connections; i++) {
      Aead[] keys = new Aead[KEYS];
      for (int k = 0; k < KEYS; k++) {
        CipherSuite suite = CipherSuite.values()[(i + k) % CipherSuite.values().length];
        byte[] key = new byte[suite.keyBytes()];
        byte[] iv = new byte[Aead.NONCE_BYTES];
        keys[k] = k % 2 == 0 ? subject.sealing(suite, key, iv) : subject.opening(suite, key, iv);
      }
      for (Aead key : keys) {
        key.close();
      }
    }
  }

  private static long residentBytes() throws IOException {
    System.gc(); // not what is measured here
    String line =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(l -> l.startsWith("VmRSS:"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
  }

  /** An event loop that ends closes no keys: its connections are only let go. */
  @Test
  void keysThatNobodyClosesGoWithTheGarbage() {
    long before = CipherLibrary.openKeys();
    for (int i = 0; i < 100; i++) {
      subject.sealing(CipherSuite.TLS_AES_128_GCM_SHA256, new byte[16], new byte[12]);
    }
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (CipherLibrary.openKeys() > before && System.nanoTime() < deadline) {
      System.gc();
      Thread.onSpinWait();
    }
    assertTrue(CipherLibrary.openKeys() <= before);
  }

  @ParameterizedTest
  @EnumSource
  void sealingAndOpeningAllocateNothing(CipherSuite suite) {
    byte[] secret = new byte[suite.hashBytes()];
    PacketSealer sealer = new PacketSealer(subject, QuicVersion.V1, suite, secret);
    PacketOpener opener = new PacketOpener(subject, QuicVersion.V1, suite, secret);
    byte[] packet = new byte[2000];
    byte[] batch = new byte[64 * 1024];
    byte[] opened = new byte[2000];
    sealAndOpen(sealer, opener, packet, batch, opened, 0, 40_000);
    long before = THREADS.getCurrentThreadAllocatedBytes();
    sealAndOpen(sealer, opener, packet, batch, opened, 40_000, 20_000);
    long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    sealer.discard();
    opener.discard();
    assertTrue(bytes < 20_000, bytes + " bytes for 20,000 packets");
  }

  /** As in a batch: each packet stands elsewhere. */
  private static void sealAndOpen(
      PacketSealer sealer,
      PacketOpener opener,
      byte[] packet,
      byte[] batch,
      byte[] opened,
      long firstPacketNumber,
      int count) {
    int at = 0;
    for (int i = 0; i < count; i++) {
      long number = firstPacketNumber + i;
      HeaderWriter.writeShort(packet, 0, ID, false, number, 4);
      at = at + 2000 > batch.length ? 0 : at;
      int bytes = sealer.seal(packet, 0, HEADER_BYTES, 4, PAYLOAD_BYTES, number, batch, at);
      if (opener.open(batch, at, at + 9, at + bytes, number - 1, opened, 0) != PAYLOAD_BYTES) {
        throw new AssertionError("packet " + number);
      }
      at += bytes;
    }
  }

  /** The mask of a header is made without garbage, too. */
  @ParameterizedTest
  @EnumSource
  void masksAllocateNothing(CipherSuite suite) {
    try (HeaderProtection header = subject.headerProtection(suite, new byte[suite.keyBytes()])) {
      byte[] sample = new byte[HeaderProtection.SAMPLE_BYTES];
      long sum = mask(header, sample, 40_000);
      long before = THREADS.getCurrentThreadAllocatedBytes();
      sum += mask(header, sample, 20_000);
      long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
      assertTrue(bytes < 20_000, bytes + " bytes for 20,000 masks, whose sum is " + sum);
    }
  }

  private static long mask(HeaderProtection header, byte[] sample, int count) {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += header.mask(sample, 0);
    }
    return sum;
  }
}
