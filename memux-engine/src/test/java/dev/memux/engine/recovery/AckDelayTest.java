package dev.memux.engine.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.engine.wire.VarInt;
import org.junit.jupiter.api.Test;

/** RFC 9000 §19.3, §18.2. */
class AckDelayTest {
  @Test
  void fieldIsMicrosecondsScaledByTheExponent() {
    assertEquals(25_000, AckDelay.encode(25_000_000, 0));
    assertEquals(3125, AckDelay.encode(25_000_000, 3));
    assertEquals(25_000_000, AckDelay.decodeNanos(3125, 3));
  }

  @Test
  void encodingLosesLessThanOneStep() {
    for (int exponent = 0; exponent <= 20; exponent++) {
      long step = 1000L << exponent;
      for (long nanos = 0; nanos < 100 * step; nanos += step / 3) {
        long decoded = AckDelay.decodeNanos(AckDelay.encode(nanos, exponent), exponent);
        assertEquals(nanos / step * step, decoded);
      }
    }
  }

  @Test
  void anAbsurdDelaySaturates() {
    assertEquals(Long.MAX_VALUE, AckDelay.decodeNanos(VarInt.MAX, 20));
    assertEquals(Long.MAX_VALUE, AckDelay.decodeNanos(VarInt.MAX, 0));
  }

  @Test
  void aClockThatStandsStillGivesZero() {
    assertEquals(0, AckDelay.encode(-5, 3));
  }
}
