package dev.memux.engine.mux;

import dev.memux.engine.schedule.Entry;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.schedule.Scheduler;
import dev.memux.engine.stream.ChunkAccount;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.stream.ReceiveWindow;
import dev.memux.engine.stream.RecvStream;
import dev.memux.engine.stream.SendStream;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportParameters;
import java.util.ArrayDeque;
import java.util.function.Consumer;
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
  /**
   * What one of many streams sends in its turn of packets that leave together: all of them, if it
   * has that much. Its receiver gets them in one piece. Never more than streams may catch up on,
   * which is what equals may differ by.
   */
  private static final int MAX_TURN_BYTES = 64 << 10;

  private final int turnBytes;
  private final boolean server;
  private final MuxConfig config;
  private final ChunkAccount sendMemory;
  private final ChunkAccount receiveMemory;
  private final MemoryWaiters memoryWaiters;
  private final Scheduler<Sender> scheduler;
  private final Datagrams datagrams;
  private final StreamTable streams = new StreamTable();
  private final StreamIds bidi;
  private final StreamIds uni;
  private final ConnectionCredit credit;
  private final ControlQueue control;
  private final StreamPriorities priorities;
  private final FrameOutcomes outcomes;
  private final PeerEffort effort;
  private final IncomingFrames incoming;
  private final Supplies supplies = new Supplies(this);
  private final ArrayDeque<MuxStream> eventQueue = new ArrayDeque<>(1);

  private TransportParameters peer = TransportParameters.builder().build();
  private long rttNanos;
  private int sendBufferBytes;
  private boolean over;

  /** Whether streams of ours may be above the peer's limit, after it has thrown away the rest. */
  private boolean withholding;

  /** Over a carrier that loses and reorders. */
  public Mux(boolean server, MuxConfig config, ChunkPool pool) {
    this(server, config, pool, false);
  }

  /**
   * @param ordered whether the carrier delivers everything, and in the order in which it was sent
   */
  public Mux(boolean server, MuxConfig config, ChunkPool pool, boolean ordered) {
    this.server = server;
    this.config = config;
    this.sendMemory = new ChunkAccount(pool, ChunkAccount.Use.SEND, config.maxSendMemoryBytes());
    this.receiveMemory = new ChunkAccount(pool, ChunkAccount.Use.RECEIVE, Long.MAX_VALUE);
    this.memoryWaiters = new MemoryWaiters(sendMemory, config.maxSendMemoryBytes());
    this.scheduler = new Scheduler<>(config.scheduler());
    this.turnBytes = (int) Math.min(MAX_TURN_BYTES, config.scheduler().catchUpBytes());
    this.datagrams = new Datagrams(config.datagrams(), scheduler);
    this.bidi = new StreamIds(StreamType.BIDIRECTIONAL, server, config.maxBidiStreams());
    this.uni = new StreamIds(StreamType.UNIDIRECTIONAL, server, config.maxUniStreams());
    this.credit =
        new ConnectionCredit(
            new ReceiveWindow(config.connectionWindowBytes(), config.maxConnectionWindowBytes()));
    this.control = new ControlQueue(credit, bidi, uni, pool.budget());
    this.outcomes = new FrameOutcomes(this, streams, control, credit);
    this.effort = new PeerEffort(config);
    this.priorities =
        new StreamPriorities(this, config.streamPriority(), scheduler, streams, control, effort);
    this.incoming = new IncomingFrames(this, streams, control, credit, effort, ordered);
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

  /** Whether {@link #pollStream} would return a stream. */
  public boolean hasEvents() {
    return !eventQueue.isEmpty();
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

  /** How far the peer's stream {@code id} has come; it must not be one of ours. */
  public RemoteStreamState remoteState(long id) {
    if (isLocal(id)) {
      throw new IllegalArgumentException("stream " + id + " is ours");
    }
    StreamIds ids = ids(StreamType.of(id));
    if (!ids.isRemoteOpened(id)) {
      return ids.isRemoteAllowed(id) ? RemoteStreamState.IDLE : RemoteStreamState.BEYOND_LIMIT;
    }
    return stream(id) == null ? RemoteStreamState.CLOSED : RemoteStreamState.OPEN;
  }

  /** The connection's unreliable datagrams. */
  public Datagrams datagrams() {
    return datagrams;
  }

  /** Whether the peer takes {@link MuxStream#resetAt}. */
  public boolean canResetAt() {
    return peer.resetStreamAt();
  }

  /** Whether the peer takes {@link MuxStream#requestPriority}. */
  public boolean canRequestPriority() {
    return peer.streamPriority();
  }

  /**
   * Makes a group for streams.
   *
   * @param weight its part of the connection, from 1 to {@link
   *     dev.memux.engine.schedule.Group#MAX_WEIGHT}; streams of no group have 1 together
   */
  public StreamGroup addGroup(int weight) {
    return priorities.addGroup(weight);
  }

  /** Every open stream; the action may close some of them. */
  public void forEachStream(Consumer<MuxStream> action) {
    streams.forEach(action);
  }

  /** How many streams are open. */
  public int streamCount() {
    return streams.size();
  }

  /** Stream data that the peer's limit for the connection still allows to be sent. */
  public long sendCreditBytes() {
    return credit.available();
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
    datagrams.onPeerLimit(parameters.maxDatagramFrameBytes());
    streams.forEach(this::raiseInitialLimit);
    resumeWithheld();
  }

  /** RFC 9000 §7.4.1: streams opened for early data get the limits of the handshake. */
  private void raiseInitialLimit(MuxStream stream) {
    if (stream.send() != null && isLocal(stream.id())) {
      stream.send().onMaxData(initialMaxData(stream.type()));
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
    datagrams.onPeerLimit(0);
    withholding = true;
    streams.forEach(
        stream -> {
          if (stream.send() != null) {
            stream.send().restart();
            update(stream, stream.send());
          }
        });
  }

  /** Whether the peer does not allow a stream of ours any more, or not yet. */
  boolean isWithheld(MuxStream stream) {
    return withholding && isLocal(stream.id()) && !ids(stream.type()).isLocalAllowed(stream.id());
  }

  /** The peer may have allowed streams that were withheld: what they have to say is due. */
  void resumeWithheld() {
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
    if (stream.send() != null && stream.send().state() == SendStream.State.RESET_SENT) {
      control.add(stream, ControlQueue.RESET_STREAM);
    }
    if (stream.sharing != null && stream.sharing.requested != null) {
      priorities.makeDue(stream);
    }
    RecvStream recv = stream.recv();
    if (recv != null && recv.isDiscarding() && !recv.isOver()) {
      control.add(stream, ControlQueue.STOP_SENDING);
    }
    onSendChanged(stream);
  }

  /**
   * A packet has come, with the frames that follow.
   *
   * @param earlyData whether it is a 0-RTT packet
   */
  public void onPacket(boolean earlyData, long nowNanos) {
    incoming.onPacket(earlyData, nowNanos);
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
    incoming.onStream(id, offset, data, from, length, fin);
  }

  /** A DATAGRAM frame, of {@code frameBytes} with type and length. */
  public void onDatagram(byte[] data, int from, int length, int frameBytes)
      throws ProtocolException {
    datagrams.onReceived(data, from, length, frameBytes);
    effort.onDatagramFrame(length);
  }

  /** A frame about streams or flow control; the carrier keeps the others to itself. */
  public void onControl(ControlFrame frame) throws ProtocolException {
    incoming.onControl(frame);
  }

  /** A frame of the carrier's own has brought nothing; the peer may not send too many of them. */
  public void onIdleFrame(FrameType frame) throws ProtocolException {
    effort.onIdleFrame(frame);
  }

  /** Returns whether the peer has raised our limit of that type since the last call. */
  public boolean takeLimitRose(StreamType type) {
    return incoming.takeLimitRose(type);
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

  /**
   * The packets that {@link #fill} writes from now on leave together.
   *
   * @param quick whether they are gone in a moment, so that nobody waits long who is not among them
   */
  public void beginBatch(boolean quick) {
    scheduler.beginBatch(quick ? turnBytes : 0);
  }

  /** Writes what should go next into a packet, and into {@code sent} what that was. */
  public void fill(FrameWriter writer, SentFrames sent, long nowNanos) {
    if (over) {
      return;
    }
    supplies.onFill(nowNanos);
    control.write(writer, sent, nowNanos, rttNanos);
    scheduler.beginPacket();
    while (writer.remaining() > 0) {
      Entry<Sender> next = scheduler.next(credit.isExhausted());
      if (next == null || !next.stream().emit(writer, sent)) {
        break;
      }
      if (!control.isEmpty()) { // what the frame has brought about goes along with it
        control.write(writer, sent, nowNanos, rttNanos);
      }
    }
    if (isConnectionBlockedNews()) {
      control.add(ControlQueue.DATA_BLOCKED);
      control.write(writer, sent, nowNanos, rttNanos);
    }
  }

  boolean emit(MuxStream stream, FrameWriter writer, SentFrames sent) {
    SendStream send = stream.send();
    Entry<Sender> entry = stream.entry;
    if (send == null || entry == null) {
      throw new IllegalStateException("scheduled without a sending part: " + stream);
    }
    if (!priorities.write(stream, writer, sent)) {
      return false;
    }
    if (stream.supplied) {
      supplies.pull(stream, send, writer.remaining());
    }
    long sentBefore = send.sentTo();
    int length = send.emit(writer, sent, credit.available());
    if (length >= 0) {
      credit.onSent(send.sentTo() - sentBefore);
      scheduler.charge(entry, length);
      tellOfRoom(stream, send);
    }
    onSendChanged(stream);
    return length >= 0 || (stream.supplied && supplies.isDry(stream)); // dry: others go on
  }

  /** The bytes of a packet were handed to a carrier that loses none. */
  public void onAcked(SentFrames sent) {
    onPacketAcked(sent);
    onAckRead();
  }

  /** A packet was acknowledged, others with it; streams hear of it by {@link #onAckRead}. */
  public void onPacketAcked(SentFrames sent) {
    outcomes.onAcked(sent);
  }

  /** Those were all packets that were acknowledged together. */
  public void onAckRead() {
    outcomes.settle();
    wakeMemoryWaiters();
  }

  /** A packet was lost, or is to be sent again as a probe: what is still current goes again. */
  public void onLost(SentFrames sent) {
    outcomes.onLost(sent);
  }

  /**
   * Whether streams wait for memory that other connections hold. Their owner then asks to hear of
   * memory that comes back, and calls {@link #onMemoryAvailable}.
   */
  public boolean isAwaitingMemory() {
    return !over && memoryWaiters.awaitOthers();
  }

  /** Other connections have given memory back. */
  public void onMemoryAvailable() {
    wakeMemoryWaiters();
  }

  /** Memory that data to be sent, and data received and not read, holds now. */
  public long heldBytes() {
    return sendMemory.heldBytes() + receiveMemory.heldBytes();
  }

  /** The connection carries nothing any more. What was received can still be read. */
  public void onConnectionClosed() {
    over = true;
    supplies.clear();
    datagrams.onConnectionClosed();
  }

  /** Frees all memory. */
  public void release() {
    over = true;
    datagrams.release();
    streams.forEach(MuxStream::release);
  }

  // What streams ask for.

  boolean isLocal(long id) {
    return (id & 1) == (server ? 1 : 0);
  }

  boolean isOver() {
    return over;
  }

  /** Memory that can be had for data to be sent. */
  long freeSendBytes() {
    return sendMemory.freeBytes();
  }

  /** A write has found no memory; the stream hears when there is some. */
  void awaitMemory(MuxStream stream) {
    memoryWaiters.add(stream);
  }

  private void wakeMemoryWaiters() {
    if (memoryWaiters.isEmpty()) {
      return;
    }
    memoryWaiters.begin();
    for (MuxStream next = memoryWaiters.next(); next != null; next = memoryWaiters.next()) {
      if (next.isWritable()) {
        next.wantsRoom = false;
        raise(next, MuxStream.WRITABLE);
      } else if (next.supplied) {
        onSendChanged(next);
      }
    }
  }

  StreamPriorities priorities() {
    return priorities;
  }

  /**
   * How much a stream may have written and not yet acknowledged. Of that no more than the least
   * buffer is not even sent: what lies there for long goes out of the processor's caches, and is
   * memory that brings nothing.
   */
  int sendBufferBytes(SendStream send) {
    return (int)
        Math.min(sendBufferBytes, send.unacknowledgedBytes() + config.minSendBufferBytes());
  }

  /** A writer that waits for room hears of it when there is some that is worth being woken for. */
  void tellOfRoom(MuxStream stream, SendStream send) {
    if (stream.wantsRoom
        && !stream.awaitsMemory
        && send.writableBytes(sendBufferBytes(send)) >= worthwhileRoomBytes()) {
      stream.wantsRoom = false;
      raise(stream, MuxStream.WRITABLE);
    }
  }

  private int worthwhileRoomBytes() {
    return Math.min(sendBufferBytes / 4, config.minSendBufferBytes() / 2);
  }

  Entry<Sender> enter(MuxStream stream, Priority priority) {
    return scheduler.add(stream.id(), stream, priority, scheduler.defaultGroup());
  }

  void carry(MuxStream stream, StreamSource source) {
    supplies.add(stream, source);
    onSendChanged(stream);
  }

  void onSourceChanged(MuxStream stream) {
    supplies.onChanged(stream);
    onSendChanged(stream);
  }

  void prioritize(Entry<Sender> entry, Priority priority) {
    scheduler.prioritize(entry, priority);
  }

  /** What a stream could send has changed. */
  void onSendChanged(MuxStream stream) {
    SendStream send = stream.send();
    if (send == null) {
      return;
    }
    update(stream, send);
    if (send.isResetDue()) {
      control.add(stream, ControlQueue.RESET_STREAM);
    }
    if (send.takeBlockedNews()) {
      control.add(stream, ControlQueue.STREAM_DATA_BLOCKED);
    }
  }

  /** Says to the scheduler what a stream could send. */
  void update(MuxStream stream, SendStream send) {
    if (stream.entry != null && !stream.closed) {
      boolean may = !isWithheld(stream);
      boolean fresh = send.hasFresh() || (stream.supplied && supplies.hasFresh(stream, send));
      scheduler.update(stream.entry, may && send.needsNoCredit(), may && fresh);
    }
  }

  void reset(MuxStream stream, long code) {
    resetAt(stream, code, 0);
  }

  void resetAt(MuxStream stream, long code, long reliableBytes) {
    if (stream.send() != null && stream.send().resetAt(code, reliableBytes)) {
      onSendChanged(stream);
      wakeMemoryWaiters();
    }
  }

  void stopSending(MuxStream stream, long code) {
    RecvStream recv = stream.recv();
    if (recv == null || recv.isDiscarding()) {
      return;
    }
    if (recv.isOver()) {
      closeIfOver(stream); // the end came after everything was read, and nobody will read it
      return;
    }
    recv.discard(code);
    returnCredit(recv, recv.highest());
    if (!recv.isOver()) {
      control.add(stream, ControlQueue.STOP_SENDING);
    }
    closeIfOver(stream);
  }

  /** The application has read from a stream. */
  void onRead(MuxStream stream) {
    RecvStream recv = stream.recv();
    if (recv == null) {
      return;
    }
    if (recv.takeResetNews()) {
      raise(stream, MuxStream.RESET);
    }
    returnCredit(recv, recv.isReset() ? recv.highest() : recv.consumedTo());
    if (recv.wantsCredit()) {
      control.add(stream, ControlQueue.MAX_STREAM_DATA);
    }
    closeIfOver(stream);
  }

  /** Gives back to the connection's window what a stream has taken from it below {@code offset}. */
  void returnCredit(RecvStream recv, long offset) {
    long bytes = recv.takeReturnedCredit(offset);
    if (bytes > 0) {
      credit.window().consume(bytes);
      if (credit.window().isLow()) {
        control.add(ControlQueue.MAX_DATA);
      }
    }
  }

  // Streams coming and going.

  StreamIds ids(StreamType type) {
    return ids(type == StreamType.BIDIRECTIONAL);
  }

  StreamIds ids(boolean bidirectional) {
    return bidirectional ? bidi : uni;
  }

  /** The peer has opened a stream. */
  MuxStream createRemote(long id) {
    boolean both = StreamType.of(id) == StreamType.BIDIRECTIONAL;
    MuxStream stream =
        create(id, peer.initialMaxStreamDataBidiLocal(), both, true, config.priority());
    raise(stream, MuxStream.OPENED);
    return stream;
  }

  private MuxStream create(
      long id, long maxData, boolean sends, boolean receives, Priority priority) {
    SendStream send = sends ? new SendStream(id, maxData, sendMemory) : null;
    RecvStream recv =
        receives
            ? new RecvStream(
                new ReceiveWindow(config.streamWindowBytes(), config.maxStreamWindowBytes()),
                receiveMemory)
            : null;
    MuxStream stream = new MuxStream(this, id, send, recv, priority);
    streams.add(stream);
    return stream;
  }

  /** As it was before it rested. */
  SendStream newSendStream(long id, RestingStream rest) {
    return new SendStream(id, rest.maxSent(), rest.sent(), sendMemory);
  }

  /** As it was before it rested. */
  RecvStream newRecvStream(RestingStream rest) {
    ReceiveWindow window =
        new ReceiveWindow(
            rest.windowBytes(),
            config.maxStreamWindowBytes(),
            rest.received(),
            rest.maxReceived(),
            rest.raisedAtNanos());
    return new RecvStream(window, rest.received(), receiveMemory);
  }

  void closeIfOver(MuxStream stream) {
    if (stream.closed || !stream.isOver()) {
      return;
    }
    stream.closed = true;
    streams.remove(stream);
    if (stream.supplied) {
      supplies.remove(stream);
    }
    if (stream.entry != null) {
      scheduler.remove(stream.entry);
    }
    priorities.onClosed(stream);
    effort.onStreamGone();
    if (!isLocal(stream.id())) {
      effort.onStreamOver(stream.isReset());
      StreamIds ids = ids(stream.type());
      ids.onRemoteClosed();
      grantIfDue(ids, stream.type());
    }
    raise(stream, MuxStream.CLOSED);
  }

  /** Tells the peer of a higher limit of streams, if that is due. */
  void grantIfDue(StreamIds ids, StreamType type) {
    if (ids.isGrantDue()) {
      control.add(
          type == StreamType.BIDIRECTIONAL
              ? ControlQueue.MAX_STREAMS_BIDI
              : ControlQueue.MAX_STREAMS_UNI);
    }
  }

  void raise(MuxStream stream, int event) {
    stream.events |= event;
    if (!stream.eventsQueued) {
      stream.eventsQueued = true;
      eventQueue.addLast(stream);
    }
  }
}
