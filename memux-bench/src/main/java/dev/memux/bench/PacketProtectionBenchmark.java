package dev.memux.bench;

import dev.memux.engine.packet.Aead;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.netty.PacketCiphers;
import dev.memux.netty.crypto.IpsecMb;
import dev.memux.netty.crypto.Libcrypto;
import dev.memux.tls.CipherSuite;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to seal a packet and to open one, as they stand in a batch; {@code -jvmArgsAppend
 * -Ddev.memux.libcrypto=...} names another libcrypto than the system's.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class PacketProtectionBenchmark {
  private static final int HEADER_BYTES = 13;
  private static final int BATCH_BYTES = 65_507;

  /** Who does it. */
  public enum Provider {
    JDK,
    LIBCRYPTO,
    IPSEC_MB
  }

  @Param Provider provider = Provider.JDK;

  @Param({"1200", "1452", "8192"})
  int packetBytes;

  @Param({"TLS_AES_128_GCM_SHA256"})
  CipherSuite suite = CipherSuite.TLS_AES_128_GCM_SHA256;

  private final byte[] packet = new byte[BATCH_BYTES];
  private final byte[] sealed = new byte[BATCH_BYTES];
  private final byte[] received = new byte[BATCH_BYTES];
  private final byte[] opened = new byte[BATCH_BYTES];
  private Aead sealing = PacketProtection.JDK.sealing(suite, new byte[16], new byte[12]);
  private Aead opening = sealing;
  private int payloadBytes;
  private int packets;
  private int next;
  private long packetNumber;

  /** Fills a batch, in which each packet has a number of its own. */
  @Setup
  public void prepare() {
    PacketProtection protection =
        switch (provider) {
          case JDK -> PacketProtection.JDK;
          case LIBCRYPTO -> libcrypto().newProtection();
          case IPSEC_MB ->
              IpsecMb.load(System.getProperty(PacketCiphers.IPSEC_MB_PROPERTY, ""), libcrypto())
                  .newProtection();
        };
    byte[] key = new byte[suite.keyBytes()];
    byte[] iv = new byte[Aead.NONCE_BYTES];
    sealing = protection.sealing(suite, key, iv);
    opening = protection.opening(suite, key, iv);
    payloadBytes = packetBytes - HEADER_BYTES - Aead.TAG_BYTES;
    packets = BATCH_BYTES / packetBytes;
    for (packetNumber = 0; packetNumber < packets; packetNumber++) {
      int from = (int) packetNumber * packetBytes;
      sealing.seal(
          packetNumber, packet, 0, HEADER_BYTES, payloadBytes, received, from + HEADER_BYTES);
    }
  }

  private static Libcrypto libcrypto() {
    return Libcrypto.load(System.getProperty(PacketCiphers.PROPERTY, ""));
  }

  @TearDown
  public void discard() {
    sealing.close();
    opening.close();
  }

  /** The next packet of a batch that is sent. */
  @Benchmark
  public byte[] seal() {
    next = next + 1 < packets ? next + 1 : 0;
    int to = next * packetBytes + HEADER_BYTES;
    sealing.seal(packetNumber++, packet, 0, HEADER_BYTES, payloadBytes, sealed, to);
    return sealed;
  }

  /** The next packet of a batch that was received. */
  @Benchmark
  public byte[] open() {
    next = next + 1 < packets ? next + 1 : 0;
    int sealedBytes = payloadBytes + Aead.TAG_BYTES;
    int from = next * packetBytes;
    if (!opening.open(next, received, from, HEADER_BYTES, sealedBytes, opened, 0)) {
      throw new IllegalStateException("not authentic");
    }
    return opened;
  }
}
