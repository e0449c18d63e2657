package dev.memux.engine.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.wire.SentFrames;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SentFramesPoolTest {
  private final SentFramesPool pool = new SentFramesPool();

  @Test
  void whatComesBackIsBlankAndUsedAgain() {
    SentFrames frames = pool.take();
    frames.add(SentFrames.Kind.PING);
    pool.release(frames);
    assertSame(frames, pool.take());
    assertTrue(frames.isEmpty());
  }

  @Test
  void onlySoManyAreKept() {
    List<SentFrames> taken = new ArrayList<>();
    for (int i = 0; i < SentFramesPool.MAX_SPARE + 50; i++) {
      taken.add(pool.take());
    }
    taken.forEach(pool::release);
    Set<SentFrames> before = Collections.newSetFromMap(new IdentityHashMap<>());
    before.addAll(taken);
    int usedAgain = 0;
    for (int i = 0; i < SentFramesPool.MAX_SPARE + 50; i++) {
      usedAgain += before.contains(pool.take()) ? 1 : 0;
    }
    assertEquals(SentFramesPool.MAX_SPARE, usedAgain);
  }
}
