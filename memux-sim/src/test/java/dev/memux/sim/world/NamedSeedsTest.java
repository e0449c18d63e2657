package dev.memux.sim.world;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Seeds whose worlds have found something, with what they found. */
class NamedSeedsTest {
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "25, a stream that was stopped after its end had come was never closed",
    "646, the same with keep-alives so that the connection never ended",
    "63, a packet that came after an ACK frame was forgotten when that frame was acknowledged",
    "249, the same under another load",
  })
  void whatWasFoundStaysFixed(long seed, String what) {
    assertEquals(World.overQuic(seed).run(), World.overQuic(seed).run());
  }
}
