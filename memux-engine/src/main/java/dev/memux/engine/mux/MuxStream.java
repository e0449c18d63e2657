package dev.memux.engine.mux;

import dev.memux.engine.schedule.Entry;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.stream.RecvStream;
import dev.memux.engine.stream.SendStream;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.VarInt;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One stream, as the application's side uses it, on the thread that owns the connection. After any
 * command the connection may have something to transmit.
 *
 * <p>{@link Mux#pollStream} says which stream has events; {@link #takeEvents} says which, as flags.
 */
public final class MuxStream extends Sender implements SendingPart, ReceivingPart {
  /** The peer has opened the stream. */
  public static final int OPENED = 1;

  /** There is something to read: data, or the end. Read until 0 or -1. */
  public static final int READABLE = 1 << 1;

  /**
   * The peer has given up sending (RESET_STREAM): {@link #resetCode}. Comes after all has been read
   * that the peer still promised to deliver (RESET_STREAM_AT).
   */
  public static final int RESET = 1 << 2;

  /** The peer does not want our data (STOP_SENDING): {@link #stopCode}. Our side has been reset. */
  public static final int STOPPED = 1 << 3;

  /** There is room again after a write that took less than offered. */
  public static final int WRITABLE = 1 << 4;

  /**
   * The peer has acknowledged all data and the end, or our reset; over a carrier that loses
   * nothing, they have been handed down to it.
   */
  public static final int SENT = 1 << 5;

  /** Both directions are over; no event follows. */
  public static final int CLOSED = 1 << 6;

  private static final long NONE = -1;

  final Mux mux;
  final @Nullable Entry<Sender> entry;
  private final long id;

  /** Null also while {@link #resting}; see {@link #send()}. */
  private @Nullable SendStream send;

  /** Null also while {@link #resting}; see {@link #recv()}. */
  private @Nullable RecvStream recv;

  /** What is left of the two while the stream rests. */
  private @Nullable RestingStream resting;

  /** Control frames that wait to be sent; flags of {@link ControlQueue}. */
  int pendingControl;

  boolean controlQueued;

  /** Its group, and what was said of its priority; null: nothing. */
  @Nullable StreamSharing sharing;

  /** Events not taken yet. */
  int events;

  boolean eventsQueued;
  boolean closed;

  /** Some of it came as early data. */
  boolean early;

  /** Whether a write came up short, so that room is worth an event. */
  boolean wantsRoom;

  /** See {@link #holdOpen}. */
  private boolean heldOpen;

  /** Whether it stands among the {@link MemoryWaiters}. */
  boolean awaitsMemory;

  /** Whether it stands among the {@link Supplies}. */
  boolean supplied;

  /** The last packet with a small STREAM frame for it; see {@link PeerEffort}. */
  long tinyFrameInPacket = NONE;

  private @Nullable Object attachment;

  MuxStream(
      Mux mux, long id, @Nullable SendStream send, @Nullable RecvStream recv, Priority priority) {
    this.mux = mux;
    this.id = id;
    this.send = send;
    this.recv = recv;
    this.entry = send == null ? null : mux.enter(this, priority);
  }

  /** The stream ID (RFC 9000 §2.1). */
  public long id() {
    return id;
  }

  public StreamType type() {
    return StreamType.of(id);
  }

  /** Whether our side opened the stream. */
  public boolean isLocal() {
    return mux.isLocal(id);
  }

  /** Whether our side has a sending part at all. */
  public boolean canSend() {
    return type() == StreamType.BIDIRECTIONAL || isLocal();
  }

  /** Whether our side has a receiving part at all. */
  public boolean canReceive() {
    return type() == StreamType.BIDIRECTIONAL || !isLocal();
  }

  /**
   * Nothing is expected of the stream for a while: if nothing is under way in either direction its
   * memory goes, but for a few numbers. It comes back by itself with the first use.
   *
   * @return whether the stream rests now
   */
  public boolean rest() {
    if (resting != null) {
      return true;
    }
    boolean idle =
        !closed
            && !controlQueued
            && events == 0
            && !awaitsMemory
            && !supplied
            && (send == null || send.isIdle())
            && (recv == null || recv.isIdle());
    if (idle && !mux.isOver()) {
      resting = new RestingStream(send, recv);
      send = null;
      recv = null;
    }
    return resting != null;
  }

  /** Whether both directions are over, so that {@link #CLOSED} was told or is about to be. */
  public boolean isClosed() {
    return closed;
  }

  /** The sending part; null if there is none. */
  @Nullable SendStream send() {
    endRest();
    return send;
  }

  /** The receiving part; null if there is none. */
  @Nullable RecvStream recv() {
    endRest();
    return recv;
  }

  private void endRest() {
    RestingStream rest = resting;
    if (rest != null) {
      resting = null;
      send = canSend() ? mux.newSendStream(id, rest) : null;
      recv = canReceive() ? mux.newRecvStream(rest) : null;
    }
  }

  /** Returns what has happened since the last call, as flags, and forgets it. */
  public int takeEvents() {
    int taken = events;
    events = 0;
    return taken;
  }

  /**
   * Whether data may still be written: not after {@link #finish}, a reset or the connection's end.
   */
  @Override
  public boolean isWritable() {
    SendStream ours = send();
    return ours != null && ours.isWritable() && !supplied && !mux.isOver();
  }

  private void requireWritable() {
    if (!isWritable()) {
      throw new IllegalStateException("stream " + id + " is not writable");
    }
  }

  /** Bytes that {@link #write} would take now, but for part of a chunk. */
  public int writableBytes() {
    if (!isWritable()) {
      return 0;
    }
    SendStream ours = sending();
    return (int) Math.min(ours.writableBytes(mux.sendBufferBytes(ours)), mux.freeSendBytes());
  }

  /**
   * Copies data into the stream's send buffer.
   *
   * @return how many bytes were taken; when fewer than offered, because the stream's buffer is full
   *     or memory is short, {@link #WRITABLE} follows
   * @throws IllegalStateException if the stream cannot be written to, or not any more
   */
  @Override
  public int write(ByteBuffer source) {
    requireWritable();
    if (!source.hasRemaining()) {
      return 0;
    }
    SendStream ours = sending();
    int taken = ours.write(source, mux.sendBufferBytes(ours));
    wantsRoom = source.hasRemaining();
    if (wantsRoom && ours.writableBytes(mux.sendBufferBytes(ours)) > 0) {
      mux.awaitMemory(this);
    }
    if (taken > 0) {
      mux.onSendChanged(this);
    }
    return taken;
  }

  /**
   * Has our direction carry, after what was written, what {@code source} hands out; nothing can be
   * written any more. Its end is the stream's.
   *
   * @throws IllegalStateException if the stream cannot be written to, or has a source already
   */
  public void carry(StreamSource source) {
    requireWritable();
    mux.carry(this, source);
  }

  /** The source that {@link #carry} was given has something to send, or has ended. */
  public void onSourceChanged() {
    if (supplied) {
      mux.onSourceChanged(this);
    }
  }

  /**
   * Ends our direction after what was written.
   *
   * @throws IllegalStateException if the stream cannot be written to, or not any more
   */
  @Override
  public void finish() {
    requireWritable();
    sending().finish();
    mux.onSendChanged(this);
  }

  /**
   * Gives up our direction: what is not delivered yet never will be (RESET_STREAM). No effect after
   * everything has been acknowledged.
   *
   * @param code the application's error code, at most 2^62-1
   * @throws IllegalArgumentException if the code cannot be encoded
   */
  @Override
  public void reset(long code) {
    requireCode(code);
    if (canSend() && !mux.isOver()) {
      mux.reset(this, code);
    }
  }

  /**
   * Gives up our direction but for its beginning, which is still delivered (RESET_STREAM_AT,
   * draft-ietf-quic-reliable-stream-reset). May follow {@link #finish}, and itself in order to
   * promise less; the first code stays. No effect after everything has been acknowledged, or if
   * less is promised already.
   *
   * @param code the application's error code, at most 2^62-1
   * @param reliableBytes how much of what was written is delivered
   * @throws IllegalArgumentException if the code cannot be encoded, or so much was not written
   * @throws IllegalStateException if the peer does not take such frames: {@link Mux#canResetAt}
   */
  public void resetAt(long code, long reliableBytes) {
    requireCode(code);
    SendStream ours = sending();
    if (reliableBytes < 0 || (ours.resetCode() < 0 && reliableBytes > ours.writtenTo())) {
      throw new IllegalArgumentException(reliableBytes + " bytes, written are " + ours.writtenTo());
    }
    if (mux.isOver()) {
      return;
    }
    if (!mux.canResetAt()) {
      throw new IllegalStateException("the peer does not take RESET_STREAM_AT");
    }
    mux.resetAt(this, code, reliableBytes);
  }

  /**
   * Tells the peer that its data is not wanted (STOP_SENDING) and throws away what arrives from now
   * on.
   *
   * @param code the application's error code, at most 2^62-1
   * @throws IllegalArgumentException if the code cannot be encoded
   */
  @Override
  public void stopSending(long code) {
    requireCode(code);
    if (canReceive() && !mux.isOver()) {
      mux.stopSending(this, code);
    }
  }

  /**
   * Copies received data; what is read is given back to the peer as credit.
   *
   * @return bytes read, 0 when there are none now, -1 at the end, after a reset or {@link
   *     #stopSending}
   */
  public int read(ByteBuffer target) {
    int length = receiving().read(target);
    if (length != 0) {
      mux.onRead(this);
    }
    return length;
  }

  /**
   * Copies received data as {@link #read} does, but gives no credit back: the application has yet
   * to have it. {@link #giveCredit} follows.
   */
  @Override
  public int take(ByteBuffer target) {
    int length = receiving().take(target);
    if (length != 0) {
      mux.onRead(this);
    }
    return length;
  }

  /** The application has had {@code bytes} more of what was taken. */
  @Override
  public void giveCredit(int bytes) {
    receiving().consume(bytes);
    mux.onRead(this);
  }

  /** Bytes that {@link #read} can return now. */
  @Override
  public int readableBytes() {
    return recv == null ? 0 : recv.readableBytes();
  }

  /**
   * Whether some of what was received came as early data (0-RTT): until the handshake is complete,
   * an attacker may have sent it again, so nothing may be done that must not be done twice (RFC
   * 9001 §9.2).
   */
  public boolean isEarly() {
    return early;
  }

  /** Whether the peer's end has been reached: everything it sent has been read. */
  @Override
  public boolean isFinished() {
    return recv != null && recv.isAllRead();
  }

  /**
   * Whether everything up to the peer's end has arrived, read or not. It stays readable when the
   * connection ends, until {@link Mux#release}.
   */
  public boolean isReceived() {
    return recv != null && recv.isAllReceived();
  }

  /**
   * Whether the stream stays open although all that it has brought was read: for a caller who reads
   * ahead of an application that has yet to accept it. As long as it is open the peer's limit
   * (MAX_STREAMS, RFC 9000 §4.6) bounds how many such streams there are.
   */
  public void holdOpen(boolean hold) {
    if (heldOpen != hold) {
      heldOpen = hold;
      mux.closeIfOver(this);
    }
  }

  /** The code of the peer's reset, -1 if none came or {@link #RESET} is still to follow. */
  public long resetCode() {
    return recv == null ? NONE : recv.resetCode();
  }

  /** The code of the peer's STOP_SENDING, -1 if none came. */
  public long stopCode() {
    return send == null ? NONE : send.stopCode();
  }

  /**
   * Bytes from the start that the peer has acknowledged without a hole; over a carrier that loses
   * nothing, that have been handed down to it.
   */
  public long ackedBytes() {
    return resting != null ? resting.sent() : send == null ? 0 : send.ackedTo();
  }

  /** Bytes from the start that have been sent at least once. */
  public long sentBytes() {
    return resting != null ? resting.sent() : send == null ? 0 : send.sentTo();
  }

  /** Bytes that the peer's limit for this stream still allows to be sent for the first time. */
  public long sendCreditBytes() {
    return resting != null
        ? resting.maxSent() - resting.sent()
        : send == null ? 0 : send.maxData() - send.sentTo();
  }

  /** How far from the start data has arrived, gaps included. */
  public long receivedBytes() {
    return resting != null ? resting.received() : recv == null ? 0 : recv.highest();
  }

  /** The priority that its data is sent with; a stream that we cannot send on has the default. */
  public Priority priority() {
    return entry == null ? Priority.DEFAULT : entry.priority();
  }

  /** Changes the priority of everything not sent yet, retransmissions included, at any time. */
  public void setPriority(Priority priority) {
    if (entry != null && !closed) {
      mux.prioritize(entry, priority);
    }
  }

  /**
   * Asks the peer to send its direction with that priority, now and at any time later (extension
   * STREAM_PRIORITY): before anything was sent on a stream of ours, it holds from the peer's first
   * byte on. Nothing comes of it if the peer does not take such requests ({@link
   * Mux#canRequestPriority}), or its application decides otherwise. Only the last request counts,
   * and only that is sent; a peer may close a connection that changes its mind all the time.
   *
   * @throws IllegalStateException if the stream has no receiving part
   * @throws IllegalArgumentException if the priority is critical, which is for local use
   */
  public void requestPriority(Priority priority) {
    if (!canReceive()) {
      throw new IllegalStateException("stream " + id + " has no receiving part");
    }
    if (priority.urgency() == Priority.CRITICAL_URGENCY) {
      throw new IllegalArgumentException("critical");
    }
    if (!closed) {
      mux.priorities().request(this, priority);
    }
  }

  /** The group that {@link #setGroup} has put it in. */
  public @Nullable StreamGroup group() {
    return sharing == null ? null : sharing.group;
  }

  /**
   * Puts the stream into a group, at any time; null: into none. Priorities that are requested of
   * the peer name the group, so that its direction is in one too.
   *
   * @throws IllegalStateException if the group is closed
   * @throws IllegalArgumentException if the group is another connection's
   */
  public void setGroup(@Nullable StreamGroup group) {
    if (!closed) {
      mux.priorities().enter(this, group);
    }
  }

  /**
   * The group that the peer has put it in; 0 if none, or if it is in one of ours. The number has a
   * meaning only to the peer, and is the same for streams that belong together.
   */
  public long peerGroup() {
    return sharing == null ? 0 : sharing.peerGroup;
  }

  StreamSharing sharing() {
    StreamSharing known = sharing;
    if (known == null) {
      known = new StreamSharing();
      sharing = known;
    }
    return known;
  }

  /** What {@link #attach} was given. */
  public @Nullable Object attachment() {
    return attachment;
  }

  /** Keeps an object of the caller's with the stream. */
  public void attach(@Nullable Object object) {
    attachment = object;
  }

  @Override
  boolean emit(FrameWriter writer, SentFrames sent) {
    return mux.emit(this, writer, sent);
  }

  /** Whether either direction was given up before its end. */
  boolean isReset() {
    return (send != null && send.resetCode() >= 0)
        || (recv != null && (recv.isReset() || recv.isDiscarding()));
  }

  /** Whether both directions are over. */
  boolean isOver() {
    return resting == null
        && (send == null || send.isOver())
        && (recv == null || (recv.isOver() && !(heldOpen && recv.isAllRead())));
  }

  /** Refused here, where the mistake is: later it would end the connection. */
  private static void requireCode(long code) {
    if (code < 0 || code > VarInt.MAX) {
      throw new IllegalArgumentException("error code " + code);
    }
  }

  /** Frees the memory of both directions. */
  void release() {
    if (send != null) {
      send.release();
    }
    if (recv != null) {
      recv.release();
    }
  }

  private SendStream sending() {
    SendStream ours = send();
    if (ours == null) {
      throw new IllegalStateException("stream " + id + " has no sending part");
    }
    return ours;
  }

  private RecvStream receiving() {
    RecvStream theirs = recv();
    if (theirs == null) {
      throw new IllegalStateException("stream " + id + " has no receiving part");
    }
    return theirs;
  }

  @Override
  public String toString() {
    return "MuxStream[" + id + "]";
  }
}
