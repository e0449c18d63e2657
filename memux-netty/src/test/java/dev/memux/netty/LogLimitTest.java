package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What a peer provokes does not fill the log. */
class LogLimitTest {
  @Test
  void linesBeyondTheLimitAreCountedUntilThePeriodEnds() {
    LogLimit limit = new LogLimit();
    long now = Long.MAX_VALUE - 5; // the clock may wrap around
    for (int i = 0; i < LogLimit.MAX_LINES; i++) {
      assertTrue(limit.admits(now + i));
    }
    for (int i = 0; i < 1000; i++) {
      assertFalse(limit.admits(now + i));
    }
    assertFalse(limit.admits(now + LogLimit.PERIOD_NANOS - 1));
    assertTrue(limit.admits(now + LogLimit.PERIOD_NANOS));
    assertEquals(1001, limit.takeLeftOut());
    assertEquals(0, limit.takeLeftOut());
  }
}
