package dev.memux.engine.stream;

import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import java.nio.ByteBuffer;

/** The sending part of a stream (RFC 9000 §3.1). */
public final class SendStream {
  /** RFC 9000 §3.1, figure 2; Ready and Send are one here, as nothing depends on the difference. */
  public enum State {
    /** Data may be written, or is still to be sent. */
    SEND,
    /** Everything and the FIN have been sent. */
    DATA_SENT,
    /** RESET_STREAM is being sent, or RESET_STREAM_AT with what it promises to deliver. */
    RESET_SENT,
    /** The peer has acknowledged everything and the FIN. */
    DATA_RECEIVED,
    /** The peer has acknowledged the reset and all that it promised. */
    RESET_RECEIVED
  }

  private static final long NONE = -1;

  private final long id;
  private final SendBuffer buffer;
  private State state = State.SEND;
  private long maxData;

  /** The limit last reported to the peer as blocking us. */
  private long blockedReportedAt = NONE;

  /** Of the peer's STOP_SENDING. */
  private long stopCode = NONE;

  private boolean finWritten;
  private boolean finLost;
  private boolean finAcked;
  private long resetCode = NONE;

  /** What is delivered although the stream is reset; 0: nothing. */
  private long reliableSize;

  /** How far data had been sent when the stream was reset; a part of it may be forgotten since. */
  private long sentBeforeReset;

  /** The reset has to be sent, for the first time or again. */
  private boolean resetPending;

  private boolean resetAcked;

  /**
   * @param maxData the peer's initial limit
   */
  public SendStream(long id, long maxData, ChunkSource source) {
    this(id, maxData, 0, source);
  }

  /**
   * A stream on which something has been sent.
   *
   * @param maxData the peer's limit
   * @param ackedTo all below has been acknowledged, and nothing more was written
   */
  public SendStream(long id, long maxData, long ackedTo, ChunkSource source) {
    this.id = id;
    this.maxData = maxData;
    this.buffer = new SendBuffer(source, ackedTo);
  }

  public State state() {
    return state;
  }

  /** Whether the application may still write. */
  public boolean isWritable() {
    return state == State.SEND && !finWritten;
  }

  /** Room for further data, if {@code bufferBytes} may be written and not yet acknowledged. */
  public int writableBytes(int bufferBytes) {
    return isWritable() ? (int) Math.max(0, bufferBytes - buffer.heldBytes()) : 0;
  }

  /**
   * Appends data.
   *
   * @param bufferBytes how much may be written and not yet acknowledged
   * @return how many bytes were taken, less than offered when the buffer is full or there is no
   *     memory
   */
  public int write(ByteBuffer source, int bufferBytes) {
    int length = Math.min(source.remaining(), writableBytes(bufferBytes));
    return buffer.write(source, length);
  }

  /** Ends the stream after what was written. */
  public void finish() {
    finWritten = true;
  }

  /** Offset of the first byte that was never sent: what counts against flow control. */
  public long sentTo() {
    return Math.max(buffer.sentTo(), sentBeforeReset);
  }

  /** Whether no frame of it has been sent yet. */
  public boolean isUntouched() {
    return state == State.SEND && sentTo() == 0;
  }

  /** Offset after the last byte written and not given up. */
  public long writtenTo() {
    return buffer.writtenTo();
  }

  /** Bytes from the start that the peer has acknowledged without a hole. */
  public long ackedTo() {
    return buffer.ackedTo();
  }

  /** Bytes from the first that is not acknowledged to the first that was never sent. */
  public long unacknowledgedBytes() {
    return buffer.sentTo() - buffer.ackedTo();
  }

  /** Whether something was lost that has to be sent again. */
  public boolean hasLost() {
    return buffer.hasLost() || finLost;
  }

  /** Whether there is something that no flow control holds back: lost data, or a FIN alone. */
  public boolean needsNoCredit() {
    return hasLost() || finIsNext();
  }

  /** Whether there is new data with stream credit, or a FIN that was never sent. */
  public boolean hasFresh() {
    return buffer.sentTo() < Math.min(buffer.writtenTo(), maxData) || finIsNext();
  }

  /** Whether data waits for the peer to raise its limit (RFC 9000 §4.1). */
  public boolean isBlocked() {
    return buffer.sentTo() == maxData && buffer.writtenTo() > maxData;
  }

  /** Whether the peer is to be told that its limit blocks us; once for each limit. */
  public boolean takeBlockedNews() {
    boolean news = isBlocked() && blockedReportedAt != maxData;
    if (news) {
      blockedReportedAt = maxData;
    }
    return news;
  }

  /** Whether everything written has been acknowledged, and more may be written. */
  public boolean isIdle() {
    return isWritable() && buffer.ackedTo() == buffer.writtenTo();
  }

  private boolean finIsNext() {
    return finWritten && state == State.SEND && buffer.sentTo() == buffer.writtenTo();
  }

