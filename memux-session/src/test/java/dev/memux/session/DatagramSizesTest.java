package dev.memux.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.CarrierType;
import dev.memux.netty.IoTransport;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** RFC 9000 §14.3 on the loopback interface, whose MTU is 64 KB. */
final class DatagramSizesTest {
  private static final int BYTES = 64 << 20;

  /** Returns how large packets have become after some data. */
  private static int packetBytesAfterBulk(QuicConfig config, IoTransport transport)
      throws Exception {
    try (Loopback loopback = new Loopback(config, transport, CarrierType.QUIC)) {
      StreamPair streams = loopback.stream();
      CompletableFuture<Long> read =
          Loopback.start(
              () -> streams.far().inputStream().transferTo(OutputStream.nullOutputStream()));
      try (OutputStream out = streams.near().outputStream()) {
        byte[] block = new byte[1 << 16];
        for (int sent = 0; sent < BYTES; sent += block.length) {
          out.write(block);
        }
      }
      assertTrue(Loopback.get(read) >= BYTES);
      return loopback.near.statistics().packetBytes();
    }
  }

  @Test
  void packetsGrowToWhatThePathTakes() throws Exception {
    assumeTrue(IoTransport.preferred() == IoTransport.EPOLL);
    int packetBytes = packetBytesAfterBulk(QuicConfig.DEFAULT, IoTransport.EPOLL);
    assertTrue(packetBytes > 16_000, packetBytes + " bytes");
  }

  @Test
  void packetsDoNotGrowBeyondTheConfiguration() throws Exception {
    QuicConfig fixed = QuicConfig.DEFAULT.withMaxDatagramBytes(1452);
    assertEquals(1452, packetBytesAfterBulk(fixed, IoTransport.preferred()));
  }

  /** RFC 9000 §14: without Don't Fragment any size would seem to arrive. */
  @Test
  void packetsThatMayBeFragmentedDoNotGrow() throws Exception {
    assertEquals(1200, packetBytesAfterBulk(QuicConfig.DEFAULT, IoTransport.NIO));
  }
}
