package dev.memux.engine.recovery;

import dev.memux.engine.wire.SentFrames;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Spare {@link SentFrames} of one connection. */
final class SentFramesPool {
  private @Nullable SentFrames[] spare = {};
  private int size;

  SentFrames take() {
    if (size == 0) {
      return new SentFrames();
    }
    SentFrames frames = Objects.requireNonNull(spare[--size]);
    spare[size] = null;
    return frames;
  }

  void release(SentFrames frames) {
    if (size == MAX_SPARE) {
      return;
    }
    frames.clear();
    if (size == spare.length) {
      spare = Arrays.copyOf(spare, Math.max(INITIAL_SPARE, size * 2));
    }
    spare[size++] = frames;
  }

  /**
   * What an acknowledgement of several batches sets free at once; more would only be memory kept
   * for an idle connection.
   */
  static final int MAX_SPARE = 256;

  private static final int INITIAL_SPARE = 16;
}
