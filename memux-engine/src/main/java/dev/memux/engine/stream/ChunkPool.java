package dev.memux.engine.stream;

import dev.memux.engine.memory.MemoryBudget;
import java.lang.ref.WeakReference;
import java.util.ArrayDeque;

/**
 * Byte arrays of one size that streams of a loop's connections buffer data in. As many are kept
 * free as are in use, and a few. Of a burst's memory some more are kept until the collector runs: a
 * path that is fast needs them again at once, one that has become quiet never.
 */
public final class ChunkPool implements ChunkSource {
  /** Three to four full packets; a stream with one byte pending holds this much. */
  public static final int CHUNK_BYTES = 4096;

  /** As many stay free although fewer are in use: 1 MB. */
  static final int FREE_CHUNKS = 256;

  /**
   * As many more may stay until the collector runs where there is memory: 16 MB, what a fast path
   * has in flight and gives back with an acknowledgement or two. A new array would be filled with
   * zeros and lie in no cache.
   */
  static final int MAX_SPARE_CHUNKS = 4096;

  /** The part of the memory that all connections may hold that a loop may keep spare. */
  private static final int SPARE_PART = 32;

  private final ArrayDeque<byte[]> free = new ArrayDeque<>();
  private final MemoryBudget budget;
  private final int spareChunksKept;
  private WeakReference<ArrayDeque<byte[]>> spare = new WeakReference<>(null);
  private int used;

  /** A pool that nothing bounds. */
  public ChunkPool() {
    this(MemoryBudget.UNLIMITED);
  }

  /** What connections take from it counts in {@code budget}; what is kept for them does not. */
  public ChunkPool(MemoryBudget budget) {
    this.budget = budget;
    this.spareChunksKept =
        (int) Math.min(budget.maxBytes() / SPARE_PART / CHUNK_BYTES, MAX_SPARE_CHUNKS);
  }

  /** What bounds all connections of the process together. */
  public MemoryBudget budget() {
    return budget;
  }

  @Override
  public byte[] take() {
    used++;
    byte[] chunk = free.pollLast();
    if (chunk == null) {
      ArrayDeque<byte[]> rest = spare.get();
      chunk = rest == null ? null : rest.pollLast();
    }
    return chunk == null ? new byte[CHUNK_BYTES] : chunk;
  }

  /** How many are kept for the next who needs one. */
  int freeChunks() {
    ArrayDeque<byte[]> rest = spare.get();
    return free.size() + (rest == null ? 0 : rest.size());
  }

  @Override
  public void give(byte[] chunk) {
    used--;
    free.addLast(chunk);
    while (free.size() > Math.max(FREE_CHUNKS, used)) {
      spare(free.removeFirst());
    }
  }

  private void spare(byte[] chunk) {
    ArrayDeque<byte[]> rest = spare.get();
    if (rest == null) {
      rest = new ArrayDeque<>();
      spare = new WeakReference<>(rest);
    }
    if (rest.size() < spareChunksKept) {
      rest.addLast(chunk);
    }
  }
}
