package dev.memux.sim.goodput;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bulk transfers over links that take datagrams up to some size (RFC 9000 §14.3, RFC 8899). */
class DatagramSizesTest {
  private static final long SECOND = 1_000_000_000;
  private static final GoodputLink LINK = new GoodputLink(50_000_000, 20_000_000, 0);

  private final BulkTransfer transfer = new BulkTransfer(LINK, QuicConfig.DEFAULT, 1);

  private int packetBytes() {
    return transfer.statistics().packetBytes();
  }

  @ParameterizedTest
  @ValueSource(ints = {1452, 1472, 8972, 65_507})
  void theSizesOfCommonLinksAreFound(int mtuBytes) {
    transfer.reshape(link -> link.mtuBytes(mtuBytes));
    transfer.runUntil(10 * SECOND);
    assertEquals(mtuBytes, packetBytes());
  }

  /** As in a tunnel: less than 20 bytes, or a 32nd of what is found, may be missed. */
  @ParameterizedTest
  @ValueSource(ints = {1200, 1280, 1399, 1420, 2304, 5000, 40_000})
  void otherSizesAreFoundAlmost(int mtuBytes) {
    transfer.reshape(link -> link.mtuBytes(mtuBytes));
    transfer.runUntil(10 * SECOND);
    assertTrue(packetBytes() <= mtuBytes, packetBytes() + " bytes get nowhere");
    int missed = mtuBytes - packetBytes();
    assertTrue(missed <= Math.max(20, packetBytes() / 32), missed + " bytes missed");
  }

  /** RFC 9000 §14.4: a probe's loss is no sign of congestion. */
  @Test
  void probesThatGetLostCostNothing() {
    GoodputLink wide = new GoodputLink(1_000_000_000, 200_000_000, 0);
    BulkTransfer alone = new BulkTransfer(wide, QuicConfig.DEFAULT, 1);
    alone.reshape(link -> link.mtuBytes(1300));
    // Slow start has not filled the path yet, so that whatever is lost is lost to its size.
    alone.runUntil(SECOND * 12 / 5);
    assertTrue(alone.statistics().packetBytes() > QuicConfig.MIN_DATAGRAM_BYTES, "no search");
    assertEquals(0, alone.statistics().congestionEvents());
    assertEquals(0, alone.statistics().packetsLost());
  }

  /** RFC 8899 §4.3: without a word from anybody, as ICMP may get lost or be forged. */
  @Test
  void aPathThatTakesLessThanBeforeIsNoticed() {
    transfer.runUntil(10 * SECOND);
    assertEquals(1472, packetBytes());
    transfer.reshape(link -> link.mtuBytes(1300));
    transfer.runUntil(15 * SECOND);
    assertEquals(QuicConfig.MIN_DATAGRAM_BYTES, packetBytes());
    long before = transfer.readBytes();
    transfer.runUntil(25 * SECOND);
    double share = (transfer.readBytes() - before) * 8 / 10.0 / LINK.rateBitsPerSecond();
    assertTrue(share > 0.8, "goes on with " + share + " of the link");
    transfer.runUntil(85 * SECOND);
    assertTrue(packetBytes() > 1280 && packetBytes() <= 1300, "searches again: " + packetBytes());
  }

  @Test
  void largerPacketsThanTheConfigurationAllowsAreNotTried() {
    BulkTransfer capped =
        new BulkTransfer(LINK, QuicConfig.DEFAULT.withDatagramBytes(1200, 1350), 1);
    capped.runUntil(5 * SECOND);
    assertEquals(1350, capped.statistics().packetBytes());
    BulkTransfer fixed = new BulkTransfer(LINK, QuicConfig.DEFAULT.withMaxDatagramBytes(1250), 1);
    fixed.runUntil(5 * SECOND);
    assertEquals(1250, fixed.statistics().packetBytes());
  }
}
