package dev.memux.engine.stream;

import org.jspecify.annotations.Nullable;

/** Where buffers get their chunks. */
public sealed interface ChunkSource permits ChunkPool, ChunkAccount {
  /** A chunk of {@link ChunkPool#CHUNK_BYTES}; null: there is to be no more memory now. */
  byte @Nullable [] take();

  void give(byte[] chunk);
}
