package dev.memux.sim.goodput;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.QuicConfig;
import org.junit.jupiter.api.Test;

/** A link of 1 Mbit/s before which a second's worth of packets can wait. */
class SlowLinkTest {
  private static final long MILLI = 1_000_000;
  private static final GoodputLink LINK = new GoodputLink(1_000_000, 100 * MILLI, 0);

  /**
   * Four seconds after its beginning a connection is at 0.66 s; five rounds of conservative slow
   * start whatever the queue would have it at 0.97 s, and overflowing soon.
   */
  @Test
  void slowStartEndsLongBeforeTheQueueIsFull() {
    BulkTransfer transfer = new BulkTransfer(LINK, QuicConfig.DEFAULT, 1);
    transfer.reshape(link -> link.queueBytes(128_000));
    long longest = 0;
    for (int i = 1; i <= 20; i++) {
      transfer.runUntil(i * 200L * MILLI);
      longest = i < 3 ? 0 : Math.max(longest, transfer.statistics().smoothedRttNanos());
    }
    assertEquals(0, transfer.statistics().packetsLost());
    assertTrue(longest < 750 * MILLI, longest / MILLI + " ms of round trip");
  }
}
