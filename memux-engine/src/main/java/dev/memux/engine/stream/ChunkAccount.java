package dev.memux.engine.stream;

import dev.memux.engine.memory.MemoryBudget;
import org.jspecify.annotations.Nullable;

/**
 * The chunks that one connection's streams hold for one purpose: within a bound of the connection's
 * own, and within what {@link MemoryBudget} leaves to all. That is counted by all threads, which
 * costs as much as a packet's frames: an account that holds much takes from it, and gives back, for
 * some chunks at once.
 */
public final class ChunkAccount implements ChunkSource {
  /** Who holds less is counted exactly. */
  static final long LARGE_BYTES = 1 << 20;

  /** What a larger one has taken from the budget and does not hold, at most twice. */
  static final long STEP_BYTES = 16 * ChunkPool.CHUNK_BYTES;

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

  /** Counted in the budget, and not held. */
  private long sparedBytes;

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
    if (sparedBytes == 0 && !count(stepBytes()) && !count(ChunkPool.CHUNK_BYTES)) {
      return null;
    }
    sparedBytes -= ChunkPool.CHUNK_BYTES;
    heldBytes += ChunkPool.CHUNK_BYTES;
    return pool.take();
  }

  /** Returns whether the budget had so much. */
  private boolean count(long bytes) {
    // Counted first: of several loops that ask for the last chunk one at most gets it.
    if (budget.add(bytes) > limit()) {
      budget.add(-bytes);
      return false;
    }
    sparedBytes += bytes;
    return true;
  }

  private long stepBytes() {
    return heldBytes < LARGE_BYTES ? ChunkPool.CHUNK_BYTES : STEP_BYTES;
  }

  @Override
  public void give(byte[] chunk) {
    heldBytes -= ChunkPool.CHUNK_BYTES;
    sparedBytes += ChunkPool.CHUNK_BYTES;
    long keptBytes = heldBytes < LARGE_BYTES ? 0 : STEP_BYTES;
    if (sparedBytes > 2 * keptBytes) {
      budget.add(keptBytes - sparedBytes);
      sparedBytes = keptBytes;
    }
    pool.give(chunk);
  }

  private long limit() {
    return switch (use) {
      case SEND -> budget.sendLimit();
      case RECEIVE -> budget.receiveLimit(heldBytes);
    };
  }
}
