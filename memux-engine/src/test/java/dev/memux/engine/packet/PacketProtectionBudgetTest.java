package dev.memux.engine.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.tls.CipherSuite;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What sending and receiving a packet of 1200 bytes may allocate. All of it is the JDK's: parameter
 * specifications, copies of keys and nonces, GHASH and Poly1305 states.
 */
class PacketProtectionBudgetTest {
  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final ConnectionId DCID = ConnectionId.of(new byte[8]);
  private static final int PACKET_BYTES = 1200;
  private static final int HEADER_BYTES = 13;
  private static final int PAYLOAD_BYTES = PACKET_BYTES - HEADER_BYTES - PacketSealer.TAG_BYTES;
  private static final int WARM_UP_PACKETS = 20_000;
  private static final int MEASURED_PACKETS = 20_000;

  /** The JDK tells of a wrong tag by an exception, whose stack trace grows with the stack. */
  private static final int FORGED_EXTRA_BYTES = 8192;

  @ParameterizedTest
  @EnumSource
  void sealingAndOpeningStayWithinTheirBudgets(CipherSuite suite) {
    int budgetBytes =
        switch (suite) {
          case TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 -> 1280;
          case TLS_CHACHA20_POLY1305_SHA256 -> 2560;
        };
    byte[] secret = new byte[suite.hashBytes()];
    PacketSealer sealer = new PacketSealer(suite, secret);
    PacketOpener opener = new PacketOpener(suite, secret);
    byte[] packet = new byte[PACKET_BYTES];
    byte[] sealed = new byte[PACKET_BYTES];
    byte[] plaintext = new byte[PACKET_BYTES];

    seal(sealer, packet, sealed, 0, WARM_UP_PACKETS);
    Cost seal = new Cost();
    seal(sealer, packet, sealed, WARM_UP_PACKETS, MEASURED_PACKETS);
    seal.stop(MEASURED_PACKETS);

    long packetNumber = WARM_UP_PACKETS + MEASURED_PACKETS - 1;
    byte[] datagram = new byte[PACKET_BYTES];
    open(opener, sealed, datagram, plaintext, packetNumber, PAYLOAD_BYTES, WARM_UP_PACKETS);
    Cost open = new Cost();
    open(opener, sealed, datagram, plaintext, packetNumber, PAYLOAD_BYTES, MEASURED_PACKETS);
    open.stop(MEASURED_PACKETS);

    sealed[PACKET_BYTES - 1] ^= 1;
    open(opener, sealed, datagram, plaintext, packetNumber, -1, WARM_UP_PACKETS);
    Cost forged = new Cost();
    open(opener, sealed, datagram, plaintext, packetNumber, -1, MEASURED_PACKETS);
    forged.stop(MEASURED_PACKETS);

    System.out.printf(
        "%s, %d bytes: seal %s, open %s, forged %s%n", suite, PACKET_BYTES, seal, open, forged);
    assertTrue(seal.allocatedBytes <= budgetBytes, () -> "seal: " + seal);
    assertTrue(open.allocatedBytes <= budgetBytes, () -> "open: " + open);
    assertTrue(
        forged.allocatedBytes <= budgetBytes + FORGED_EXTRA_BYTES, () -> "forged: " + forged);
  }

  @Test
  void parsingAndLookingUpAllocateNothing() {
    ConnectionIdMap<String> map = new ConnectionIdMap<>(new java.util.SplittableRandom(1));
    map.put(DCID, "connection");
    byte[] packet = new byte[PACKET_BYTES];
    HeaderWriter.writeShort(packet, 0, DCID, false, 1, 4);
    PacketHeader header = new PacketHeader();
    lookUp(map, header, packet, WARM_UP_PACKETS);
    Cost cost = new Cost();
    lookUp(map, header, packet, MEASURED_PACKETS);
    cost.stop(MEASURED_PACKETS);
    System.out.println("parse a short header and find its connection: " + cost);
    assertEquals(0, cost.allocatedBytes);
  }

  private static void lookUp(
      ConnectionIdMap<String> map, PacketHeader header, byte[] packet, int count) {
    for (int i = 0; i < count; i++) {
      if (!header.parse(packet, 0, PACKET_BYTES, 8)
          || map.get(packet, header.dcidFrom(), header.dcidLength()) == null) {
        throw new AssertionError("not found");
      }
    }
  }

  private static void seal(
      PacketSealer sealer, byte[] packet, byte[] out, long firstPacketNumber, int count) {
    for (int i = 0; i < count; i++) {
      long packetNumber = firstPacketNumber + i;
      HeaderWriter.writeShort(packet, 0, DCID, false, packetNumber, 4);
      sealer.seal(packet, 0, HEADER_BYTES, 4, PAYLOAD_BYTES, packetNumber, out, 0);
    }
  }

  private static void open(
      PacketOpener opener,
      byte[] sealed,
      byte[] datagram,
      byte[] plaintext,
      long packetNumber,
      int expected,
      int count) {
    for (int i = 0; i < count; i++) {
      System.arraycopy(sealed, 0, datagram, 0, PACKET_BYTES);
      int length =
          opener.open(datagram, 0, HEADER_BYTES - 4, PACKET_BYTES, packetNumber - 1, plaintext, 0);
      if (length != expected) {
        throw new AssertionError("opened " + length);
      }
    }
  }

  /** Time and garbage of a number of packets. */
  private static final class Cost {
    private final long startBytes = THREADS.getCurrentThreadAllocatedBytes();
    private final long startNanos = System.nanoTime();
    private long allocatedBytes;
    private long nanos;

    void stop(int packets) {
      nanos = (System.nanoTime() - startNanos) / packets;
      allocatedBytes = (THREADS.getCurrentThreadAllocatedBytes() - startBytes) / packets;
    }

    @Override
    public String toString() {
      return nanos + " ns " + allocatedBytes + " B";
    }
  }
}
