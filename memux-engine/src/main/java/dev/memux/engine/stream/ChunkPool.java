package dev.memux.engine.stream;

import dev.memux.engine.memory.MemoryBudget;
import java.util.ArrayDeque;

/**
 * Byte arrays of one size that streams of a loop's connections buffer data in. As many are kept
 * free as are in use, and some; the rest of a burst's memory goes back to the collector.
 */
public final class ChunkPool implements ChunkSource {
  /** Three to four full packets; a stream with one byte pending holds this much. */
  public static final int CHUNK_BYTES = 4096;

  /** As many may be free although fewer are in use, however little memory there is: 1 MB. */
  static final int MIN_FREE_CHUNKS = 256;

  /**
   * As many may be free where there is memory: 16 MB, what a fast path has in flight and gives back
   * with an acknowledgement or two. A new array would be filled with zeros and lie in no cache.
   */
  static final int MAX_FREE_CHUNKS = 4096;

  /** The part of the memory that all connections may hold that a loop may keep free. */
  private static final int FREE_PART = 32;

  private final ArrayDeque<byte[]> free = new ArrayDeque<>();
  private final MemoryBudget budget;
  private final int freeChunksKept;
  private int used;

  /** A pool that nothing bounds. */
  public ChunkPool() {
    this(MemoryBudget.UNLIMITED);
  }

  /** What connections take from it counts in {@code budget}; what is kept for them does not. */
  public ChunkPool(MemoryBudget budget) {
    this.budget = budget;
    this.freeChunksKept =
        Math.clamp(budget.maxBytes() / FREE_PART / CHUNK_BYTES, MIN_FREE_CHUNKS, MAX_FREE_CHUNKS);
  }

  /** What bounds all connections of the process together. */
  public MemoryBudget budget() {
    return budget;
  }

  @Override
  public byte[] take() {
    used++;
    byte[] chunk = free.pollLast();
    return chunk == null ? new byte[CHUNK_BYTES] : chunk;
  }

  /** How many are kept for the next who needs one. */
  int freeChunks() {
    return free.size();
  }

  @Override
  public void give(byte[] chunk) {
    used--;
    free.addLast(chunk);
    while (free.size() > Math.max(freeChunksKept, used)) {
      free.pollFirst();
    }
  }
}
