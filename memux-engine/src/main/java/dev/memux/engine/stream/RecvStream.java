package dev.memux.engine.stream;

import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import java.nio.ByteBuffer;

/** The receiving part of a stream (RFC 9000 §3.2). */
public final class RecvStream {
  private static final long UNKNOWN = -1;

  private final Reassembly reassembly;
  private final ReceiveWindow window;
  private long highest;
  private long consumedTo;
  private long finalSize = UNKNOWN;
  private long resetCode = UNKNOWN;
  private boolean discarding;

  public RecvStream(ReceiveWindow window, ChunkPool pool) {
    this.window = window;
    this.reassembly = new Reassembly(pool);
  }

  /** How much further than before a frame that ends at {@code end} reaches. */
  public long growth(long end) {
    return Math.max(0, end - highest);
  }

  /**
   * Takes the data of a STREAM frame in.
   *
   * @return whether the application can now read something that it could not before
   */
  public boolean onData(long offset, byte[] data, int from, int length, boolean fin)
      throws ProtocolException {
    long end = offset + length;
    checkFinalSize(end, fin, FrameType.STREAM);
    if (end > window.limit()) {
      // RFC 9000 §4.1: a peer that ignores our limit could make us buffer without bound.
      throw new ProtocolException(
          TransportError.FLOW_CONTROL_ERROR, FrameType.STREAM.code(), "stream limit exceeded");
    }
    highest = Math.max(highest, end);
    boolean wasEndKnown = finalSize != UNKNOWN;
    if (fin) {
      finalSize = end;
    }
    if (discarding || isReset()) {
      return false;
    }
    long readableBefore = reassembly.readableBytes();
    if (!reassembly.insert(offset, data, from, length)) {
      throw new ProtocolException(
          TransportError.INTERNAL_ERROR, FrameType.STREAM.code(), "too many gaps in stream data");
    }
    return reassembly.readableBytes() > readableBefore
        || (fin && !wasEndKnown && reassembly.readTo() == finalSize);
  }

  /**
   * Takes a RESET_STREAM in.
   *
   * @return whether this is news to the application
   */
  public boolean onReset(long code, long size) throws ProtocolException {
    checkFinalSize(size, true, FrameType.RESET_STREAM);
    if (size > window.limit()) {
      throw new ProtocolException(
          TransportError.FLOW_CONTROL_ERROR,
          FrameType.RESET_STREAM.code(),
          "final size above the stream limit"); // RFC 9000 §4.5
    }
    // Before the size is noted: having read all that came is not the end, only a FIN makes it one.
    if (isReset() || isAllRead()) {
      return false;
    }
    highest = Math.max(highest, size);
    finalSize = size;
    resetCode = code;
    reassembly.release();
    return true;
  }

  /** RFC 9000 §4.5: the final size, once known, never changes, and no data lies beyond it. */
  private void checkFinalSize(long end, boolean isFinal, FrameType frame) throws ProtocolException {
    if (finalSize != UNKNOWN && (isFinal ? end != finalSize : end > finalSize)) {
      throw new ProtocolException(
          TransportError.FINAL_SIZE_ERROR, frame.code(), "final size changed");
    }
    if (isFinal && end < highest) {
      throw new ProtocolException(
          TransportError.FINAL_SIZE_ERROR, frame.code(), "final size below data received");
    }
  }

  /** Bytes that can be read now. */
  public int readableBytes() {
    long readable = isReset() || discarding ? 0 : reassembly.readableBytes();
    return (int) Math.min(readable, Integer.MAX_VALUE);
  }

  /**
   * Reads what is there and fits; gives its credit back to the peer.
   *
   * @return bytes read, 0 when there are none now, -1 when the stream has ended
   */
  public int read(ByteBuffer target) {
    int length = take(target);
    if (length > 0) {
      consume(length);
    }
    return length;
  }

  /**
   * Reads what is there and fits, and keeps its credit until {@link #consume}.
   *
   * @return as {@link #read}
   */
  public int take(ByteBuffer target) {
    return isReset() || discarding || isAllRead() ? -1 : reassembly.read(target);
  }

  /** The application has had {@code bytes} more of what was taken: the peer may send as much. */
  public void consume(int bytes) {
    consumedTo += bytes;
    window.consume(bytes);
  }

  /** From now on everything that arrives is thrown away (RFC 9000 §3.5). */
  public void discard() {
    discarding = true;
    reassembly.release();
  }

  public boolean isDiscarding() {
    return discarding;
  }

  /** Highest offset received: what counts against the connection's limit. */
  public long highest() {
    return highest;
  }

  /** Offset after the last byte that the application has had. */
  public long consumedTo() {
    return consumedTo;
  }

  public boolean isReset() {
    return resetCode != UNKNOWN;
  }

  /** The code of the peer's reset, -1 if there was none. */
  public long resetCode() {
    return resetCode;
  }

  /** Whether everything up to the FIN has been read. */
  public boolean isAllRead() {
    return finalSize != UNKNOWN && !isReset() && reassembly.readTo() == finalSize;
  }

  /** Whether everything up to the FIN has arrived, read or not. */
  public boolean isAllReceived() {
    return finalSize != UNKNOWN
        && !isReset()
        && !discarding
        && reassembly.readTo() + reassembly.readableBytes() == finalSize;
  }

  /** Whether so much has been read that the peer should be told of more credit. */
  public boolean wantsCredit() {
    return takesCredit() && window.isLow();
  }

  /** Whether more credit would be of use: not once the end is known (RFC 9000 §4.1). */
  public boolean takesCredit() {
    return finalSize == UNKNOWN && !discarding;
  }

  public ReceiveWindow window() {
    return window;
  }

  /** Whether nothing is left to do (RFC 9000 §3.2, the terminal states). */
  public boolean isOver() {
    return isReset() || isAllRead() || (discarding && finalSize != UNKNOWN);
  }

  /** Frees all memory; the connection is gone. */
  public void release() {
    reassembly.release();
  }
}
