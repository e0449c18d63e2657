package dev.memux.engine.mux;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Streams by ID: open addressing with linear probing, so that a look-up for each frame neither
 * boxes nor allocates.
 */
final class StreamTable {
  private static final int INITIAL_SLOTS = 16;

  /** Fewer are not worth giving back. */
  private static final int KEPT_SLOTS = 1024;

  /** What a table that was fuller has for each stream, at most; when it grows they are four. */
  private static final int MAX_SLOTS_PER_STREAM = 16;

  private @Nullable MuxStream[] slots = new @Nullable MuxStream[INITIAL_SLOTS];
  private int size;

  int size() {
    return size;
  }

  @Nullable MuxStream get(long id) {
    for (int i = slot(id); ; i = next(i)) {
      MuxStream stream = slots[i];
      if (stream == null || stream.id() == id) {
        return stream;
      }
    }
  }

  void add(MuxStream stream) {
    if (++size * 2 > slots.length) {
      resize(slots.length * 2);
    }
    place(stream);
  }

  void remove(MuxStream stream) {
    int hole = slot(stream.id());
    while (slots[hole] != stream) {
      hole = next(hole);
    }
    slots[hole] = null;
    size--;
    if (slots.length > KEPT_SLOTS && slots.length > MAX_SLOTS_PER_STREAM * size) {
      resize(slots.length / 2);
      return;
    }
    // Whoever was pushed past the hole moves back, or its look-up would stop at the hole.
    for (int i = next(hole); ; i = next(i)) {
      MuxStream pushed = slots[i];
      if (pushed == null) {
        return;
      }
      slots[i] = null;
      place(pushed);
    }
  }

  void forEach(Consumer<MuxStream> action) {
    for (MuxStream stream : slots.clone()) {
      if (stream != null) {
        action.accept(stream);
      }
    }
  }

  private void place(MuxStream stream) {
    int i = slot(stream.id());
    while (slots[i] != null) {
      i = next(i);
    }
    slots[i] = stream;
  }

  private void resize(int count) {
    @Nullable MuxStream[] old = slots;
    slots = new @Nullable MuxStream[count];
    for (MuxStream stream : old) {
      if (stream != null) {
        place(stream);
      }
    }
  }

  private int slot(long id) {
    long hash = id * 0x9e37_79b9_7f4a_7c15L;
    return (int) (hash >>> 40) & slots.length - 1;
  }

  private int next(int i) {
    return i + 1 & slots.length - 1;
  }
}