  /**
   * Writes one STREAM frame: lost data first, then new data.
   *
   * @param creditBytes how much new data the connection's flow control allows
   * @return bytes of data in the frame, 0 for a FIN alone, -1 if nothing was written
   */
  public int emit(FrameWriter writer, SentFrames sent, long creditBytes) {
    if (buffer.hasLost()) {
      return emit(writer, sent, buffer.lostFrom(), buffer.lostTo() - buffer.lostFrom());
    }
    if (finLost) {
      return emit(writer, sent, buffer.writtenTo(), 0);
    }
    long from = buffer.sentTo();
    long available = Math.min(Math.min(buffer.writtenTo(), maxData) - from, creditBytes);
    if (available <= 0 && !finIsNext()) {
      return -1;
    }
    return emit(writer, sent, from, Math.max(0, available));
  }

  private int emit(FrameWriter writer, SentFrames sent, long offset, long available) {
    int offered = (int) Math.min(available, Integer.MAX_VALUE / 2);
    boolean ends = finWritten && offset + offered == buffer.writtenTo();
    int length = writer.stream(id, offset, offered, ends);
    if (length < 0) {
      return -1;
    }
    buffer.send(offset, writer.buffer(), writer.position(), length);
    writer.advance(length);
    boolean fin = ends && length == offered;
    if (fin) {
      finLost = false;
      state = State.DATA_SENT;
    }
    sent.add(SentFrames.Kind.STREAM, id, offset, (long) length << 1 | (fin ? 1 : 0));
    return length;
  }

  /** A frame of ours was acknowledged. */
  public void onAcked(long offset, long length, boolean fin) {
    buffer.onAcked(offset, length);
    if (resetCode != NONE) {
      endReset();
      return;
    }
    finAcked |= fin;
    finLost &= !fin;
    if (finAcked && buffer.isAllAcked()) {
      state = State.DATA_RECEIVED;
    }
  }

  /** A frame of ours was lost. */
  public void onLost(long offset, long length, boolean fin) {
    buffer.onLost(offset, length);
    finLost |= fin && !finAcked && resetCode == NONE;
  }

  /**
   * MAX_STREAM_DATA; a lower limit than before has no effect (RFC 9000 §4.1).
   *
   * @return by how much it rose
   */
  public long onMaxData(long limit) {
    long rise = Math.max(0, limit - maxData);
    maxData += rise;
    return rise;
  }

  /**
   * The peer has thrown everything away, this limit included (RFC 9001 §4.6.2): as if nothing had
   * been sent. A reset stays one.
   *
   * @throws IllegalStateException if something was acknowledged
   */
  public void restart() {
    buffer.restart();
    maxData = 0;
    blockedReportedAt = NONE;
    finLost = false;
    sentBeforeReset = 0;
    resetPending = state == State.RESET_SENT;
    if (state == State.DATA_SENT) {
      state = State.SEND;
    }
  }

  /** The limit that the peer set. */
  public long maxData() {
    return maxData;
  }

  /**
   * Gives up what was not delivered (RFC 9000 §3.1).
   *
   * @return whether a RESET_STREAM has to be sent; not when all has been acknowledged, or after
   *     such a reset
   */
  public boolean reset(long code) {
    return resetAt(code, 0);
  }

  /**
   * Gives up what lies at {@code size} or above; what is below is still delivered
   * (draft-ietf-quic-reliable-stream-reset §5). A second reset can only give up more, and keeps the
   * first one's code (§5.2).
   *
   * @param size at most {@link #writtenTo}
   * @return whether it changes anything
   */
  public boolean resetAt(long code, long size) {
    if (isOver() || (resetCode != NONE && size >= reliableSize)) {
      return false;
    }
    if (resetCode == NONE) {
      resetCode = code;
    }
    state = State.RESET_SENT;
    reliableSize = size;
    sentBeforeReset = sentTo();
    resetPending = true;
    resetAcked = false;
    finWritten = false;
    finLost = false;
    buffer.truncate(size);
    return true;
  }

  /** STOP_SENDING: the peer does not want our data. */
  public void onStopped(long code) {
    stopCode = code;
  }

  /** The code of the peer's STOP_SENDING, -1 if none came. */
  public long stopCode() {
    return stopCode;
  }

  /** The code of the reset, -1 if there was none. */
  public long resetCode() {
    return resetCode;
  }

  /** How much is delivered although the stream is reset. */
  public long reliableSize() {
    return reliableSize;
  }

  /**
   * Whether the reset is to be sent now. It waits until all that it promises has been sent once: so
   * its final size never needs credit that is not there (§4).
   */
  public boolean isResetDue() {
    return resetPending && state == State.RESET_SENT && buffer.sentTo() == buffer.writtenTo();
  }

  public void onResetSent() {
    resetPending = false;
  }

  public void onResetLost() {
    resetPending = state == State.RESET_SENT && !resetAcked;
  }

  /**
   * A reset was acknowledged.
   *
   * @param size what it promised; one that promised more than the last is not the last word (§5.2)
   */
  public void onResetAcked(long size) {
    if (state == State.RESET_SENT && size == reliableSize) {
      resetAcked = true;
      resetPending = false;
      endReset();
    }
  }

  private void endReset() {
    if (resetAcked && buffer.isAllAcked()) {
      state = State.RESET_RECEIVED;
    }
  }

  /** Whether nothing is left to do (RFC 9000 §3.1, the terminal states). */
  public boolean isOver() {
    return state == State.DATA_RECEIVED || state == State.RESET_RECEIVED;
  }

  /** Frees all memory; the connection is gone. */
  public void release() {
    buffer.release();
  }
}
