package dev.memux.engine.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SentFramesTest {
  @Test
  void keepsEntriesInOrderAndForgetsThemWhenCleared() {
    SentFrames frames = new SentFrames();
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 20; i++) {
        frames.add(SentFrames.Kind.STREAM, i, 2L * i, 3L * i);
        frames.add(SentFrames.Kind.RESET_STREAM, i);
        frames.add(SentFrames.Kind.MAX_DATA);
      }
      assertEquals(60, frames.size());
      for (int i = 0; i < 20; i++) {
        assertEquals(SentFrames.Kind.STREAM, frames.kind(3 * i));
        assertEquals(i, frames.a(3 * i));
        assertEquals(2L * i, frames.b(3 * i));
        assertEquals(3L * i, frames.c(3 * i));
        assertEquals(i, frames.a(3 * i + 1));
        assertEquals(0, frames.b(3 * i + 1));
        assertEquals(0, frames.a(3 * i + 2));
      }
      frames.clear();
      assertTrue(frames.isEmpty());
    }
  }
}
