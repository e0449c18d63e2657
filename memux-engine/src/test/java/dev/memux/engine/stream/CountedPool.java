package dev.memux.engine.stream;

/** A pool filled beforehand, so that what is missing from it is what is in use. */
final class CountedPool {
  final ChunkPool pool = new ChunkPool();
  private final int chunks;

  CountedPool(int chunks) {
    this.chunks = chunks;
    for (int i = 0; i < chunks; i++) {
      pool.give(new byte[ChunkPool.CHUNK_BYTES]);
    }
  }

  /** Chunks in use; right as long as they are fewer than there were at first. */
  int taken() {
    return chunks - pool.freeChunks();
  }
}
