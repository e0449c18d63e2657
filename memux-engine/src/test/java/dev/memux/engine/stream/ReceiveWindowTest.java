package dev.memux.engine.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.memory.MemoryBudget.Pressure;
import org.junit.jupiter.api.Test;

/** RFC 9000 §4.1, §4.2. */
class ReceiveWindowTest {
  private static final long RTT = 50_000_000;

  private final ReceiveWindow window = new ReceiveWindow(1000, 5000);

  @Test
  void theLimitRisesOnceHalfIsConsumed() {
    assertEquals(1000, window.limit());
    window.consume(499);
    assertFalse(window.isLow());
    window.consume(1);
    assertTrue(window.isLow());
    assertEquals(1500, window.raise(0, RTT, Pressure.NONE));
    assertFalse(window.isLow());
  }

  @Test
  void doublesWhenHalfIsConsumedWithinTwoRoundTrips() {
    consumeHalf(0);
    assertEquals(1000, window.windowBytes(), "the first time tells nothing yet");
    consumeHalf(2 * RTT - 1);
    assertEquals(2000, window.windowBytes());
    assertEquals(1000 + 2000, window.limit());
  }

  @Test
  void staysWhenItLastsLonger() {
    consumeHalf(0);
    consumeHalf(2 * RTT);
    consumeHalf(10 * RTT);
    assertEquals(1000, window.windowBytes());
  }

  @Test
  void staysWhileTheRoundTripIsUnknown() {
    consumeHalf(0);
    window.consume(500);
    window.raise(1, 0, Pressure.NONE);
    assertEquals(1000, window.windowBytes());
  }

  @Test
  void growsToItsBoundAndNoFurther() {
    long now = 0;
    for (int i = 0; i < 10; i++) {
      consumeHalf(now++);
    }
    assertEquals(5000, window.windowBytes());
  }

  @Test
  void sayingTheLimitAgainAfterALossGrowsNothing() {
    // RFC 9000 §13.3: a lost MAX_DATA is sent again with the current value. A peer that does not
    // acknowledge it must not get more for that.
    consumeHalf(0);
    long limit = window.limit();
    for (int i = 1; i < 20; i++) {
      assertEquals(limit, window.raise(i, RTT, Pressure.NONE));
    }
    assertEquals(1000, window.windowBytes());
  }

  @Test
  void neverFalls() {
    window.atLeast(100);
    assertEquals(1000, window.windowBytes());
    assertEquals(1000, window.raise(0, RTT, Pressure.NONE));
  }

  @Test
  void canBeWidenedUpToItsBound() {
    window.atLeast(3000);
    assertEquals(3000, window.windowBytes());
    window.atLeast(9000);
    assertEquals(5000, window.windowBytes());
    assertTrue(window.isLow(), "less than half of the new window is left");
    assertEquals(5000, window.raise(0, RTT, Pressure.NONE));
  }

  @Test
  void aWindowOfOneByteStillMoves() {
    ReceiveWindow tiny = new ReceiveWindow(1, 1);
    for (int i = 1; i < 10; i++) {
      tiny.consume(1);
      assertTrue(tiny.isLow());
      assertEquals(i + 1, tiny.raise(i, RTT, Pressure.NONE));
      assertFalse(tiny.isLow());
    }
  }

  private void consumeHalf(long nowNanos) {
    while (!window.isLow()) {
      window.consume(1);
    }
    window.raise(nowNanos, RTT, Pressure.NONE);
  }

  @Test
  void whileMemoryIsScarceItDoesNotGrow() {
    ReceiveWindow window = new ReceiveWindow(100_000, 1_000_000);
    for (int i = 0; i < 5; i++) {
      window.consume(window.limit());
      window.raise(i, RTT, Pressure.HIGH);
    }
    assertEquals(100_000, window.windowBytes());
  }

  @Test
  void whileMemoryIsAlmostGoneItShrinksToTheFloorAndGrowsAgainAfter() {
    ReceiveWindow window = new ReceiveWindow(100_000, 1_000_000);
    long consumed = 0;
    for (int i = 0; i < 10; i++) {
      window.consume(window.limit() - consumed);
      consumed = window.limit();
      assertTrue(window.raise(i, RTT, Pressure.CRITICAL) > consumed, "the peer may still go on");
    }
    assertEquals(ReceiveWindow.FLOOR_BYTES, window.windowBytes());
    window.consume(window.limit() - consumed);
    window.raise(11, RTT, Pressure.NONE);
    assertEquals(2 * ReceiveWindow.FLOOR_BYTES, window.windowBytes());
  }

  @Test
  void aWindowBelowTheFloorStaysAsItIs() {
    ReceiveWindow window = new ReceiveWindow(1000, 1000);
    window.consume(1000);
    window.raise(0, RTT, Pressure.CRITICAL);
    assertEquals(1000, window.windowBytes());
  }
}
