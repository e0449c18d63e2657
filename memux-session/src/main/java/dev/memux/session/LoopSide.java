package dev.memux.session;

import dev.memux.engine.CloseReason;
import dev.memux.engine.Connection;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.Mux;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamGroup;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.qmux.QmuxConfig;
import dev.memux.netty.Carrier;
import dev.memux.netty.ConnectionListener;
import dev.memux.tls.TlsSession;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A session on its event loop: looks after the streams that callers have queued, and acts on what
 * the engine tells. All on the loop, except {@link #enqueue}, {@link #schedule}, {@link #onRead}
 * and {@link #call}.
 */
final class LoopSide implements ConnectionListener {
  /**
   * Bytes that callers may read before the loop is told, if nothing else wakes it: little enough
   * that the peer's credit does not run dry meanwhile, whatever its window.
   */
  private static final int MAX_UNREPORTED_BYTES = ByteQueue.CAPACITY_BYTES / 2;

  private final Session session;
  private final Carrier carrier;
  private final Connection connection;
  private final Mux mux;
  private final DatagramExchange datagrams;
  private final int unreportedLimit;

  /** Streams that callers have done something with, each once. */
  private final Queue<Stream> pending = new ConcurrentLinkedQueue<>();

  private final AtomicInteger pendingCount = new AtomicInteger();
  private final AtomicInteger unreported = new AtomicInteger();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final Runnable task = this::run;

  private final RestingPlace resting;
  private final Notices notices;
  private int streams;
  private final List<CompletableFuture<@Nullable Void>> whenDelivered = new ArrayList<>();
  private final List<CompletableFuture<@Nullable Void>> whenIdle = new ArrayList<>();
  private final long[] opened = new long[StreamType.values().length];
  private int undelivered;
  private boolean refusing;
  private volatile @Nullable CloseReason end;

  LoopSide(Session session, Carrier carrier, MuxConfig config) {
    this.session = session;
    this.carrier = carrier;
    this.connection = carrier.connection();
    this.mux = connection.mux();
    this.resting = new RestingPlace(carrier.eventLoop(), this::runIfPending);
    this.notices = new Notices(session, carrier.eventLoop());
    this.datagrams = new DatagramExchange(config.datagrams());
    long window = Math.min(config.streamWindowBytes(), config.connectionWindowBytes());
    this.unreportedLimit = Math.clamp(window / 4, 1, MAX_UNREPORTED_BYTES);
  }

  Carrier carrier() {
    return carrier;
  }

  Notices notices() {
    return notices;
  }

  // Any thread.

  /** A caller has done something with {@code stream}, which is not queued. */
  void enqueue(Stream stream) {
    pending.add(stream);
    pendingCount.getAndIncrement();
  }

  DatagramExchange datagrams() {
    return datagrams;
  }

  /** Callers have read something. */
  void onRead(int bytes) {
    if (unreported.addAndGet(bytes) >= unreportedLimit) {
      schedule();
    }
  }

  /** The loop shall look after what is queued; once for everything up to the time it does. */
  void schedule() {
    if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
      execute(task);
    }
  }

  /** Runs {@code call} on the loop, now or soon. */
  void call(Runnable call) {
    if (carrier.eventLoop().inEventLoop()) {
      call.run();
    } else {
      execute(call);
    }
  }

  private void execute(Runnable call) {
    try {
      carrier.eventLoop().execute(call);
    } catch (RejectedExecutionException e) {
      // The loop is gone, and the connection with it: what comes to be queued now has no future.
      call.run();
    }
  }

  // The loop's.

  private void run() {
    scheduled.set(false);
    if (end == null) {
      carrier.wake(); // the turn that follows looks after everything, and transmits
    } else {
      pumpPending();
    }
  }

  private void runIfPending() {
    if (pendingCount.get() > 0) {
      run();
    }
  }

  @Override
  public void onEvents() {
    pollEvents();
    pumpPending();
    pollStreams();
    datagrams.pump(mux.datagrams());
    updatePermits();
    settle();
  }

  @Override
  public void onAbandoned(CloseReason reason) {
    onEnd(reason);
  }

  private void pollEvents() {
    for (ConnectionEvent event; (event = connection.pollEvent()) != null; ) {
      switch (event) {
        case ConnectionEvent.HandshakeCompleted completed -> onReady(completed.session());
        case ConnectionEvent.EarlyDataReady ready -> {}
        case ConnectionEvent.Established established -> onReady(carrier.tls());
        case ConnectionEvent.HandshakeConfirmed confirmed -> {}
        case ConnectionEvent.TokenReceived received -> session.onToken(received.token());
        case ConnectionEvent.StreamsAvailable available -> {}
        case ConnectionEvent.PeerMigrated migrated -> {} // remoteAddress() asks for itself
        case ConnectionEvent.Closed closed -> {
          pollStreams(); // what arrived before the end is still for the application
          onEnd(closed.reason());
        }
        case ConnectionEvent.Terminated terminated -> {}
      }
    }
  }

  private void onReady(@Nullable TlsSession tls) {
    updatePermits();
    datagrams.pump(mux.datagrams());
    session.onReady(tls);
  }

  private void pumpPending() {
    unreported.set(0);
    // Those that are queued anew meanwhile have their turn after packets have been sent.
    for (int left = pendingCount.get(); left > 0; left--) {
      Stream stream = pending.poll();
      if (stream != null) {
        pendingCount.getAndDecrement();
        stream.dequeued();
        pump(stream);
      }
    }
  }

  private void pump(Stream stream) {
    CloseReason reason = end;
    if (reason != null) {
      stream.onConnectionEnd(reason, false);
      return;
    }
    MuxStream engine = stream.engine();
    if (engine == null) {
      engine = open(stream);
    }
    if (!engine.isClosed()) { // it would be watched for ever: nothing tells that it is over twice
      resting.onUse(stream);
    }
    stream.pump(engine);
    undelivered += stream.deliveryChange();
  }

  private MuxStream open(Stream stream) {
    MuxStream engine = mux.open(stream.type(), stream.priority());
    if (engine == null) {
      throw new IllegalStateException("more streams than the peer allows");
    }
    opened[stream.type().ordinal()]++;
    engine.attach(stream);
    stream.opened(engine);
    streams++;
    return engine;
  }

  /** A group as the engine knows it; null: none. */
  @Nullable StreamGroup engine(@Nullable SessionGroup group) {
    return group == null ? null : group.engine(mux);
  }

  private void pollStreams() {
    for (MuxStream engine; (engine = mux.pollStream()) != null; ) {
      int events = engine.takeEvents();
      if (engine.attachment() instanceof Nesting nesting) {
        nesting.onEvents(events);
        onEvents(nesting.stream(), engine, events);
      } else if (engine.attachment() instanceof Stream stream) {
        onEvents(stream, engine, events);
      } else if ((events & MuxStream.OPENED) != 0) {
        accept(engine, events);
      }
    }
  }

  private void accept(MuxStream engine, int events) {
    if (refusing || end != null) {
      engine.reset(Session.REFUSED);
      engine.stopSending(Session.REFUSED);
      return;
    }
    Stream stream =
        new Stream(session, engine.type(), false, Importance.accepted(engine.priority()));
    engine.attach(stream);
    stream.opened(engine);
    streams++;
    onEvents(stream, engine, events);
    if (!engine.isClosed()) {
      notices.accept(stream); // with what has arrived, so that it can be read at once
    }
  }

  private void onEvents(Stream stream, MuxStream engine, int events) {
    resting.onUse(stream);
    stream.onEvents(engine, events);
    undelivered += stream.deliveryChange();
    if ((events & MuxStream.CLOSED) != 0) {
      engine.attach(null);
      streams--;
      resting.onGone(stream);
      session.onGone(stream);
    }
  }

  /**
   * Has a stream, which its halves have handed over, carry a session.
   *
   * @param nested done when the session can be used, fails when it has ended before; cancelled, the
   *     session ends
   */
  void nest(
      Stream stream,
      QmuxConfig config,
      @Nullable TlsSession tls,
      Duration drainTimeout,
      CompletableFuture<Session> nested) {
    pump(stream);
    MuxStream engine = stream.engine();
    if (engine == null || engine.attachment() != stream) {
      nested.completeExceptionally(new ClosedChannelException()); // the stream is over, or all is
      return;
    }
    Nesting nesting =
        new Nesting(
            this, stream, engine, config, tls, drainTimeout, nested, () -> onNestedOver(stream));
    engine.attach(nesting);
    stream.handOver(engine, nesting);
  }

  /** The stream's end is what its session has sent last; it has yet to be delivered. */
  private void onNestedOver(Stream stream) {
    stream.onNestedOver();
    undelivered += stream.deliveryChange();
  }

  private void updatePermits() {
    if (end != null) {
      return;
    }
    for (StreamType type : StreamType.values()) {
      long openable = mux.openable(type);
      Permits permits = session.permits(type);
      permits.update(opened[type.ordinal()], openable);
      if (permits.takeWanted() && openable == 0) {
        mux.open(type, Stream.DEFAULT_PRIORITY); // fails, and so tells the peer
      }
    }
  }

  // The end.

  /** Done when the peer has all that the application has ended; or the connection is over. */
  void whenDelivered(CompletableFuture<@Nullable Void> done) {
    whenDelivered.add(done);
    run();
    settle();
  }

  /** From now on the peer's streams are refused; done when no stream is left. */
  void whenIdle(CompletableFuture<@Nullable Void> done) {
    refusing = true;
    whenIdle.add(done);
    run();
    settle();
  }

  private void settle() {
    if (end != null || (undelivered == 0 && pendingCount.get() == 0)) {
      complete(whenDelivered);
    }
    if (end != null || (streams == 0 && pendingCount.get() == 0)) {
      complete(whenIdle);
    }
  }

  private static void complete(List<CompletableFuture<@Nullable Void>> waiting) {
    if (!waiting.isEmpty()) {
      List.copyOf(waiting).forEach(each -> each.complete(null));
      waiting.clear();
    }
  }

  /** Ends the connection; what is written and fits the windows goes first. */
  void close(long code, String reason) {
    if (end == null) {
      pumpPending();
      carrier.flushNow();
      connection.close(code, reason, carrier.nowNanos());
      carrier.flushNow();
      carrier.wake();
      onEnd(new CloseReason(CloseReason.Origin.LOCAL, true, code, 0, reason));
    }
  }

  SessionStatistics statistics() {
    return SessionStatistics.of(carrier, datagrams.statistics(mux.datagrams()));
  }

  private void onEnd(CloseReason reason) {
    if (end != null) {
      return;
    }
    end = reason;
    notices.tell(); // what came before can still be accepted
    session.onEnd(reason);
    datagrams.end(mux.datagrams());
    boolean keepsData = reason.origin() != CloseReason.Origin.LOCAL;
    mux.forEachStream(
        engine -> {
          if (engine.attachment() instanceof Nesting nesting) {
            nesting.stream().onConnectionEnd(reason, keepsData);
            nesting.onConnectionEnd(reason);
          } else if (engine.attachment() instanceof Stream stream) {
            stream.onConnectionEnd(reason, keepsData);
          }
          engine.attach(null); // to have its rest taken may look like its end
        });
    streams = 0;
    resting.close();
    pumpPending();
    settle();
  }
}
