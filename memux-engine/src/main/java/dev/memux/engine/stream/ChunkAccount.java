package dev.memux.engine.stream;

import dev.memux.engine.memory.MemoryBudget;
import org.jspecify.annotations.Nullable;

/**
 * The chunks that one connection's streams hold for one purpose: within a bound of the connection's
 * own, and within what {@link MemoryBudget} leaves to all.
 */
public final class ChunkAccount implements ChunkSource {
  /** What memory is for. */
  public enum Use {
    SEND,
    RECEIVE
  }

  private final ChunkPool pool;
  private final MemoryBudget budget;
  private final Use use;
  private final long maxBytes;
  private long heldBytes;

  public ChunkAccount(ChunkPool pool, Use use, long maxBytes) {
    this.pool = pool;
    this.budget = pool.budget();
    this.use = use;
    this.maxBytes = maxBytes;
  }

  /** What is held now. */
  public long heldBytes() {
    return heldBytes;
  }

  /** What the connection's own bound leaves. */
  public long ownFreeBytes() {
    return maxBytes - heldBytes;
  }

  /** What could be taken now. */
  public long freeBytes() {
    return Math.max(0, Math.min(ownFreeBytes(), limit() - budget.heldBytes()));
  }

  @Override
  public byte @Nullable [] take() {
    if (ownFreeBytes() < ChunkPool.CHUNK_BYTES) {
      return null;
    }
    // Counted first: of several loops that ask for the last chunk one at most gets it.
    if (budget.add(ChunkPool.CHUNK_BYTES) > limit()) {
      budget.add(-ChunkPool.CHUNK_BYTES);
      return null;
    }
    heldBytes += ChunkPool.CHUNK_BYTES;
    return pool.take();
  }

  @Override
  public void give(byte[] chunk) {
    heldBytes -= ChunkPool.CHUNK_BYTES;
    budget.add(-ChunkPool.CHUNK_BYTES);
    pool.give(chunk);
  }

  private long limit() {
    return switch (use) {
      case SEND -> budget.sendLimit();
      case RECEIVE -> budget.receiveLimit(heldBytes);
    };
  }
}
