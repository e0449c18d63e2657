package dev.memux.engine.mux;

import dev.memux.engine.stream.ChunkAccount;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Streams whose writes came up short because there was no memory, in the order in which that
 * happened. They are woken in that order, one for each {@link #wakeBytes} that can be had; the
 * others as more comes back.
 */
final class MemoryWaiters {
  /** What is worth waking a writer for: it would be back too soon for less. */
  private static final long WAKE_BYTES = 64 << 10;

  private final ArrayDeque<MuxStream> streams = new ArrayDeque<>(1);
  private final ChunkAccount memory;
  private final long wakeBytes;
  private long promisedBytes;

  MemoryWaiters(ChunkAccount memory, long maxBytes) {
    this.memory = memory;
    this.wakeBytes = Math.min(WAKE_BYTES, maxBytes / 4);
  }

  void add(MuxStream stream) {
    if (!stream.awaitsMemory) {
      stream.awaitsMemory = true;
      streams.addLast(stream);
    }
  }

  boolean isEmpty() {
    return streams.isEmpty();
  }

  /**
   * Whether streams wait that nothing of their own connection will wake: it holds so little that
   * what is missing is held by others.
   */
  boolean awaitOthers() {
    return !streams.isEmpty() && memory.ownFreeBytes() >= wakeBytes;
  }

  /** Memory may have come back: each stream returned until null can write again. */
  void begin() {
    promisedBytes = 0;
  }

  @Nullable MuxStream next() {
    // Who holds nothing will not hear of anything given back: then all try, and wait again.
    boolean worthIt = memory.freeBytes() - promisedBytes >= wakeBytes || memory.heldBytes() == 0;
    MuxStream stream = worthIt ? streams.pollFirst() : null;
    if (stream != null) {
      promisedBytes += wakeBytes;
      stream.awaitsMemory = false;
    }
    return stream;
  }
}
