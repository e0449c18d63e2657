package dev.memux.engine.mux;

import dev.memux.engine.schedule.Entry;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.schedule.Scheduler;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.stream.ReceiveWindow;
import dev.memux.engine.stream.RecvStream;
import dev.memux.engine.stream.SendStream;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * All streams of one connection, whatever carries them: stream limits, flow control, scheduling,
 * frames in and out, what was sent and what became of it.
 *
 * <p>The application opens streams with {@link #open}, uses {@link MuxStream}, and learns what
 * happened from {@link #pollStream}. The carrier hands in {@code on*}, asks {@link #hasPending} and
 * has packets filled by {@link #fill}. One thread owns it all.
 */
public final class Mux {
  private final boolean server;
  private final MuxConfig config;
  private final ChunkPool pool;
  private final Scheduler<MuxStream> scheduler;
  private final StreamTable streams = new StreamTable();
  private final StreamIds bidi;
  private final StreamIds uni;
  private final ConnectionCredit credit;
  private final ControlQueue control;
  private final ArrayDeque<MuxStream> eventQueue = new ArrayDeque<>();

  private TransportParameters peer = TransportParameters.builder().build();
  private long rttNanos;
  private int sendBufferBytes;
  private boolean over;

  /** Whether what arrives now is early data. */
  private boolean early;

  /** Whether streams of ours may be above the peer's limit, after it has thrown away the rest. */
  private boolean withholding;

  private boolean bidiLimitRose;
  private boolean uniLimitRose;

  public Mux(boolean server, MuxConfig config, ChunkPool pool) {
    this.server = server;
    this.config = config;
    this.pool = pool;
    this.scheduler = new Scheduler<>(config.scheduler());
    this.bidi = new StreamIds(StreamType.BIDIRECTIONAL, server, config.maxBidiStreams());
    this.uni = new StreamIds(StreamType.UNIDIRECTIONAL, server, config.maxUniStreams());
    this.credit =
        new ConnectionCredit(
            new ReceiveWindow(config.connectionWindowBytes(), config.maxConnectionWindowBytes()));
    this.control = new ControlQueue(credit, bidi, uni);
    this.sendBufferBytes = config.minSendBufferBytes();
  }

  // What the application asks for.

  /**
   * Opens a stream; nothing is sent until something is written.
   *
   * @return the stream, or null when the peer's limit is reached
   */
  public @Nullable MuxStream open(StreamType type, Priority priority) {
    StreamIds ids = ids(type);
    if (over) {
      return null;
    }
    if (ids.openable() == 0) {
      if (ids.takeBlockedNews()) {
        control.add(
            type == StreamType.BIDIRECTIONAL
                ? ControlQueue.STREAMS_BLOCKED_BIDI
                : ControlQueue.STREAMS_BLOCKED_UNI);
      }
      return null;
    }
    boolean both = type == StreamType.BIDIRECTIONAL;
    return create(ids.open(), initialMaxData(type), true, both, priority);
  }

  /** How many streams may be opened now. */
  public long openable(StreamType type) {
    return over ? 0 : ids(type).openable();
  }

  /** The next stream with events, each once until its events are taken; null when there is none. */
  public @Nullable MuxStream pollStream() {
    MuxStream stream = eventQueue.pollFirst();
    if (stream != null) {
      stream.eventsQueued = false;
    }
    return stream;
  }

  /** The open stream with that ID. */
  public @Nullable MuxStream stream(long id) {
    return streams.get(id);
  }

  /** How many streams are open. */
  public int streamCount() {
    return streams.size();
  }

  // What the carrier tells.

  /**
   * The peer's transport parameters are known; also, before the present ones, those that a client
   * remembers for early data (RFC 9000 §7.4.1).
   */
  public void onPeerParameters(TransportParameters parameters) {
    peer = parameters;
    credit.onMaxData(parameters.initialMaxData());
    bidi.onMaxStreams(parameters.initialMaxStreamsBidi());
    uni.onMaxStreams(parameters.initialMaxStreamsUni());
    streams.forEach(this::raiseInitialLimit);
    resumeWithheld();
  }

  /** RFC 9000 §7.4.1: streams opened for early data get the limits of the handshake. */
  private void raiseInitialLimit(MuxStream stream) {
    if (stream.send != null && isLocal(stream.id())) {
      stream.send.onMaxData(initialMaxData(stream.type()));
      onSendChanged(stream);
    }
  }

  private long initialMaxData(StreamType type) {
    return type == StreamType.BIDIRECTIONAL
        ? peer.initialMaxStreamDataBidiRemote()
        : peer.initialMaxStreamDataUni();
  }

  /**
   * The server has thrown away all early data, and the limits for it do not hold (RFC 9001 §4.6.2):
   * streams keep what was written to them and begin again when there are new limits, perhaps fewer
   * of them at once.
   */
  public void onEarlyDataRefused() {
    peer = TransportParameters.builder().build();
    credit.restart();
    bidi.restart();
    uni.restart();
    withholding = true;
    streams.forEach(
        stream -> {
          if (stream.send != null) {
            stream.send.restart();
            stream.blockedReportedAt = -1;
            update(stream, stream.send);
          }
        });
  }

  /** Whether the peer does not allow a stream of ours any more, or not yet. */
  boolean isWithheld(MuxStream stream) {
    return withholding && isLocal(stream.id()) && !ids(stream.type()).isLocalAllowed(stream.id());
  }

  /** The peer may have allowed streams that were withheld: what they have to say is due. */
  private void resumeWithheld() {
    if (!withholding) {
      return;
    }
    streams.forEach(
        stream -> {
          if (!isWithheld(stream)) {
            resume(stream);
          }
        });
    withholding = !bidi.isAllLocalAllowed() || !uni.isAllLocalAllowed();
  }

  private void resume(MuxStream stream) {
    if (stream.send != null && stream.send.state() == SendStream.State.RESET_SENT) {
      control.add(stream, ControlQueue.RESET_STREAM);
    }
    if (stream.stopSendingCode >= 0 && stream.recv != null && !stream.recv.isOver()) {
      control.add(stream, ControlQueue.STOP_SENDING);
    }
    onSendChanged(stream);
  }

  /**
   * A packet has come, with the frames that follow.
   *
   * @param earlyData whether it is a 0-RTT packet
   */
  public void onPacket(boolean earlyData) {
    early = earlyData;
  }

  /** What the path is like, for windows and buffers that follow it. */
  public void onPath(long smoothedRttNanos, long congestionWindowBytes) {
    rttNanos = smoothedRttNanos;
    long wanted = 2 * congestionWindowBytes;
    sendBufferBytes = Math.clamp(wanted, config.minSendBufferBytes(), config.maxSendBufferBytes());
  }

  /** A STREAM frame. */
  public void onStream(long id, long offset, byte[] data, int from, int length, boolean fin)
      throws ProtocolException {
    MuxStream stream = receiving(id, FrameType.STREAM);
    if (stream == null || stream.recv == null) {
      return;
    }
    RecvStream recv = stream.recv;
    stream.early |= early;
    credit.onReceived(recv.growth(offset + length), FrameType.STREAM);
    if (recv.onData(offset, data, from, length, fin)) {
      raise(stream, MuxStream.READABLE);
    } else if (recv.isDiscarding() || recv.isReset()) {
      returnCredit(stream, recv.highest());
      closeIfOver(stream);
    }
  }

  /** A frame about streams or flow control; the carrier keeps the others to itself. */
  public void onControl(ControlFrame frame) throws ProtocolException {
    switch (frame) {
      case ControlFrame.ResetStream reset -> onReset(reset);
      case ControlFrame.StopSending stop -> onStopSending(stop);
      case ControlFrame.MaxData max -> credit.onMaxData(max.maximum());
      case ControlFrame.MaxStreamData max -> onMaxStreamData(max);
      case ControlFrame.MaxStreams max -> onMaxStreams(max);
      case ControlFrame.DataBlocked blocked -> {}
      case ControlFrame.StreamDataBlocked blocked ->
          receiving(blocked.streamId(), FrameType.STREAM_DATA_BLOCKED);
      case ControlFrame.StreamsBlocked blocked -> onStreamsBlocked(blocked);
      case ControlFrame.NewToken other -> throw notOurs(other);
      case ControlFrame.NewConnectionId other -> throw notOurs(other);
      case ControlFrame.RetireConnectionId other -> throw notOurs(other);
      case ControlFrame.PathChallenge other -> throw notOurs(other);
      case ControlFrame.PathResponse other -> throw notOurs(other);
      case ControlFrame.ConnectionClose other -> throw notOurs(other);
      case ControlFrame.HandshakeDone other -> throw notOurs(other);
    }
  }

  private static IllegalStateException notOurs(ControlFrame frame) {
    return new IllegalStateException("not a frame of streams: " + frame.type());
  }

  private void onReset(ControlFrame.ResetStream frame) throws ProtocolException {
    MuxStream stream = receiving(frame.streamId(), FrameType.RESET_STREAM);
    if (stream == null || stream.recv == null) {
      return;
    }
    RecvStream recv = stream.recv;
    credit.onReceived(recv.growth(frame.finalSize()), FrameType.RESET_STREAM);
    boolean news = recv.onReset(frame.errorCode(), frame.finalSize());
    if (recv.isOver()) {
      // RFC 9000 §4.5: all flow-control credit of the stream counts as used, and comes back.
      returnCredit(stream, recv.highest());
    }
    if (news) {
      raise(stream, MuxStream.RESET);
    }
    closeIfOver(stream);
  }

  private void onStopSending(ControlFrame.StopSending frame) throws ProtocolException {
    MuxStream stream = sending(frame.streamId(), FrameType.STOP_SENDING);
    if (stream == null || stream.send == null || stream.send.isOver()) {
      return;
    }
    if (stream.stopCode() < 0) {
      stream.onStopped(frame.errorCode());
      raise(stream, MuxStream.STOPPED);
    }
    reset(stream, frame.errorCode()); // RFC 9000 §3.5
  }

  private void onMaxStreamData(ControlFrame.MaxStreamData frame) throws ProtocolException {
    MuxStream stream = sending(frame.streamId(), FrameType.MAX_STREAM_DATA);
    if (stream != null && stream.send != null) {
      stream.send.onMaxData(frame.maximum());
      onSendChanged(stream);
    }
  }

  private void onMaxStreams(ControlFrame.MaxStreams frame) {
    if (frame.bidirectional()) {
      bidiLimitRose |= bidi.onMaxStreams(frame.maximum());
    } else {
      uniLimitRose |= uni.onMaxStreams(frame.maximum());
    }
    resumeWithheld();
  }

  private void onStreamsBlocked(ControlFrame.StreamsBlocked frame) {
    if (ids(frame.bidirectional()).hasGrant()) { // not due perhaps, but the peer waits for it
      control.add(
          frame.bidirectional() ? ControlQueue.MAX_STREAMS_BIDI : ControlQueue.MAX_STREAMS_UNI);
    }
  }

  /** Returns whether the peer has raised our limit of that type since the last call. */
  public boolean takeLimitRose(StreamType type) {
    boolean rose = type == StreamType.BIDIRECTIONAL ? bidiLimitRose : uniLimitRose;
    if (type == StreamType.BIDIRECTIONAL) {
      bidiLimitRose = false;
    } else {
      uniLimitRose = false;
    }
    return rose;
  }

  // What leaves.

  /** Whether {@link #fill} would write something. */
  public boolean hasPending() {
    return !over
        && (!control.isEmpty()
            || scheduler.hasEligible(credit.isExhausted())
            || isConnectionBlockedNews());
  }

  /** Whether only connection credit holds data back, and the peer has not been told. */
  private boolean isConnectionBlockedNews() {
    return credit.isBlockedNews() && scheduler.hasEligible(false) && !scheduler.hasEligible(true);
  }

  /** Writes what should go next into a packet, and into {@code sent} what that was. */
  public void fill(FrameWriter writer, SentFrames sent, long nowNanos) {
    if (over) {
      return;
    }
    control.write(writer, sent, nowNanos, rttNanos);
    scheduler.beginPacket();
    while (writer.remaining() > 0) {
      Entry<MuxStream> next = scheduler.next(credit.isExhausted());
      if (next == null || !emit(next.stream(), next, writer, sent)) {
        break;
      }
    }
    if (isConnectionBlockedNews()) {
      control.add(ControlQueue.DATA_BLOCKED);
      control.write(writer, sent, nowNanos, rttNanos);
    }
  }

  private boolean emit(
      MuxStream stream, Entry<MuxStream> entry, FrameWriter writer, SentFrames sent) {
    SendStream send = stream.send;
    if (send == null) {
      throw new IllegalStateException("scheduled without a sending part: " + stream);
    }
    long sentBefore = send.sentTo();
    int length = send.emit(writer, sent, credit.available());
    if (length >= 0) {
      credit.onSent(send.sentTo() - sentBefore);
      scheduler.charge(entry, length);
    }
    onSendChanged(stream);
    return length >= 0;
  }

  /** A packet was acknowledged, or its bytes were handed to a carrier that loses none. */
  public void onAcked(SentFrames sent) {
    for (int i = 0; i < sent.size(); i++) {
      switch (sent.kind(i)) {
        case STREAM -> onStreamAcked(sent.a(i), sent.b(i), sent.c(i));
        case RESET_STREAM -> {
          MuxStream stream = streams.get(sent.a(i));
          if (stream != null && stream.send != null && !stream.send.isOver()) {
            stream.send.onResetAcked();
            raise(stream, MuxStream.SENT);
            closeIfOver(stream);
          }
        }
        default -> {} // nothing waits for the acknowledgement of the others
      }
    }
  }

  private void onStreamAcked(long id, long offset, long lengthAndFin) {
    MuxStream stream = streams.get(id);
    if (stream == null || stream.send == null || stream.send.isOver()) {
      return;
    }
    SendStream send = stream.send;
    send.onAcked(offset, (int) (lengthAndFin >>> 1), (lengthAndFin & 1) != 0);
    if (send.isOver()) {
      raise(stream, MuxStream.SENT);
      update(stream, send);
      closeIfOver(stream);
      return;
    }
    update(stream, send);
    // A quarter of the buffer: waking the writer for every acknowledgement would cost more than it
    // brings.
    if (stream.wantsRoom && send.writableBytes(sendBufferBytes) >= sendBufferBytes / 4) {
      stream.wantsRoom = false;
      raise(stream, MuxStream.WRITABLE);
    }
  }

  /** A packet was lost, or is to be sent again as a probe: what is still current goes again. */
  public void onLost(SentFrames sent) {
    for (int i = 0; i < sent.size(); i++) {
      switch (sent.kind(i)) {
        case STREAM -> onStreamLost(sent.a(i), sent.b(i), sent.c(i));
        case RESET_STREAM -> resend(sent.a(i), ControlQueue.RESET_STREAM);
        case STOP_SENDING -> resend(sent.a(i), ControlQueue.STOP_SENDING);
        case MAX_STREAM_DATA -> resend(sent.a(i), ControlQueue.MAX_STREAM_DATA);
        case STREAM_DATA_BLOCKED -> resend(sent.a(i), ControlQueue.STREAM_DATA_BLOCKED);
        case MAX_DATA -> control.add(ControlQueue.MAX_DATA);
        case MAX_STREAMS_BIDI -> control.add(ControlQueue.MAX_STREAMS_BIDI);
        case MAX_STREAMS_UNI -> control.add(ControlQueue.MAX_STREAMS_UNI);
        case DATA_BLOCKED -> credit.onBlockedLost();
        case STREAMS_BLOCKED_BIDI -> control.add(ControlQueue.STREAMS_BLOCKED_BIDI);
        case STREAMS_BLOCKED_UNI -> control.add(ControlQueue.STREAMS_BLOCKED_UNI);
        case ACK,
            CRYPTO,
            NEW_CONNECTION_ID,
            RETIRE_CONNECTION_ID,
            HANDSHAKE_DONE,
            NEW_TOKEN,
            PING -> {}
      }
    }
  }

  private void onStreamLost(long id, long offset, long lengthAndFin) {
    MuxStream stream = streams.get(id);
    if (stream != null && stream.send != null) {
      stream.send.onLost(offset, (int) (lengthAndFin >>> 1), (lengthAndFin & 1) != 0);
      update(stream, stream.send);
    }
  }

  private void resend(long id, int flag) {
    MuxStream stream = streams.get(id);
    if (stream != null) {
      control.add(stream, flag);
    }
  }

  /** The connection carries nothing any more. What was received can still be read. */
  public void onConnectionClosed() {
    over = true;
  }

  /** Frees all memory. */
  public void release() {
    over = true;
    streams.forEach(
        stream -> {
          if (stream.send != null) {
            stream.send.release();
          }
          if (stream.recv != null) {
            stream.recv.release();
          }
        });
  }

  // What streams ask for.

  boolean isLocal(long id) {
    return (id & 1) == (server ? 1 : 0);
  }

  boolean isOver() {
    return over;
  }

  int sendBufferBytes() {
    return sendBufferBytes;
  }

  Entry<MuxStream> enter(MuxStream stream, Priority priority) {
    return scheduler.add(stream.id(), stream, priority, scheduler.defaultGroup());
  }

  void prioritize(Entry<MuxStream> entry, Priority priority) {
    scheduler.prioritize(entry, priority);
  }

  /** What a stream could send has changed. */
  void onSendChanged(MuxStream stream) {
    SendStream send = stream.send;
    if (send == null) {
      return;
    }
    update(stream, send);
    if (send.isBlocked() && stream.blockedReportedAt != send.maxData()) {
      stream.blockedReportedAt = send.maxData();
      control.add(stream, ControlQueue.STREAM_DATA_BLOCKED);
    }
  }

  private void update(MuxStream stream, SendStream send) {
    if (stream.entry != null && !stream.closed) {
      boolean may = !isWithheld(stream);
      scheduler.update(stream.entry, may && send.needsNoCredit(), may && send.hasFresh());
    }
  }

  void reset(MuxStream stream, long code) {
    if (stream.send != null && stream.send.reset(code)) {
      control.add(stream, ControlQueue.RESET_STREAM);
      update(stream, stream.send);
    }
  }

  void stopSending(MuxStream stream, long code) {
    RecvStream recv = stream.recv;
    if (recv == null || recv.isDiscarding()) {
      return;
    }
    if (recv.isOver()) {
      closeIfOver(stream); // the end came after everything was read, and nobody will read it
      return;
    }
    stream.stopSendingCode = code;
    recv.discard();
    returnCredit(stream, recv.highest());
    if (!recv.isOver()) {
      control.add(stream, ControlQueue.STOP_SENDING);
    }
    closeIfOver(stream);
  }

  /** The application has read from a stream. */
  void onRead(MuxStream stream) {
    RecvStream recv = stream.recv;
    if (recv == null) {
      return;
    }
    returnCredit(stream, recv.consumedTo());
    if (recv.wantsCredit()) {
      control.add(stream, ControlQueue.MAX_STREAM_DATA);
    }
    closeIfOver(stream);
  }

  /** Gives back to the connection's window what a stream has taken from it below {@code offset}. */
  private void returnCredit(MuxStream stream, long offset) {
    if (offset > stream.creditReturned) {
      credit.window().consume(offset - stream.creditReturned);
      stream.creditReturned = offset;
      if (credit.window().isLow()) {
        control.add(ControlQueue.MAX_DATA);
      }
    }
  }

  // Streams coming and going.

  private StreamIds ids(StreamType type) {
    return ids(type == StreamType.BIDIRECTIONAL);
  }

  private StreamIds ids(boolean bidirectional) {
    return bidirectional ? bidi : uni;
  }

  /** The stream of a frame that only a sender may send; null if it is over and forgotten. */
  private @Nullable MuxStream receiving(long id, FrameType frame) throws ProtocolException {
    if (isLocal(id) && StreamType.of(id) == StreamType.UNIDIRECTIONAL) {
      throw stateError(id, frame, "is send-only"); // RFC 9000 §19.8, §19.4, §19.13
    }
    return find(id, frame);
  }

  /** The stream of a frame that only a receiver may send; null if it is over and forgotten. */
  private @Nullable MuxStream sending(long id, FrameType frame) throws ProtocolException {
    if (!isLocal(id) && StreamType.of(id) == StreamType.UNIDIRECTIONAL) {
      throw stateError(id, frame, "is receive-only"); // RFC 9000 §19.5, §19.10
    }
    return find(id, frame);
  }

  private @Nullable MuxStream find(long id, FrameType frame) throws ProtocolException {
    MuxStream known = streams.get(id);
    if (known != null) {
      return known;
    }
    StreamIds ids = ids(StreamType.of(id));
    if (isLocal(id)) {
      if (!ids.isLocalOpened(id)) {
        throw stateError(id, frame, "is not open"); // RFC 9000 §19.8, §19.5
      }
      return null;
    }
    ids.checkRemote(id, frame);
    // RFC 9000 §3.2: opening a stream opens all of its type with lower numbers.
    MuxStream opened = null;
    while (ids.nextRemote() <= id) {
      opened = createRemote(ids.nextRemote());
      ids.onRemoteOpened();
    }
    grantIfDue(ids, StreamType.of(id));
    return opened;
  }

  private MuxStream createRemote(long id) {
    boolean both = StreamType.of(id) == StreamType.BIDIRECTIONAL;
    MuxStream stream =
        create(id, peer.initialMaxStreamDataBidiLocal(), both, true, config.priority());
    raise(stream, MuxStream.OPENED);
    return stream;
  }

  private MuxStream create(
      long id, long maxData, boolean sends, boolean receives, Priority priority) {
    SendStream send = sends ? new SendStream(id, maxData, pool) : null;
    RecvStream recv =
        receives
            ? new RecvStream(
                new ReceiveWindow(config.streamWindowBytes(), config.maxStreamWindowBytes()), pool)
            : null;
    MuxStream stream = new MuxStream(this, id, send, recv, priority);
    streams.add(stream);
    return stream;
  }

  private void closeIfOver(MuxStream stream) {
    if (stream.closed || !stream.isOver()) {
      return;
    }
    stream.closed = true;
    streams.remove(stream);
    if (stream.entry != null) {
      scheduler.remove(stream.entry);
    }
    if (!isLocal(stream.id())) {
      StreamIds ids = ids(stream.type());
      ids.onRemoteClosed();
      grantIfDue(ids, stream.type());
    }
    raise(stream, MuxStream.CLOSED);
  }

  private void grantIfDue(StreamIds ids, StreamType type) {
    if (ids.isGrantDue()) {
      control.add(
          type == StreamType.BIDIRECTIONAL
              ? ControlQueue.MAX_STREAMS_BIDI
              : ControlQueue.MAX_STREAMS_UNI);
    }
  }

  private void raise(MuxStream stream, int event) {
    stream.events |= event;
    if (!stream.eventsQueued) {
      stream.eventsQueued = true;
      eventQueue.addLast(stream);
    }
  }

  private static ProtocolException stateError(long id, FrameType frame, String problem) {
    return new ProtocolException(
        TransportError.STREAM_STATE_ERROR, frame.code(), "stream " + id + " " + problem);
  }
}
