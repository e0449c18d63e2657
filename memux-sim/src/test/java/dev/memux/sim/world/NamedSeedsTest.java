package dev.memux.sim.world;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Seeds whose worlds have found something, with what they found. */
class NamedSeedsTest {
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "25, a stream that is stopped after its end has arrived was never closed",
    "245, a packet that came after an ACK frame was forgotten when that frame was acknowledged",
    "646, the same as 25 with keep-alives so that it never ended",
  })
  void whatWasFoundStaysFixed(long seed, String what) {
    assertEquals(World.random(seed).run(), World.random(seed).run());
  }
}
