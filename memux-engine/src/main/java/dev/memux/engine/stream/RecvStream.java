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

  /** Of our STOP_SENDING. */
  private long discardCode = UNKNOWN;

  /** What has been given back to the connection's window. */
  private long creditReturned;

  /** With a reset: what the application still gets before it. */
  private long reliableSize;

  /** The reset was a RESET_STREAM_AT. */
  private boolean resetAt;

  private boolean resetTold;

  public RecvStream(ReceiveWindow window, ChunkSource source) {
    this(window, 0, source);
  }

  /**
   * A stream on which something has been received.
   *
   * @param readTo all below has been read and given back as credit, and nothing more has arrived
   */
  public RecvStream(ReceiveWindow window, long readTo, ChunkSource source) {
    this.window = window;
    this.reassembly = new Reassembly(source, readTo);
    this.highest = readTo;
    this.consumedTo = readTo;
    this.creditReturned = readTo;
  }

  /** Whether everything that has arrived was read, and more may come. */
  public boolean isIdle() {
    return finalSize == UNKNOWN
        && !discarding
        && consumedTo == highest
        && creditReturned == highest;
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
    int wanted = resetCode == UNKNOWN ? length : Math.clamp(reliableSize - offset, 0, length);
    long readableBefore = reassembly.readableBytes();
    insert(offset, data, from, wanted);
    return reassembly.readableBytes() > readableBefore
        || (fin && !wasEndKnown && reassembly.readTo() == finalSize);
  }

  private void insert(long offset, byte[] data, int from, int length) throws ProtocolException {
    switch (reassembly.insert(offset, data, from, length)) {
      case TAKEN -> {}
      case TOO_MANY_GAPS ->
          throw new ProtocolException(
              TransportError.INTERNAL_ERROR,
              FrameType.STREAM.code(),
              "too many gaps in stream data");
      // RFC 9000 §20.1: an endpoint that cannot go on says so. The data lies within the credit we
      // gave, so that it is not the peer's fault; but it will not come again once acknowledged.
      case NO_MEMORY ->
          throw new ProtocolException(
              TransportError.INTERNAL_ERROR, FrameType.STREAM.code(), "no memory for stream data");
    }
  }

  /**
   * Takes a RESET_STREAM in.
   *
   * @return whether the application is to be told
   */
  public boolean onReset(long code, long size) throws ProtocolException {
    return onReset(FrameType.RESET_STREAM, code, size, 0);
  }

  /**
   * Takes a RESET_STREAM_AT in (draft-ietf-quic-reliable-stream-reset).
   *
   * @param reliable what is delivered before the reset; at most {@code size}
   * @return whether the application is to be told now; if not, {@link #takeResetNews} says when
   */
  public boolean onResetAt(long code, long size, long reliable) throws ProtocolException {
    return onReset(FrameType.RESET_STREAM_AT, code, size, reliable);
  }

  private boolean onReset(FrameType frame, long code, long size, long reliable)
      throws ProtocolException {
    checkFinalSize(size, true, frame);
    if (size > window.limit()) {
      throw new ProtocolException(
          TransportError.FLOW_CONTROL_ERROR,
          frame.code(),
          "final size above the stream limit"); // RFC 9000 §4.5
    }
    boolean isAt = frame == FrameType.RESET_STREAM_AT;
    if (resetCode != UNKNOWN) {
      if (code != resetCode && (isAt || resetAt)) {
        // §5.2 of the draft: which of several frames counts depends on their order on the way, so
        // they must say the same.
        throw new ProtocolException(
            TransportError.STREAM_STATE_ERROR, frame.code(), "error code of a reset changed");
      }
      if (isReset() || reliable >= reliableSize) {
        return false; // §5.2: what would promise more has been overtaken
      }
    } else if (isAllRead()) {
      // Before the size is noted: having read all that came is not the end, only a FIN makes it
      // one.
      return false;
    }
    highest = Math.max(highest, size);
    finalSize = size;
    resetCode = code;
    resetAt |= isAt;
    reliableSize = reliable;
    reassembly.truncate(Math.max(reliable, reassembly.readTo()));
    return takeResetNews();
  }

  /**
   * Whether all that a reset promises has been read, so that the application is to be told of it
   * now; once.
   */
  public boolean takeResetNews() {
    if (resetTold || !isReset()) {
      return false;
    }
    resetTold = true;
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

  /**
   * From now on everything that arrives is thrown away (RFC 9000 §3.5).
   *
   * @param code for the peer
   */
  public void discard(long code) {
    discarding = true;
    discardCode = code;
    reassembly.release();
  }

  public boolean isDiscarding() {
    return discarding;
  }

  /** What {@link #discard} was given, -1 if nothing. */
  public long discardCode() {
    return discardCode;
  }

  /**
   * How much of the connection's credit comes back now that the stream has no use for anything
   * below {@code offset}; each byte once.
   */
  public long takeReturnedCredit(long offset) {
    long bytes = Math.max(0, offset - creditReturned);
    creditReturned += bytes;
    return bytes;
  }

  /** Highest offset received: what counts against the connection's limit. */
  public long highest() {
    return highest;
  }

  /** Offset after the last byte that the application has had. */
  public long consumedTo() {
    return consumedTo;
  }

  /** Whether the peer has reset the stream, and all that it still promised has been read. */
  public boolean isReset() {
    return resetCode != UNKNOWN && reassembly.readTo() >= reliableSize;
  }

  /** The code of the peer's reset, -1 if there was none, or as long as {@link #isReset} is not. */
  public long resetCode() {
    return isReset() ? resetCode : UNKNOWN;
  }

  /** Whether everything up to the FIN has been read. */
  public boolean isAllRead() {
    return finalSize != UNKNOWN && resetCode == UNKNOWN && reassembly.readTo() == finalSize;
  }

  /** Whether everything up to the FIN has arrived, read or not. */
  public boolean isAllReceived() {
    return finalSize != UNKNOWN
        && resetCode == UNKNOWN
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
