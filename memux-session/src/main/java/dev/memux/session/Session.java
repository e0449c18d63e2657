package dev.memux.session;

import dev.memux.engine.CloseReason;
import dev.memux.engine.mux.DatagramConfig;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.qmux.QmuxConfig;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.VarInt;
import dev.memux.netty.Carrier;
import dev.memux.netty.CarrierType;
import dev.memux.netty.MuxException;
import dev.memux.tls.TlsSession;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a peer and its streams, for threads that may block: virtual ones above all.
 * {@link SessionClient} and {@link SessionServer} make them, and {@link Stream#nest} those that a
 * stream of another one carries. Any thread may call anything.
 *
 * <p>When the connection has ended, by {@link #close} or otherwise, calls on it and its streams
 * fail with the {@link MuxException} that says how. What a peer sent before it closed can still be
 * accepted and read.
 */
public final class Session implements AutoCloseable {
  /** The error code that a stream is refused with which the peer opens while this end drains. */
  static final long REFUSED = 0;

  private final LoopSide loopSide;
  private final Duration drainTimeout;
  private final Consumer<Session> onOpen;
  private final Consumer<Session> onOver;
  private final Consumer<byte[]> onToken;
  private final AcceptQueue<Stream> accepted = new AcceptQueue<>();
  private final Permits bidiPermits = new Permits();
  private final Permits uniPermits = new Permits();
  private final CountDownLatch ready = new CountDownLatch(1);

  private volatile boolean established;
  private volatile @Nullable TlsSession tls;
  private volatile @Nullable CloseReason closeReason;
  private volatile boolean draining;

  /**
   * @param drainTimeout how long {@link #close()} waits for what was written to arrive
   * @param onOpen called on the event loop when the handshake is complete
   * @param onOver called on the event loop when the connection has ended
   * @param onToken takes the address tokens that a server gives
   */
  Session(
      Carrier carrier,
      MuxConfig config,
      Duration drainTimeout,
      Consumer<Session> onOpen,
      Consumer<Session> onOver,
      Consumer<byte[]> onToken) {
    this.loopSide = new LoopSide(this, carrier, config);
    this.drainTimeout = drainTimeout;
    this.onOpen = onOpen;
    this.onOver = onOver;
    this.onToken = onToken;
  }

  // Streams.

  /**
   * Opens a bidirectional stream of the priority of the scope that the caller is in ({@link
   * MuxPriority}), or of the default priority; see {@link #open(StreamType, Priority)}.
   */
  public Stream open() throws IOException {
    return open(StreamType.BIDIRECTIONAL, null, null);
  }

  /**
   * Opens a stream. The peer learns of it when something is written, or the end, and is asked to
   * send its direction with the same priority ({@link Stream#requestPriority}). Blocks while the
   * peer allows no more streams of that type.
   *
   * @throws MuxException if the connection has ended, or is being closed
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public Stream open(StreamType type, Priority priority) throws IOException {
    return open(type, priority, null);
  }

  /**
   * Makes a group for streams, which share one part of the connection.
   *
   * @param weight that part, relative to the weights of other groups that have something to send;
   *     from 1 to {@link dev.memux.engine.schedule.Group#MAX_WEIGHT}. Streams of no group have 1
   *     together.
   */
  public SessionGroup group(int weight) {
    return new SessionGroup(this, weight);
  }

  /**
   * @param priority null: the scope's, or the default
   */
  Stream open(StreamType type, @Nullable Priority priority, @Nullable SessionGroup group)
      throws IOException {
    requireOpen();
    Permits permits = permits(type);
    if (!permits.tryTake()) {
      loopSide.schedule(); // so that the peer learns what holds us up
      permits.take();
    }
    requireOpen();
    Priority own = priority == null ? Stream.DEFAULT_PRIORITY : priority;
    Priority scope = priority == null ? MuxPriority.current() : null;
    Importance importance = Importance.opened(own, group);
    return new Stream(
        this, type, true, scope == null ? importance : importance.withScoped(scope, true));
  }

  /**
   * Waits for the next stream that the peer opens, of either type.
   *
   * @throws MuxException if the connection has ended, once all that came before has been accepted
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public Stream accept() throws IOException {
    Stream next = accepted.take();
    if (next == null) {
      throw ended();
    }
    next.onAccepted();
    return next;
  }

  // Datagrams.

  /**
   * The largest datagram that can be sent now; 0 if the peer accepts none. It changes with the
   * path.
   */
  public int maxDatagramBytes() {
    return loopSide.datagrams().maxPayloadBytes();
  }

  /**
   * Sends a datagram (RFC 9221): whole, once, and perhaps in vain. Does not block. What waits to be
   * sent is bounded by {@link DatagramConfig#maxQueued} and {@link DatagramConfig#maxQueuedBytes},
   * here and again in the connection; {@link DatagramConfig#overflow} says which one is dropped
   * then.
   *
   * @return false: this one is dropped
   * @throws IllegalArgumentException if it is larger than {@link #maxDatagramBytes}
   * @throws UnsupportedOperationException if the peer accepts no datagrams
   * @throws MuxException if the connection has ended, or is being closed
   */
  public boolean sendDatagram(ByteBuffer payload) throws MuxException {
    requireOpen();
    int limit = maxDatagramBytes();
    if (limit == 0) {
      requireOpen();
      throw new UnsupportedOperationException("the peer accepts no datagrams");
    }
    if (payload.remaining() > limit) {
      throw new IllegalArgumentException(
          "datagram of " + payload.remaining() + " bytes, " + limit + " can be sent");
    }
    boolean taken = loopSide.datagrams().offer(payload);
    loopSide.schedule();
    return taken;
  }

  /**
   * Waits for a datagram. Those that nobody has received yet are bounded as those to be sent are;
   * the oldest makes room.
   *
   * @throws MuxException if the connection has ended, once all that came before has been received
   * @throws UnsupportedOperationException if this end accepts no datagrams
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public byte[] receiveDatagram() throws IOException {
    return received(loopSide.datagrams().take(null));
  }

  /**
   * Waits for a datagram as {@link #receiveDatagram()} does, but no longer than that.
   *
   * @throws MuxException.Timeout if none came in time
   */
  public byte[] receiveDatagram(Duration limit) throws IOException {
    return received(loopSide.datagrams().take(limit));
  }

  private byte[] received(byte @Nullable [] datagram) throws MuxException {
    if (datagram == null) {
      throw ended();
    }
    return datagram;
  }

  // What it is like.

  /**
   * What the handshake agreed on.
   *
   * @throws IllegalStateException if what carries the session is not secured by TLS of its own
   */
  public TlsSession tls() {
    TlsSession known = tls;
    if (known == null) {
      throw new IllegalStateException("no TLS");
    }
    return known;
  }

  public InetSocketAddress remoteAddress() {
    return loopSide.carrier().remote();
  }

  public @Nullable InetSocketAddress localAddress() {
    return loopSide.carrier().local();
  }

  /**
   * Goes on from another local address (RFC 9000 §9.2): another network, or only another port.
   * Streams notice nothing; the path is tried out before. Blocks until the connection has moved.
   *
   * @param local with port 0 for any
   * @return the address of the new socket
   * @throws dev.memux.netty.MigrationException if the server does not allow it, or does not answer
   *     there; nothing has changed then
   * @throws IOException if no socket can be bound there
   * @throws UnsupportedOperationException over TCP, whose connections stay where they are
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public InetSocketAddress migrate(InetSocketAddress local) throws IOException {
    CompletableFuture<InetSocketAddress> moved = new CompletableFuture<>();
    loopSide.call(
        () ->
            loopSide
                .carrier()
                .migrate(local)
                .addListener(
                    (Future<InetSocketAddress> done) -> {
                      if (done.isSuccess()) {
                        moved.complete(done.getNow());
                      } else {
                        moved.completeExceptionally(done.cause());
                      }
                    }));
    try {
      return moved.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Deadline.interrupted();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case UnsupportedOperationException never -> throw never;
        case null, default -> throw new IOException(e.getCause());
      }
    }
  }

  /** What carries the connection; of a nested session, what carries the outermost one. */
  public CarrierType carrier() {
    return loopSide.carrier().type();
  }

  /** What moves its packets, in words: "epoll gro gso", for example. */
  public String io() {
    return loopSide.carrier().io();
  }

  /** Whether the connection lives. */
  public boolean isOpen() {
    return closeReason == null;
  }

  /** Who ended the connection and why; null while it lives. */
  public @Nullable CloseReason closeReason() {
    return closeReason;
  }

  /**
   * What the connection has done so far; asks its event loop, and blocks for that moment.
   *
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public SessionStatistics statistics() throws InterruptedIOException {
    return ask(loopSide::statistics);
  }

  /** What {@code question} finds on the event loop; blocks for that moment. */
  <T> T ask(Supplier<T> question) throws InterruptedIOException {
    try {
      return CompletableFuture.supplyAsync(question, loopSide::call).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Deadline.interrupted();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // no question fails
    }
  }

  // The end.

  /**
   * Waits until all streams are over, and closes then, or when the time is up. Meanwhile no stream
   * can be opened by either end; the peer's are reset.
   *
   * @return whether all streams came to their end
   */
  public boolean drain(Duration limit) {
    draining = true;
    CompletableFuture<@Nullable Void> idle = new CompletableFuture<>();
    loopSide.call(() -> loopSide.whenIdle(idle));
    boolean over = await(idle, limit);
    close(0, "");
    return over;
  }

  /**
   * Closes with code 0 when all that was written on streams whose end was written too has arrived,
   * or the drain timeout is over; other streams break off. Interrupted, it does not wait.
   */
  @Override
  public void close() {
    draining = true;
    if (isOpen()) {
      CompletableFuture<@Nullable Void> delivered = new CompletableFuture<>();
      loopSide.call(() -> loopSide.whenDelivered(delivered));
      await(delivered, drainTimeout);
      close(0, "");
    }
  }

  /**
   * Closes at once: what has not arrived may never do so. No effect if the connection has ended.
   *
   * @param code the application protocol's error code, 0 to 2^62-1
   * @param reason for the peer's log; cut if long
   */
  public void close(long code, String reason) {
    if (code < 0 || code > VarInt.MAX) {
      throw new IllegalArgumentException("error code " + code);
    }
    CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();
    loopSide.call(
        () -> {
          loopSide.close(code, reason);
          closed.complete(null);
        });
    closed.join();
  }

  private static boolean await(CompletableFuture<@Nullable Void> event, Duration limit) {
    try {
      event.get(Deadline.nanos(limit), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // nothing completes it so
    }
  }

  private void requireOpen() throws MuxException {
    if (closeReason != null) {
      throw ended();
    }
    if (draining) {
      throw new MuxException.Local("the session is being closed", 0, "");
    }
  }

  MuxException ended() {
    CloseReason reason = closeReason;
    if (reason == null) {
      throw new IllegalStateException("not ended");
    }
    return MuxException.of(reason);
  }

  // What the client's and the server's side ask for.

  /**
   * Waits for the handshake.
   *
   * @throws MuxException if it fails
   */
  void awaitReady() throws MuxException, InterruptedException {
    ready.await();
    if (!established) {
      throw ended();
    }
  }

  /** Ends the session of which nobody knows, without waiting. */
  void abandon(String reason) {
    loopSide.call(() -> loopSide.close(0, reason));
  }

  /**
   * Has a stream of this session, which its halves have handed over, carry another session, and
   * waits for the peer to do so too.
   *
   * @throws MuxException if either session has ended
   */
  Session nest(Stream stream, QmuxConfig config) throws IOException {
    CompletableFuture<Session> nested = new CompletableFuture<>();
    loopSide.call(() -> loopSide.nest(stream, config, tls, drainTimeout, nested));
    try {
      return nested.get();
    } catch (InterruptedException e) {
      if (!nested.cancel(false)) {
        nested.thenAccept(session -> session.abandon("interrupted"));
      }
      Thread.currentThread().interrupt();
      throw Deadline.interrupted();
    } catch (ExecutionException e) {
      requireOpen();
      throw e.getCause() instanceof MuxException failure ? failure : new ClosedChannelException();
    }
  }

  // What the loop tells.

  LoopSide loopSide() {
    return loopSide;
  }

  Permits permits(StreamType type) {
    return switch (type) {
      case BIDIRECTIONAL -> bidiPermits;
      case UNIDIRECTIONAL -> uniPermits;
    };
  }

  /**
   * @param session null: no TLS of its own
   */
  void onReady(@Nullable TlsSession session) {
    tls = session;
    established = true;
    ready.countDown();
    onOpen.accept(this);
  }

  void onToken(byte[] token) {
    onToken.accept(token);
  }

  /** The peer has opened streams; how many there can be the engine limits. */
  void onAccepted(List<Stream> streams) {
    accepted.offer(streams);
  }

  /** A stream is over; if nobody has accepted it, nobody will. */
  void onGone(Stream stream) {
    if (!stream.isLocal()) {
      accepted.remove(stream);
    }
  }

  void onEnd(CloseReason reason) {
    closeReason = reason;
    ready.countDown();
    bidiPermits.open();
    uniPermits.open();
    accepted.close();
    onOver.accept(this);
  }
}
