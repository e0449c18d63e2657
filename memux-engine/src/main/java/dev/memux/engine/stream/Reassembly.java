package dev.memux.engine.stream;

import dev.memux.engine.wire.RangeSet;
import java.nio.ByteBuffer;

/**
 * Puts bytes that arrive in any order, repeated and overlapping, back into their sequence. The
 * caller bounds how far ahead of the reader a byte may lie. Serves STREAM and CRYPTO data alike.
 */
public final class Reassembly {
  /**
   * A peer could leave a hole after every byte; beyond this many its stream counts as an attack
   * (RFC 9000 §21.7), unless they are {@linkplain #MAX_WIDE_GAPS wide}. Ranges stand in arrays: at
   * this bound the worst insertion takes about 0.2 µs, at 8192 about 1 µs.
   */
  public static final int MAX_GAPS = 2048;

  /**
   * How many holes there may be where each comes with {@link #WIDE_GAP_BYTES} of the stream: what
   * they take is little against the data. A path of 1 Gbit/s and 400 ms whose queue overflows while
   * a fifth more than it takes is sent loses every sixth packet of 50 MB.
   */
  public static final int MAX_WIDE_GAPS = 16_384;

  /** The least full packet. */
  public static final int WIDE_GAP_BYTES = 1200;

  /** What came of bytes. */
  public enum Insertion {
    TAKEN,
    /** They would leave more holes than {@link #MAX_GAPS}, or {@link #MAX_WIDE_GAPS}. */
    TOO_MANY_GAPS,
    /** There was no memory for them. */
    NO_MEMORY
  }

  private final ChunkWindow chunks;
  private final RangeSet received = new RangeSet();
  private long readTo;

  public Reassembly(ChunkSource source) {
    this(source, 0);
  }

  /** Goes on at {@code offset}, everything below it having been read. */
  Reassembly(ChunkSource source, long offset) {
    chunks = new ChunkWindow(source, offset);
    readTo = offset;
    if (offset > 0) {
      received.add(0, offset);
    }
  }

  /** Takes bytes in. Unless all were taken, this can be used no more. */
  public Insertion insert(long offset, byte[] data, int from, int length) {
    int skip = (int) Math.min(length, Math.max(0, readTo - offset));
    if (skip == length) {
      return Insertion.TAKEN;
    }
    long start = offset + skip;
    if (received.size() > MAX_GAPS
        && received.size() > maxWideGaps(offset + length)
        && !received.touches(start, offset + length)) {
      return Insertion.TOO_MANY_GAPS;
    }
    if (received.add(start, offset + length)
        && chunks.put(start, data, from + skip, length - skip) < length - skip) {
      return Insertion.NO_MEMORY;
    }
    return Insertion.TAKEN;
  }

  private long maxWideGaps(long end) {
    return Math.min(MAX_WIDE_GAPS, (Math.max(end, received.max()) - readTo) / WIDE_GAP_BYTES);
  }

  /** Offset of the next byte to read. */
  public long readTo() {
    return readTo;
  }

  /** Bytes that can be read now. */
  public long readableBytes() {
    return received.isEmpty() || received.min() > readTo ? 0 : received.end(0) - readTo;
  }

  /** Reads into {@code target} what is there and fits. */
  public int read(ByteBuffer target) {
    int length = (int) Math.min(target.remaining(), readableBytes());
    if (length > 0) {
      chunks.copyTo(readTo, target, length);
      consume(length);
    }
    return length;
  }

  /** Reads everything that is there. */
  public byte[] read() {
    byte[] bytes = new byte[(int) readableBytes()];
    chunks.copyTo(readTo, bytes, 0, bytes.length);
    consume(bytes.length);
    return bytes;
  }

  private void consume(int length) {
    readTo += length;
    chunks.releaseBelow(readTo);
    if (!received.isEmpty() && received.max() == readTo) {
      chunks.releaseAll(); // an idle stream holds nothing, not even the chunk it stopped in
    }
  }

  /** Drops what lies at {@code offset} or above. */
  public void truncate(long offset) {
    received.remove(offset, Long.MAX_VALUE);
    chunks.releaseFrom(offset);
  }

  /** Drops everything that is held. */
  public void release() {
    chunks.releaseAll();
    received.clear();
  }
}
