package dev.memux.session;

import dev.memux.engine.CloseReason;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.qmux.QmuxConfig;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.VarInt;
import dev.memux.netty.MuxException;
import dev.memux.netty.NestedCarrier;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A stream of bytes of a {@link Session}, in both directions or in one.
 *
 * <p>Reading blocks until there is something, writing until the stream's queue has taken
 * everything, which is sent as soon as network, peer and more important streams allow; {@code
 * flush} has nothing to do. Any thread may call anything; the two directions do not hinder each
 * other, callers of the same one take turns.
 *
 * <p>What blocks ends early when
 *
 * <ul>
 *   <li>the thread is interrupted: {@link InterruptedIOException}; the thread stays interrupted,
 *       and the stream as it is
 *   <li>the {@link #deadline} has passed: {@link MuxException.Timeout}; the stream stays as it is
 *   <li>the peer gives up the direction, or closes the connection: {@link MuxException.Peer}
 *   <li>this end does, by {@link #reset}, {@link #stopSending} or {@link Session#close(long,
 *       String)}: {@link MuxException.Local}
 *   <li>the stream is closed: {@link ClosedChannelException}
 *   <li>the connection fails: what {@link MuxException} else there is
 * </ul>
 *
 * <p>Whoever gives up half way calls {@link #reset} before {@link #close}, which would let the peer
 * take what was written for all of it.
 */
public final class Stream extends HalfOwner implements ByteChannel {
  /** What a stream has that nothing else was said of. */
  public static final Priority DEFAULT_PRIORITY = Priority.DEFAULT_INCREMENTAL;

  // What of a stream's importance has changed.
  private static final int PRIORITY = 1;
  private static final int REQUEST = 1 << 1;
  private static final int GROUP = 1 << 2;
  private static final int ALL = PRIORITY | REQUEST | GROUP;

  private static final VarHandle QUEUED;

  static {
    try {
      QUEUED = MethodHandles.lookup().findVarHandle(Stream.class, "queued", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Session session;
  private final boolean local;
  private final Deadline deadline = new Deadline();
  private final @Nullable SendHalf send;
  private final @Nullable ReceiveHalf receive;

  /** The application has it. */
  private volatile boolean accepted;

  /** In the session's queue of those that the loop must look after. */
  private volatile boolean queued;

  private volatile Importance importance;
  private volatile boolean open = true;

  /** What of its importance the engine has not been told. */
  private volatile int importanceNews;

  /** Set by the loop, once. */
  private volatile @Nullable MuxStream engine;

  /** The loop's: the peer has acknowledged the end of our direction. */
  private boolean delivered;

  /** The loop's: counted as ended by the application and not delivered. */
  private boolean undelivered;

  /** The loop's: something has happened since the {@link RestingPlace} has looked. */
  private boolean used;

  // The RestingPlace's.
  boolean watched;
  @Nullable Stream watchedBefore;
  @Nullable Stream watchedAfter;

  Stream(Session session, StreamType type, boolean local, Importance importance) {
    this.session = session;
    this.local = local;
    this.importance = importance;
    boolean both = type == StreamType.BIDIRECTIONAL;
    send = both || local ? new SendHalf(this) : null;
    receive = both || !local ? new ReceiveHalf(this) : null;
  }

  // The application's.

  /**
   * The stream's number in its connection (RFC 9000 §2.1); -1 in the moment before the connection
   * has opened it.
   */
  public long id() {
    MuxStream opened = engine;
    return opened == null ? -1 : opened.id();
  }

  public StreamType type() {
    return send != null && receive != null ? StreamType.BIDIRECTIONAL : StreamType.UNIDIRECTIONAL;
  }

  /** Whether this end opened it. */
  public boolean isLocal() {
    return local;
  }

  /** The connection that it is a stream of. */
  public Session session() {
    return session;
  }

  /** Whether there is a direction towards this end. */
  public boolean canRead() {
    return receive != null;
  }

  /** Whether there is a direction towards the peer. */
  public boolean canWrite() {
    return send != null;
  }

  /**
   * Reads what is there; blocks until that is at least one byte.
   *
   * @return -1 at the end
   * @throws NonReadableChannelException if there is no direction towards this end
   */
  @Override
  public int read(ByteBuffer target) throws IOException {
    return receiving().read(target);
  }

  /**
   * Writes all of {@code source}; blocks until the stream's queue has taken it.
   *
   * @throws NonWritableChannelException if there is no direction towards the peer
   */
  @Override
  public int write(ByteBuffer source) throws IOException {
    return sending().write(source);
  }

  /** The direction towards this end; closing it is {@link #stopSending} with code 0. */
  public InputStream inputStream() {
    return new StreamInput(receiving());
  }

  /** The direction towards the peer; closing it is {@link #shutdownOutput}. */
  public OutputStream outputStream() {
    return new StreamOutput(sending());
  }

  /**
   * Ends our direction after everything written; does not block. No effect if it is over. If
   * another thread is in the middle of a write, our direction is reset with code 0 instead.
   *
   * @throws NonWritableChannelException if there is no direction towards the peer
   */
  public void shutdownOutput() {
    sending().finish();
  }

  /**
   * Gives up our direction (RESET_STREAM): what the peer has not read yet it may never read. Does
   * not block. No effect if it is over, or if the peer has everything already.
   *
   * @param code the application protocol's error code, 0 to 2^62-1
   * @throws NonWritableChannelException if there is no direction towards the peer
   */
  public void reset(long code) {
    requireCode(code);
    sending().reset(code);
  }

  /**
   * Tells the peer that nothing more will be read (STOP_SENDING). Does not block. No effect if the
   * peer's direction is over.
   *
   * @param code the application protocol's error code, 0 to 2^62-1
   * @throws NonReadableChannelException if there is no direction towards this end
   */
  public void stopSending(long code) {
    requireCode(code);
    receiving().stop(code);
  }

  /**
   * Sets until when calls on this stream may block, those that do included. When the time has come
   * every call fails that would use the stream, until another deadline is set.
   *
   * @param fromNow null: no deadline, as at first
   */
  public void deadline(@Nullable Duration fromNow) {
    deadline.set(fromNow);
    if (send != null) {
      send.wakeCaller();
    }
    if (receive != null) {
      receive.wakeCaller();
    }
  }

  /**
   * What this end sends its direction with; see {@link MuxPriority}. On a stream that the peer has
   * opened that is at first what the peer has asked for; what it asks for later holds, but does not
   * show here.
   */
  public Priority priority() {
    return importance.sends();
  }

  /** Changes the priority of all that has not been sent yet; does not block. */
  public void priority(Priority value) {
    change(PRIORITY, before -> before.withOwn(value));
  }

  /**
   * Asks the peer to send its direction with another priority; does not block. It holds for all
   * that the peer has not sent yet when it hears of it. Streams that this end opens ask for the
   * priority that they are opened with.
   *
   * <p>That takes a peer that knows of it (docs/stream-priority.md), and one that is willing: its
   * application may decide otherwise. Between two packets only the newest value counts; a peer may
   * close a connection with thousands of changes a second.
   *
   * @throws NonReadableChannelException if there is no direction towards this end
   * @throws IllegalArgumentException if the priority is critical, which is for local use
   */
  public void requestPriority(Priority value) {
    receiving();
    if (value.urgency() == Priority.CRITICAL_URGENCY) {
      throw new IllegalArgumentException("critical");
    }
    change(REQUEST, before -> before.withAsked(value));
  }

  /** The group that this end has put it in. */
  public @Nullable SessionGroup group() {
    return importance.group();
  }

  /**
   * Puts the stream into a group; null: into none. Does not block.
   *
   * @throws IllegalArgumentException if the group is another session's
   * @throws IllegalStateException if it is closed
   */
  public void group(@Nullable SessionGroup value) {
    if (value != null && value.requireOpen().session() != session) {
      throw new IllegalArgumentException("a group of another session");
    }
    change(GROUP, before -> before.withGroup(value));
  }

  /**
   * @param news what the engine has to be told
   */
  private void change(int news, UnaryOperator<Importance> change) {
    synchronized (this) {
      importance = change.apply(importance);
      importanceNews |= news;
    }
    signal();
  }

  /**
   * What has gone over the stream so far; asks the event loop, and blocks for that moment.
   *
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public StreamStatistics statistics() throws InterruptedIOException {
    return session.ask(
        () ->
            StreamStatistics.of(
                send == null ? 0 : send.written(), receive == null ? 0 : receive.read(), engine));
  }

  /** The same with the default settings. */
  public Session nest() throws IOException {
    return nest(QmuxConfig.DEFAULT);
  }

  /**
   * Has the stream carry a session of its own, with streams, flow control and priorities of its
   * own. The peer does the same with its end; what either has written and read before stands before
   * the session. Who opened the stream is the session's client. Blocks until the peer has answered;
   * {@link QmuxConfig#handshakeTimeoutNanos} bounds how long.
   *
   * <p>From now on the stream is the session's. Its priority can still be changed, and is that of
   * the whole session: what is inside shares what the stream gets, however urgent it is. When the
   * session ends, the stream does; when the stream is reset, or its connection ends, that is the
   * session's {@link MuxException.CarrierLost}.
   *
   * @throws IllegalStateException if another thread is reading or writing, or {@link
   *     dev.memux.netty.NestedCarrier#MAX_DEPTH} sessions stand in one another already
   * @throws NonReadableChannelException if there is no direction towards this end
   * @throws NonWritableChannelException if there is no direction towards the peer
   * @throws MuxException if the session comes to nothing, or this one has ended
   * @throws IOException if either direction has ended, as reading or writing would fail
   * @throws InterruptedIOException if the thread is interrupted, which it stays; the stream is over
   */
  public Session nest(QmuxConfig config) throws IOException {
    ReceiveHalf theirs = receiving();
    SendHalf ours = sending();
    NestedCarrier.depthOver(session.loopSide().carrier());
    ours.handOver(theirs::handOver);
    return session.nest(this, config);
  }

  /** Whether the application has not closed it. */
  @Override
  public boolean isOpen() {
    return open;
  }

  /**
   * Ends our direction after everything written, and tells the peer that nothing more will be read.
   * Does not block: what was written still goes. Whoever blocks in the stream is released; see
   * {@link #shutdownOutput} about writers.
   */
  @Override
  public void close() {
    if (!open) {
      return;
    }
    open = false;
    if (send != null) {
      send.finish();
    }
    if (receive != null) {
      receive.close();
    }
  }

  private SendHalf sending() {
    if (send == null) {
      throw new NonWritableChannelException();
    }
    return send;
  }

  private ReceiveHalf receiving() {
    if (receive == null) {
      throw new NonReadableChannelException();
    }
    return receive;
  }

  private static void requireCode(long code) {
    if (code < 0 || code > VarInt.MAX) {
      throw new IllegalArgumentException("error code " + code);
    }
  }

  // What the halves ask for.

  @Override
  Deadline deadline() {
    return deadline;
  }

  @Override
  void enterScope() {
    Priority scope = MuxPriority.current();
    Priority before = importance.scoped();
    if (!Objects.equals(scope, before)) {
      boolean ask = local && receive != null;
      change(ask ? PRIORITY | REQUEST : PRIORITY, now -> now.withScoped(scope, ask));
    }
  }

  /** There is something for the loop to do, now. */
  @Override
  void signal() {
    enqueue();
    session.loopSide().schedule();
  }

  @Override
  void wake(Waiter waiter) {
    session.loopSide().notices().wake(waiter);
  }

  @Override
  void wakeSoon(Waiter waiter) {
    session.loopSide().notices().wakeSoon(waiter);
  }

  /** The application has read; that is worth telling the loop, but not for every byte. */
  @Override
  void onRead(int bytes) {
    enqueue();
    session.loopSide().onRead(bytes);
  }

  private void enqueue() {
    if (!queued && QUEUED.compareAndSet(this, false, true)) {
      session.loopSide().enqueue(this);
    }
  }

  // The loop's.

  @Nullable MuxStream engine() {
    return engine;
  }

  void opened(MuxStream stream) {
    engine = stream;
    if (local) {
      prioritize(stream, ALL);
    } else {
      stream.holdOpen(true); // what the peer opens counts for its limit until somebody has it
    }
  }

  /** Any thread: the application has it now. */
  void onAccepted() {
    accepted = true;
  }

  /** Tells the engine only what has changed here: the peer may have changed the rest since. */
  private void prioritize(MuxStream stream, int atLeast) {
    Importance now;
    int news;
    synchronized (this) {
      now = importance;
      news = importanceNews | atLeast;
      importanceNews = 0;
    }
    if ((news & PRIORITY) != 0) {
      stream.setPriority(now.sends());
    }
    if ((news & GROUP) != 0) {
      stream.setGroup(session.loopSide().engine(now.group()));
    }
    Priority asked = now.asks();
    if ((news & REQUEST) != 0 && asked != null && receive != null) {
      stream.requestPriority(asked);
    }
  }

  /** It is about to be looked after: whoever has something new from now on queues it again. */
  void dequeued() {
    queued = false;
  }

  void pump(MuxStream stream) {
    if (accepted) {
      stream.holdOpen(false);
    }
    if (importanceNews != 0) {
      prioritize(stream, 0);
    }
    if (receive != null) {
      receive.pump(stream);
    }
    if (send != null) {
      send.pump(stream);
    }
  }

  /** Something happens on it. */
  void use() {
    used = true;
  }

  /**
   * If nothing has happened since this was last asked, it needs no memory but for what it is.
   *
   * @return whether it rests now
   */
  boolean rest() {
    MuxStream stream = engine;
    if (used || stream == null) {
      used = false;
      return false;
    }
    return stream.rest() && (send == null || send.rest()) && (receive == null || receive.rest());
  }

  /** What both halves have handed over is the session's. */
  void handOver(MuxStream stream, Nesting nesting) {
    if (receive != null) {
      nesting.receive(receive.takeOver(stream));
    }
    if (send != null) {
      send.succeed(nesting::start);
      send.pump(stream);
    }
  }

  /** The session that it carries has sent its last. */
  void onNestedOver() {
    if (send != null) {
      send.onSuccessorOver();
    }
  }

  /** Takes flags of {@link MuxStream#takeEvents}. */
  void onEvents(MuxStream stream, int events) {
    if ((events & MuxStream.RESET) != 0 && receive != null) {
      long code = stream.resetCode();
      receive.onReset(() -> new MuxException.Peer("the peer reset the stream", code, ""));
    }
    if ((events & MuxStream.STOPPED) != 0 && send != null) {
      long code = stream.stopCode();
      send.end(() -> new MuxException.Peer("the peer stopped the stream", code, ""));
    }
    if ((events & (MuxStream.SENT | MuxStream.CLOSED)) != 0) {
      delivered = true;
    }
    pump(stream);
  }

  /**
   * What has become of the delivery since the last call: 1, the application has ended our direction
   * and the peer has yet to acknowledge that; -1, it has; 0, no news.
   */
  int deliveryChange() {
    boolean now = send != null && send.isEnded() && !delivered;
    if (now == undelivered) {
      return 0;
    }
    undelivered = now;
    return now ? 1 : -1;
  }

  /** The connection has ended, with or without the stream having been opened. */
  void onConnectionEnd(CloseReason reason, boolean keepsData) {
    MuxStream stream = engine;
    long acked = stream == null ? 0 : stream.ackedBytes();
    Supplier<MuxException> failure = () -> MuxException.ofStream(reason, acked);
    if (send != null) {
      send.end(failure);
    }
    if (receive != null) {
      receive.onConnectionEnd(stream, failure, keepsData);
    }
  }
}
