package dev.memux.engine.stream;

import dev.memux.engine.wire.RangeSet;
import java.nio.ByteBuffer;

/**
 * Bytes to be delivered in order over packets that may be lost: what was written, what was sent,
 * what has to be sent again. Memory is freed when everything before it has been acknowledged.
 * Serves STREAM and CRYPTO data alike.
 */
public final class SendBuffer {
  private final ChunkWindow chunks;
  private final RangeSet lost = new RangeSet();

  /** Acknowledged ranges above {@link #ackedTo}. */
  private final RangeSet acked = new RangeSet();

  private long ackedTo;
  private long sentTo;
  private long writtenTo;

  public SendBuffer(ChunkSource source) {
    this(source, 0);
  }

  /** Goes on at {@code offset}, everything below it having been acknowledged. */
  SendBuffer(ChunkSource source, long offset) {
    chunks = new ChunkWindow(source, offset);
    ackedTo = offset;
    sentTo = offset;
    writtenTo = offset;
  }

  /**
   * Appends {@code length} bytes of {@code source}.
   *
   * @return how many: fewer if there is no memory for the rest
   */
  public int write(ByteBuffer source, int length) {
    int taken = chunks.put(writtenTo, source, length);
    writtenTo += taken;
    return taken;
  }

  public void write(byte[] source) {
    chunks.put(writtenTo, source, 0, source.length);
    writtenTo += source.length;
  }

  /** Everything below this offset has been acknowledged. */
  public long ackedTo() {
    return ackedTo;
  }

  /** Offset of the first byte that was never sent. */
  public long sentTo() {
    return sentTo;
  }

  /** Offset after the last byte written. */
  public long writtenTo() {
    return writtenTo;
  }

  /** Bytes in memory: written and not yet acknowledged, gaps included. */
  public long heldBytes() {
    return writtenTo - ackedTo;
  }

  public boolean hasLost() {
    return !lost.isEmpty();
  }

  /** The first lost byte; only if {@link #hasLost}. */
  public long lostFrom() {
    return lost.min();
  }

  /** The end of the lost range that begins at {@link #lostFrom}. */
  public long lostTo() {
    return lost.end(0);
  }

  /** Copies bytes for a packet and takes them as sent, whether for the first time or again. */
  public void send(long offset, byte[] target, int to, int length) {
    chunks.copyTo(offset, target, to, length);
    long after = offset + length;
    if (offset == sentTo) {
      sentTo = after;
    } else {
      lost.remove(offset, after);
    }
  }

  public void onAcked(long offset, long length) {
    long after = Math.min(offset + length, writtenTo);
    if (after <= ackedTo) {
      return;
    }
    if (!lost.isEmpty()) {
      lost.remove(offset, after);
    }
    if (offset > ackedTo) {
      acked.add(offset, after);
      return;
    }
    ackedTo = after;
    while (!acked.isEmpty() && acked.min() <= ackedTo) {
      ackedTo = Math.max(ackedTo, acked.end(0));
      acked.removeFirst();
    }
    chunks.releaseBelow(ackedTo);
    if (ackedTo == writtenTo) {
      chunks.releaseAll(); // an idle stream holds nothing, not even the chunk it stopped in
    }
  }

  /**
   * As if nothing had been sent.
   *
   * @throws IllegalStateException if something was acknowledged
   */
  public void restart() {
    if (ackedTo > 0 || !acked.isEmpty()) {
      throw new IllegalStateException("acknowledged up to " + ackedTo);
    }
    sentTo = 0;
    lost.clear();
  }

  /** What was acknowledged in another packet meanwhile is not sent again. */
  public void onLost(long offset, long length) {
    lost.addExcept(Math.max(offset, ackedTo), Math.min(offset + length, writtenTo), acked);
  }

  /**
   * Forgets what was written from {@code offset} on: it is sent no more, neither for the first time
   * nor again.
   */
  public void truncate(long offset) {
    long end = Math.max(offset, ackedTo);
    if (end >= writtenTo) {
      return;
    }
    writtenTo = end;
    sentTo = Math.min(sentTo, end);
    lost.remove(end, Long.MAX_VALUE);
    acked.remove(end, Long.MAX_VALUE);
    if (ackedTo == writtenTo) {
      chunks.releaseAll();
    } else {
      chunks.releaseFrom(end);
    }
  }

  public boolean isAllAcked() {
    return ackedTo == writtenTo;
  }

  /** Drops everything; nothing more will be sent. */
  public void release() {
    chunks.releaseAll();
    lost.clear();
    acked.clear();
  }
}
