package dev.memux.engine.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** RFC 9002 §5. */
class RttEstimatorTest {
  private static final long MS = 1_000_000;

  private final RttEstimator rtt = new RttEstimator();

  /** §6.2.2: as TCP's first retransmission timeout. */
  @Test
  void beforeAnySampleTheProbeTimeoutIsASecond() {
    assertFalse(rtt.hasSample());
    assertEquals(333 * MS, rtt.smoothedNanos());
    assertEquals(999 * MS, rtt.probeTimeoutNanos());
  }

  /** §5.3: no history of the initial guess; the delay is not subtracted from the first sample. */
  @Test
  void theFirstSampleReplacesTheGuess() {
    rtt.onSample(100 * MS, 20 * MS, 7);
    assertTrue(rtt.hasSample());
    assertEquals(7, rtt.firstSampleNanos());
    assertEquals(100 * MS, rtt.latestNanos());
    assertEquals(100 * MS, rtt.minNanos());
    assertEquals(100 * MS, rtt.smoothedNanos());
    assertEquals(50 * MS, rtt.variationNanos());
  }

  /** §5.3 and Appendix A.7: the deviation is from the average before this sample. */
  @Test
  void laterSamplesMoveTheAverageByAnEighthAndTheVariationByAQuarter() {
    rtt.onSample(100 * MS, 0, 0);
    rtt.onSample(180 * MS, 0, 1);
    assertEquals(110 * MS, rtt.smoothedNanos());
    assertEquals((3 * 50 + 80) * MS / 4, rtt.variationNanos());
  }

  /** §5.2. */
  @Test
  void theMinimumIgnoresTheDelayThatThePeerReports() {
    rtt.onSample(100 * MS, 0, 0);
    rtt.onSample(90 * MS, 50 * MS, 1);
    assertEquals(90 * MS, rtt.minNanos());
  }

  /** §5.3. */
  @Test
  void thePeersDelayIsSubtracted() {
    rtt.onSample(100 * MS, 0, 0);
    rtt.onSample(120 * MS, 20 * MS, 1);
    assertEquals(100 * MS, rtt.smoothedNanos());
  }

  /** §5.3: against a peer that exaggerates. */
  @Test
  void aDelayThatWouldLeaveLessThanTheMinimumIsNotSubtracted() {
    rtt.onSample(100 * MS, 0, 0);
    rtt.onSample(108 * MS, 9 * MS, 1);
    assertEquals(101 * MS, rtt.smoothedNanos());
    rtt.onSample(101 * MS, Long.MAX_VALUE, 2);
    assertEquals(101 * MS, rtt.smoothedNanos());
  }

  /** §5.3. */
  @Test
  void thePeersPromiseBoundsItsDelayOnceTheHandshakeIsConfirmed() {
    rtt.onMaxAckDelay(10 * MS);
    rtt.onSample(100 * MS, 0, 0);
    rtt.onSample(140 * MS, 40 * MS, 1);
    assertEquals(100 * MS, rtt.smoothedNanos(), "before: all of it counts");
    rtt.onHandshakeConfirmed();
    rtt.onSample(190 * MS, 90 * MS, 2);
    assertEquals(110 * MS, rtt.smoothedNanos(), "after: 10 ms of it");
  }

  /** §5.2. */
  @Test
  void persistentCongestionStartsTheMinimumAgain() {
    rtt.onSample(10 * MS, 0, 0);
    rtt.onSample(200 * MS, 0, 1);
    rtt.onPersistentCongestion();
    assertEquals(200 * MS, rtt.minNanos());
  }

  /** §6.1.2. */
  @Test
  void theLossDelayIsNineEighthsOfTheGreaterRoundTrip() {
    rtt.onSample(80 * MS, 0, 0);
    assertEquals(90 * MS, rtt.lossDelayNanos());
    rtt.onSample(160 * MS, 0, 1);
    assertEquals(180 * MS, rtt.lossDelayNanos());
    rtt.onSample(8 * MS, 0, 2);
    assertEquals(rtt.smoothedNanos() + rtt.smoothedNanos() / 8, rtt.lossDelayNanos());
  }

  /** §6.1.2, §6.2.1. */
  @Test
  void delaysAreAtLeastTheTimersGranularity() {
    for (int i = 0; i < 100; i++) {
      rtt.onSample(0, 0, i);
    }
    assertEquals(MS, rtt.lossDelayNanos());
    assertEquals(MS, rtt.probeTimeoutNanos());
  }
}
