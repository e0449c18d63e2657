package dev.memux.sim.goodput;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.CongestionControl;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.sim.EcnTreatment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** RFC 9000 §13.4 with paths of all kinds between two endpoints. */
class EcnPathTest {
  private static final GoodputLink LINK = new GoodputLink(10_000_000, 50_000_000, 0);
  private static final int QUEUE_BYTES = 62_500;
  private static final long SECOND = 1_000_000_000;

  private static BulkTransfer transfer(CongestionControl control) {
    return new BulkTransfer(LINK, QuicConfig.DEFAULT.withCongestion(control), 1);
  }

  @ParameterizedTest
  @EnumSource
  void aQueueThatMarksLosesNothing(CongestionControl control) {
    BulkTransfer transfer = transfer(control);
    transfer.reshape(link -> link.queueBytes(4 * QUEUE_BYTES).markBytes(QUEUE_BYTES / 2));
    Goodput goodput = transfer.run(20);
    assertTrue(goodput.sender().ecnCapable());
    assertTrue(goodput.sender().congestionMarks() > 0);
    assertEquals(0, goodput.sender().packetsLost());
    assertTrue(goodput.share() > 0.85, "share " + goodput.share());
  }

  @Test
  void aQueueThatDropsSeesNoMarks() {
    Goodput goodput = transfer(CongestionControl.CUBIC).run(20);
    assertTrue(goodput.sender().ecnCapable());
    assertEquals(0, goodput.sender().congestionMarks());
    assertTrue(goodput.sender().packetsLost() > 0);
  }

  @ParameterizedTest
  @EnumSource
  void aPathThatMeddlesCostsNothingButEcn(EcnTreatment treatment) {
    BulkTransfer transfer = transfer(CongestionControl.CUBIC);
    transfer.reshape(link -> link.ecn(treatment));
    Goodput goodput = transfer.run(20);
    assertEquals(treatment == EcnTreatment.KEEP, goodput.sender().ecnCapable());
    assertTrue(goodput.share() > 0.8, "share " + goodput.share()); // a handshake takes seconds
  }

  /** Once a path has been found capable, CE is no more than what it says. */
  @ParameterizedTest
  @EnumSource(names = {"ERASE", "ECT_1", "DROP"})
  void aPathThatBeginsToMeddleIsFoundOut(EcnTreatment treatment) {
    BulkTransfer transfer = transfer(CongestionControl.CUBIC);
    transfer.runUntil(5 * SECOND);
    assertTrue(transfer.statistics().ecnCapable());
    transfer.reshape(link -> link.ecn(treatment));
    transfer.runUntil(15 * SECOND);
    assertFalse(transfer.statistics().ecnCapable());
    long before = transfer.readBytes();
    transfer.runUntil(35 * SECOND);
    double bitsPerSecond = (transfer.readBytes() - before) * 8.0 / 20;
    assertTrue(bitsPerSecond > 0.9 * LINK.rateBitsPerSecond(), bitsPerSecond + " bit/s");
  }
}
