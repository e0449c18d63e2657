package dev.memux.netty;

import dev.memux.engine.CloseReason;
import dev.memux.engine.Connection;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.RemoteStreamState;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.tls.TlsSession;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionAddress;
import io.netty.handler.codec.quic.QuicConnectionPathStats;
import io.netty.handler.codec.quic.QuicConnectionStats;
import io.netty.handler.codec.quic.QuicException;
import io.netty.handler.codec.quic.QuicPathEvent;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.handler.codec.quic.QuicTransportError;
import io.netty.handler.codec.quic.QuicTransportParameters;
import io.netty.handler.ssl.SniCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.StringUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A QUIC connection. Netty's HTTP/3 codec and all else that is written for {@link QuicChannel} runs
 * on it; what follows tells where it is special.
 *
 * <ul>
 *   <li>{@link #localAddress()} and {@link #remoteAddress()} are null: Netty's class for connection
 *       IDs loads the native library. {@link #localSocketAddress()} and {@link
 *       #remoteSocketAddress()} tell.
 *   <li>When the handshake is complete the channel becomes active and a {@link
 *       SslHandshakeCompletionEvent} follows; when it fails, that event tells why. A server's
 *       channel is told before what name the client asked for: {@link SniCompletionEvent}. With
 *       early data (0-RTT) a channel becomes active before: a client's if {@link
 *       QuicClientBootstrap#earlyData} says so, a server's if its TLS configuration takes early
 *       data; see {@link MuxQuicStreamChannel#isEarly}.
 *   <li>When the connection ends, {@link ConnectionClosedEvent} says why. More streams allowed by
 *       the peer: {@link StreamLimitChangedEvent}.
 *   <li>{@link #close()} closes with application error code 0. QUIC's transport codes are the
 *       engine's: {@link #close(boolean, int, ByteBuf)} sends the code as the application's in
 *       either case.
 *   <li>When a client's address changes, as behind a NAT, {@link #remoteSocketAddress()} follows
 *       and a {@link QuicPathEvent.PeerMigrated} is fired, once the client has shown that it is
 *       there.
 *   <li>A {@link ByteBuf} written to the channel is an unreliable datagram (RFC 9221), and so is
 *       each that is read from it; {@link DatagramExtensionEvent} says that the peer accepts them.
 *       Whether this end does is part of {@code MuxConfig}.
 *   <li>Streams of the peer are read from the channel like messages, so that with auto-read off no
 *       stream is taken on before {@link #read()}. What no handler takes is registered with the
 *       bootstrap's stream handler.
 * </ul>
 */
public final class MuxQuicChannel extends AbstractChannel implements QuicChannel {
  private static final Logger log = LoggerFactory.getLogger(MuxQuicChannel.class);

  private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

  private final Connection connection;
  private final Carrier carrier;
  private final ChannelSetup streamSetup;
  private final boolean takesEarlyData;
  private final Consumer<byte[]> tokens;
  private final ConnectionChannelConfig config = new ConnectionChannelConfig(this);
  private final Set<MuxQuicStreamChannel> streams = new HashSet<>();
  private final InboundStreams inbound = new InboundStreams(this);
  private final DatagramExchange datagrams;

  private @Nullable Promise<QuicChannel> connectPromise;
  private long closeCode;
  private String closeText = "";

  /** Where the peer has shown that it is. */
  private volatile InetSocketAddress remoteAddress;

  private volatile State state = State.HANDSHAKE;
  private boolean handshakeComplete;
  private volatile @Nullable TlsSession tlsSession;
  private volatile @Nullable CloseReason closeReason;
  private volatile int maxDatagramLength;
  private volatile long openableBidi;
  private volatile long openableUni;

  private enum State {
    HANDSHAKE,
    ACTIVE,
    CLOSED
  }

  /**
   * @param takesEarlyData whether streams are used as soon as early data allows it
   * @param tokens takes the address tokens that a server gives
   * @param connectPromise told when streams can be used, or how the handshake failed; null: nobody
   *     waits, as on a server
   */
  MuxQuicChannel(
      Connection connection,
      Carrier carrier,
      ChannelSetup streamSetup,
      boolean takesEarlyData,
      Consumer<byte[]> tokens,
      @Nullable Promise<QuicChannel> connectPromise) {
    super(carrier.transport());
    this.connection = connection;
    this.carrier = carrier;
    this.streamSetup = streamSetup;
    this.datagrams = new DatagramExchange(this, connection.mux().datagrams());
    this.takesEarlyData = takesEarlyData;
    this.tokens = tokens;
    this.connectPromise = connectPromise;
    this.remoteAddress = carrier.remote();
  }

  // What the engine tells.

  /** What the driver calls. */
  ConnectionListener listener() {
    return new ConnectionListener() {
      @Override
      public void onEvents() {
        pollEvents();
        pollStreams();
        datagrams.complete();
        if (state == State.ACTIVE) {
          noteLimits();
        }
      }

      @Override
      public void onAbandoned(CloseReason reason) {
        onClosed(reason);
      }
    };
  }

  private void pollEvents() {
    for (ConnectionEvent event; (event = connection.pollEvent()) != null; ) {
      switch (event) {
        case ConnectionEvent.EarlyDataReady ready -> onEarlyDataReady();
        case ConnectionEvent.HandshakeCompleted completed -> onHandshake(completed.session());
        case ConnectionEvent.Established established -> onHandshake(carrier.tls());
        case ConnectionEvent.HandshakeConfirmed confirmed -> {}
        case ConnectionEvent.StreamsAvailable available -> onStreamsAvailable(available.type());
        case ConnectionEvent.PeerMigrated migrated -> onPeerMigrated(migrated.remote());
        case ConnectionEvent.TokenReceived received -> tokens.accept(received.token());
        case ConnectionEvent.Closed closed -> {
          pollStreams(); // what arrived before the end is still for the application
          onClosed(closed.reason());
        }
        case ConnectionEvent.Terminated terminated -> {}
      }
    }
  }

  private void onPeerMigrated(InetSocketAddress remote) {
    remoteAddress = remote;
    InetSocketAddress local = carrier.local();
    if (local != null) {
      pipeline().fireUserEventTriggered(new QuicPathEvent.PeerMigrated(local, remote));
    }
  }

  private void pollStreams() {
    do {
      pollStreamEvents();
    } while (inbound.complete()); // who is given a stream reads it, which may bring events
  }

  private void pollStreamEvents() {
    for (MuxStream stream; (stream = connection.mux().pollStream()) != null; ) {
      int events = stream.takeEvents();
      MuxQuicStreamChannel channel = (MuxQuicStreamChannel) stream.attachment();
      if (channel != null) {
        channel.onEvents(events);
      } else if ((events & MuxStream.OPENED) != 0 && state != State.CLOSED) {
        channel = addStream(stream);
        channel.onEvents(events);
        inbound.add(channel);
      }
    }
  }

  private void onEarlyDataReady() {
    if (takesEarlyData && state == State.HANDSHAKE) {
      activate();
      tellConnected();
    }
  }

  /**
   * @param session null: the layer below is not TLS
   */
  private void onHandshake(@Nullable TlsSession session) {
    if (state == State.CLOSED || handshakeComplete) {
      return;
    }
    handshakeComplete = true;
    tlsSession = session;
    String serverName = session == null ? null : session.serverName();
    if (connection.isServer() && serverName != null) {
      pipeline().fireUserEventTriggered(new SniCompletionEvent(serverName));
    }
    datagrams.announce();
    if (state == State.HANDSHAKE) {
      activate();
    }
    noteLimits();
    pipeline().fireUserEventTriggered(SslHandshakeCompletionEvent.SUCCESS);
    tellConnected();
  }

  private void activate() {
    state = State.ACTIVE;
    noteLimits();
    pipeline().fireChannelActive();
  }

  private void tellConnected() {
    Promise<QuicChannel> promise = connectPromise;
    connectPromise = null;
    if (promise != null && !promise.trySuccess(this)) {
      close(); // cancelled
    }
  }

  private void onStreamsAvailable(StreamType type) {
    noteLimits();
    pipeline().fireUserEventTriggered(new StreamLimitChangedEvent(typeOf(type)));
  }

  private void onClosed(CloseReason reason) {
    if (closeReason != null) {
      return; // this end has closed it, or it is told once more
    }
    closeReason = reason;
    log.debug("{} {}", this, CloseReasons.describe(reason));
    if (state != State.CLOSED && !handshakeComplete) {
      pipeline().fireUserEventTriggered(new SslHandshakeCompletionEvent(handshakeFailure(reason)));
    }
    pipeline().fireUserEventTriggered(new ConnectionClosedEvent(reason));
    unsafe().close(voidPromise());
  }

  /** Whoever waits for the handshake has waited long enough. */
  void giveUpHandshake() {
    if (state == State.HANDSHAKE) {
      connection.close(0, "", carrier.nowNanos());
      carrier.wake();
      onClosed(new CloseReason(CloseReason.Origin.HANDSHAKE_TIMEOUT, false, 0, 0, ""));
    }
  }

  private static SSLHandshakeException handshakeFailure(CloseReason reason) {
    MuxException cause = MuxException.of(reason);
    String message = CloseReasons.describe(reason);
    SSLHandshakeException failure =
        cause instanceof MuxException.Timeout
            ? new SslHandshakeTimeoutException(message)
            : new SSLHandshakeException(message);
    failure.initCause(cause);
    return failure;
  }

  Carrier carrier() {
    return carrier;
  }

  // What streams ask for.

  /** The engine was told something. */
  void wake() {
    carrier.wake();
  }

  void onStreamClosed(MuxQuicStreamChannel stream) {
    streams.remove(stream);
    inbound.remove(stream);
    carrier.wake();
  }

  private MuxQuicStreamChannel addStream(MuxStream stream) {
    MuxQuicStreamChannel channel = new MuxQuicStreamChannel(this, stream);
    stream.attach(channel);
    streams.add(channel);
    return channel;
  }

  // QuicChannel

  /**
   * The longest datagram that can be written now; 0 if the peer accepts none. It follows the path.
   * Any thread.
   */
  public int maxDatagramLength() {
    return maxDatagramLength;
  }

  /**
   * Changes when datagrams not sent yet are sent, among streams: at an urgency of RFC 9218, whose
   * streams they take turns with. Any thread.
   */
  public void prioritizeDatagrams(int urgency) {
    Runnable change = () -> connection.mux().datagrams().setUrgency(urgency);
    if (eventLoop().inEventLoop()) {
      change.run();
    } else {
      eventLoop().execute(change);
    }
  }

  @SuppressWarnings("deprecation") // what Unsafe returns
  RecvByteBufAllocator.Handle recvHandle() {
    return unsafe().recvBufAllocHandle();
  }

  /** How far the peer's stream {@code id} has come; it must not be one of ours. On the loop. */
  public RemoteStreamState remoteStreamState(long id) {
    return connection.mux().remoteState(id);
  }

  /**
   * Protects what is sent from now on with new keys (RFC 9001 §6). It does so by itself before a
   * key is used up. On the loop.
   *
   * @return false if that is not allowed yet (RFC 9001 §6.1, §6.5), or the keys are TLS's below
   */
  public boolean updateKeys() {
    return connection instanceof QuicConnection quic && quic.updateKeys(carrier.nowNanos());
  }

  /** What the handshake has agreed on; null before it is complete. Any thread. */
  public @Nullable TlsSession tlsSession() {
    return tlsSession;
  }

  /** The version of QUIC; null over QMux. Settled once the channel is active. On the loop. */
  public @Nullable QuicVersion quicVersion() {
    return QuicVersion.of(connection.statistics().quicVersion());
  }

  /** Who ended the connection and why; null while it lives. Any thread. */
  public @Nullable CloseReason closeReason() {
    return closeReason;
  }

  /** What TLS agreed on, read-only; null before the handshake is complete. */
  @Override
  public @Nullable SSLEngine sslEngine() {
    TlsSession session = tlsSession;
    return session == null ? null : new TlsSessionView(session, connection.isServer());
  }

  @Override
  public boolean isTimedOut() {
    CloseReason reason = closeReason;
    return reason != null && reason.origin() == CloseReason.Origin.IDLE_TIMEOUT;
  }

  @Override
  public long peerAllowedStreams(QuicStreamType type) {
    return type == QuicStreamType.BIDIRECTIONAL ? openableBidi : openableUni;
  }

  @Override
  public @Nullable QuicTransportParameters peerTransportParameters() {
    if (tlsSession == null) {
      return null;
    }
    TransportParameters parameters = connection.peerParameters();
    return parameters == null ? null : new PeerTransportParameters(parameters);
  }

  /**
   * Opens a stream. As on Netty's native channels the future fails with a {@link QuicException} of
   * {@link QuicTransportError#STREAM_LIMIT_ERROR} when the peer allows no more at the moment;
   * {@link StreamLimitChangedEvent} tells when it does again.
   */
  @Override
  public Future<QuicStreamChannel> createStream(
      QuicStreamType type, @Nullable ChannelHandler handler, Promise<QuicStreamChannel> promise) {
    if (eventLoop().inEventLoop()) {
      openStream(type, handler, promise);
    } else {
      eventLoop().execute(() -> openStream(type, handler, promise));
    }
    return promise;
  }

  private void openStream(
      QuicStreamType type, @Nullable ChannelHandler handler, Promise<QuicStreamChannel> promise) {
    if (!promise.setUncancellable()) {
      return;
    }
    if (state != State.ACTIVE) {
      promise.tryFailure(closedException(0));
      return;
    }
    MuxStream stream = connection.mux().open(typeOf(type), Priority.DEFAULT_INCREMENTAL);
    carrier.wake(); // for the stream's sake, or to tell the peer that its limit holds us up
    if (stream == null) {
      promise.tryFailure(
          new QuicException(
              "the peer allows no more " + type + " streams now",
              QuicTransportError.STREAM_LIMIT_ERROR));
      return;
    }
    noteLimits();
    MuxQuicStreamChannel channel = addStream(stream);
    if (handler != null) {
      channel.pipeline().addLast(handler);
    }
    eventLoop()
        .register(channel)
        .addListener(
            registered -> {
              if (registered.isSuccess()) {
                promise.trySuccess(channel);
              } else {
                promise.tryFailure(registered.cause());
              }
            });
  }

  @Override
  public ChannelFuture close(
      boolean applicationClose, int error, ByteBuf reason, ChannelPromise promise) {
    String text = reason.toString(StandardCharsets.UTF_8);
    reason.release();
    if (eventLoop().inEventLoop()) {
      closeWith(error, text, promise);
    } else {
      eventLoop().execute(() -> closeWith(error, text, promise));
    }
    return promise;
  }

  private void closeWith(int error, String text, ChannelPromise promise) {
    closeCode = Integer.toUnsignedLong(error);
    closeText = text;
    close(promise);
  }

  /** What the connection has done so far, and what its path looks like now. */
  public Future<ConnectionStatistics> statistics() {
    Promise<ConnectionStatistics> promise = eventLoop().newPromise();
    Runnable read = () -> promise.trySuccess(carrier.statistics());
    if (eventLoop().inEventLoop()) {
      read.run();
    } else {
      eventLoop().execute(read);
    }
    return promise;
  }

  @Override
  public Future<QuicConnectionStats> collectStats(Promise<QuicConnectionStats> promise) {
    if (eventLoop().inEventLoop()) {
      promise.trySuccess(new ConnectionStatisticsView(carrier.statistics()));
    } else {
      eventLoop()
          .execute(() -> promise.trySuccess(new ConnectionStatisticsView(carrier.statistics())));
    }
    return promise;
  }

  /** Paths are the engine's own affair: the future fails. */
  @Override
  public Future<QuicConnectionPathStats> collectPathStats(
      int path, Promise<QuicConnectionPathStats> promise) {
    promise.tryFailure(new UnsupportedOperationException("no statistics by path"));
    return promise;
  }

  @Override
  public @Nullable QuicConnectionAddress localAddress() {
    return null;
  }

  @Override
  public @Nullable QuicConnectionAddress remoteAddress() {
    return null;
  }

  @Override
  public @Nullable SocketAddress localSocketAddress() {
    return carrier.local();
  }

  @Override
  public SocketAddress remoteSocketAddress() {
    return remoteAddress;
  }

  // Channel

  @Override
  public ConnectionChannelConfig config() {
    return config;
  }

  /** The connection's, also before registration. */
  @Override
  public EventLoop eventLoop() {
    return carrier.eventLoop();
  }

  @Override
  public MuxQuicChannel read() {
    super.read();
    return this;
  }

  @Override
  public MuxQuicChannel flush() {
    super.flush();
    return this;
  }

  @Override
  public boolean isOpen() {
    return state != State.CLOSED;
  }

  @Override
  public boolean isActive() {
    return state == State.ACTIVE;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }

  @Override
  public String toString() {
    return super.toString() + "(" + remoteSocketAddress() + ")";
  }

  @Override
  protected @Nullable SocketAddress localAddress0() {
    return null;
  }

  @Override
  protected @Nullable SocketAddress remoteAddress0() {
    return null;
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return loop.equals(carrier.eventLoop());
  }

  @Override
  protected void doBeginRead() {
    inbound.beginRead();
    datagrams.beginRead();
  }

  @Override
  protected Object filterOutboundMessage(Object message) {
    if (message instanceof ByteBuf) {
      return message;
    }
    throw new UnsupportedOperationException(
        "unsupported message type: " + StringUtil.simpleClassName(message));
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer buffer) {
    datagrams.drain(buffer);
  }

  @Override
  protected void doBind(SocketAddress local) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void doDisconnect() {
    doClose();
  }

  @Override
  protected void doClose() {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    try {
      if (closeReason == null) {
        closeConnection();
      }
    } finally {
      openableBidi = 0;
      openableUni = 0;
      maxDatagramLength = 0;
      for (MuxQuicStreamChannel stream : List.copyOf(streams)) {
        endStream(stream, closedException(stream.ackedBytes()));
      }
      failConnect();
    }
  }

  private void endStream(MuxQuicStreamChannel stream, ClosedChannelException cause) {
    CloseReason reason = closeReason;
    if (reason == null
        || reason.origin() == CloseReason.Origin.LOCAL
        || reason.origin() == CloseReason.Origin.CARRIER_LOST) {
      stream.abandon(cause);
    } else {
      stream.outlive(cause);
    }
  }

  private void closeConnection() {
    // The engine's event about this comes when nobody listens any more.
    closeReason = new CloseReason(CloseReason.Origin.LOCAL, true, closeCode, 0, closeText);
    carrier.flushNow(); // what has been written goes first, as far as the windows allow
    connection.close(closeCode, closeText, carrier.nowNanos());
    carrier.flushNow();
    carrier.wake();
  }

  private void failConnect() {
    Promise<QuicChannel> promise = connectPromise;
    CloseReason reason = closeReason;
    connectPromise = null;
    if (promise != null && reason != null) {
      promise.tryFailure(QuicConnectException.of(remoteSocketAddress(), reason));
    }
  }

  private ClosedChannelException closedException(long bytesAcknowledged) {
    CloseReason reason = closeReason;
    return reason == null
        ? new ClosedChannelException()
        : new ConnectionClosedException(reason, bytesAcknowledged);
  }

  private void noteLimits() {
    openableBidi = connection.mux().openable(StreamType.BIDIRECTIONAL);
    openableUni = connection.mux().openable(StreamType.UNIDIRECTIONAL);
    maxDatagramLength = connection.mux().datagrams().maxPayloadBytes();
  }

  private static StreamType typeOf(QuicStreamType type) {
    return type == QuicStreamType.BIDIRECTIONAL
        ? StreamType.BIDIRECTIONAL
        : StreamType.UNIDIRECTIONAL;
  }

  private static QuicStreamType typeOf(StreamType type) {
    return switch (type) {
      case BIDIRECTIONAL -> QuicStreamType.BIDIRECTIONAL;
      case UNIDIRECTIONAL -> QuicStreamType.UNIDIRECTIONAL;
    };
  }

  @Override
  protected DefaultChannelPipeline newChannelPipeline() {
    return new DefaultChannelPipeline(this) {
      @Override
      protected void onUnhandledInboundMessage(ChannelHandlerContext ctx, Object message) {
        if (message instanceof QuicStreamChannel stream) {
          streamSetup.apply(stream);
          stream.parent().eventLoop().register(stream);
        } else {
          super.onUnhandledInboundMessage(ctx, message);
        }
      }
    };
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new AbstractUnsafe() {
      @Override
      public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
        promise.tryFailure(new UnsupportedOperationException("connect with QuicClientBootstrap"));
      }
    };
  }
}
