package dev.memux.engine.stream;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The part of a byte sequence that is held in memory, addressed by offset. Chunks appear when a
 * byte of theirs is put and go when everything in them has been released, so memory follows the
 * distance from the lowest offset not released to the highest put, which flow control or the caller
 * bounds.
 */
final class ChunkWindow {
  private static final int INITIAL_CHUNKS = 2;
  private static final int SHIFT = Integer.numberOfTrailingZeros(ChunkPool.CHUNK_BYTES);
  private static final int MASK = ChunkPool.CHUNK_BYTES - 1;

  private final ChunkSource chunks;

  /** Chunk n of the sequence stands at {@code n & (ring.length - 1)}. */
  private byte[] @Nullable [] ring = new byte[INITIAL_CHUNKS] @Nullable [];

  /** The lowest chunk that may be held. */
  private long first;

  /** One more than the highest chunk that may be held. */
  private long end;

  ChunkWindow(ChunkSource source) {
    this(source, 0);
  }

  /** Nothing below {@code offset} will be put. */
  ChunkWindow(ChunkSource source, long offset) {
    this.chunks = source;
    this.first = offset >>> SHIFT;
    this.end = first;
  }

  /** Returns how many bytes were put: fewer if there is no memory for the rest. */
  int put(long offset, byte[] source, int from, int length) {
    long at = offset;
    int index = from;
    int left = length;
    while (left > 0) {
      int within = (int) at & MASK;
      int n = Math.min(left, ChunkPool.CHUNK_BYTES - within);
      byte[] chunk = writable(at >>> SHIFT);
      if (chunk == null) {
        break;
      }
      System.arraycopy(source, index, chunk, within, n);
      at += n;
      index += n;
      left -= n;
    }
    return length - left;
  }

  /** Returns how many bytes were put: fewer if there is no memory for the rest. */
  int put(long offset, ByteBuffer source, int length) {
    long at = offset;
    int left = length;
    while (left > 0) {
      int within = (int) at & MASK;
      int n = Math.min(left, ChunkPool.CHUNK_BYTES - within);
      byte[] chunk = writable(at >>> SHIFT);
      if (chunk == null) {
        break;
      }
      source.get(chunk, within, n);
      at += n;
      left -= n;
    }
    return length - left;
  }

  void copyTo(long offset, byte[] target, int to, int length) {
    long at = offset;
    int index = to;
    int left = length;
    while (left > 0) {
      int within = (int) at & MASK;
      int n = Math.min(left, ChunkPool.CHUNK_BYTES - within);
      System.arraycopy(readable(at >>> SHIFT), within, target, index, n);
      at += n;
      index += n;
      left -= n;
    }
  }

  void copyTo(long offset, ByteBuffer target, int length) {
    long at = offset;
    int left = length;
    while (left > 0) {
      int within = (int) at & MASK;
      int n = Math.min(left, ChunkPool.CHUNK_BYTES - within);
      target.put(readable(at >>> SHIFT), within, n);
      at += n;
      left -= n;
    }
  }

  /** Gives back every chunk that lies wholly below {@code offset}. */
  void releaseBelow(long offset) {
    long chunk = offset >>> SHIFT;
    while (first < chunk) {
      if (first < end) {
        release(first);
      }
      first++;
      if (first > end) {
        first = chunk;
      }
    }
    end = Math.max(end, first);
  }

  /** Gives back every chunk that lies wholly at or above {@code offset}. */
  void releaseFrom(long offset) {
    long from = Math.max(first, (offset + MASK) >>> SHIFT);
    for (long chunk = from; chunk < end; chunk++) {
      release(chunk);
    }
    end = Math.min(end, from);
  }

  /** Gives everything back; the sequence may go on where it was. */
  void releaseAll() {
    for (long chunk = first; chunk < end; chunk++) {
      release(chunk);
    }
    end = first;
  }

  private void release(long chunk) {
    int slot = slot(chunk);
    byte[] bytes = ring[slot];
    if (bytes != null) {
      ring[slot] = null;
      chunks.give(bytes);
    }
  }

  private byte[] readable(long chunk) {
    byte[] bytes = ring[slot(chunk)];
    if (bytes == null || chunk < first || chunk >= end) {
      throw new IllegalStateException("nothing held at chunk " + chunk);
    }
    return bytes;
  }

  /** Null: there is no memory for it. */
  private byte @Nullable [] writable(long chunk) {
    if (chunk < first) {
      throw new IllegalStateException("chunk " + chunk + " has been released");
    }
    if (chunk - first >= ring.length) {
      grow(chunk - first + 1);
    }
    end = Math.max(end, chunk + 1);
    int slot = slot(chunk);
    byte[] bytes = ring[slot];
    if (bytes == null) {
      bytes = chunks.take();
      ring[slot] = bytes;
    }
    return bytes;
  }

  private void grow(long chunks) {
    int size = ring.length;
    while (size < chunks) {
      size *= 2;
    }
    byte[] @Nullable [] larger = new byte[size] @Nullable [];
    for (long chunk = first; chunk < end; chunk++) {
      larger[(int) chunk & size - 1] = ring[slot(chunk)];
    }
    ring = larger;
  }

  private int slot(long chunk) {
    return (int) chunk & ring.length - 1;
  }
}
