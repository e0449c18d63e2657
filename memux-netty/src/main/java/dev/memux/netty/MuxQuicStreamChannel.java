package dev.memux.netty;

import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.handler.codec.quic.QuicStreamAddress;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamFrame;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.StringUtil;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * A stream of a {@link MuxQuicChannel}. It behaves as Netty's native QUIC streams do:
 *
 * <ul>
 *   <li>The peer's FIN arrives as {@link ChannelInputShutdownEvent}, then {@code
 *       ChannelInputShutdownReadComplete}; its RESET_STREAM as an exception, {@code
 *       QuicStreamResetException}, without these events; its STOP_SENDING as {@link
 *       StreamStoppedEvent}, and writes fail with {@link ChannelOutputShutdownException}.
 *   <li>{@link #shutdownOutput()} writes a FIN after everything written before. {@link
 *       #shutdownOutput(int)} sends RESET_STREAM, {@link #shutdownInput(int)} STOP_SENDING.
 *   <li>The channel closes by itself when both directions are over, and with its connection. If the
 *       peer ended that after all it sent on a stream had arrived, and our direction is over, the
 *       channel stays open until this has been read: what was acknowledged is not lost.
 * </ul>
 *
 * <p>Where the native streams lose something, these do not: FIN never overtakes queued data; a
 * reset is told at once, also to who does not read; and {@link #close()} with writes still queued
 * resets the stream, so that the peer does not take the truncated data for all of it. Closing a
 * channel whose input is open sends STOP_SENDING with code 0.
 */
public final class MuxQuicStreamChannel extends AbstractChannel implements QuicStreamChannel {
  private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

  private final MuxStream stream;
  private final QuicStreamAddress address;
  private final StreamChannelConfig config;
  private final StreamInput input;
  private final StreamOutput output;
  private final Promise<Void> delivered;

  private volatile boolean open = true;
  private volatile @Nullable QuicStreamPriority priority;

  /** Events that came before the channel was registered. */
  private int pendingEvents;

  /** The connection is gone; the engine's stream is not to be touched. */
  private boolean abandoned;

  private boolean writesDropped;

  MuxQuicStreamChannel(MuxQuicChannel parent, MuxStream stream) {
    super(parent);
    this.stream = stream;
    address = new QuicStreamAddress(stream.id());
    config = new StreamChannelConfig(this);
    input = new StreamInput(this, stream);
    output = new StreamOutput(this, stream);
    delivered = parent.eventLoop().newPromise();
    if (!stream.canSend()) {
      delivered.setSuccess(null);
    }
  }

  // What the engine tells.

  /** Takes flags of {@link MuxStream#takeEvents}. */
  void onEvents(int events) {
    if ((events & (MuxStream.SENT | MuxStream.CLOSED)) != 0) {
      delivered.trySuccess(null);
    }
    if ((events & MuxStream.CLOSED) != 0) {
      stream.attach(null);
    }
    if (!open) {
      return;
    }
    if (!isRegistered()) {
      pendingEvents |= events;
      return;
    }
    if ((events & MuxStream.RESET) != 0) {
      input.onReset(stream.resetCode());
    }
    if ((events & MuxStream.STOPPED) != 0) {
      output.onStopped(stream.stopCode());
    }
    if ((events & MuxStream.WRITABLE) != 0) {
      streamUnsafe().resumeWrites();
    }
    if ((events & MuxStream.READABLE) != 0) {
      input.onReadable();
    }
  }

  /** After registration, at the earliest: takes what has been kept back. */
  void resume() {
    if (isRegistered() && pendingEvents != 0) {
      int kept = pendingEvents;
      pendingEvents = 0;
      onEvents(kept);
    }
  }

  /** The connection has ended: closes the channel without a word to the engine. */
  void abandon(ClosedChannelException cause) {
    abandoned = true;
    streamUnsafe().closeFor(cause);
  }

  /**
   * The connection has ended, and not by us. Where only reading is left to do and all that the peer
   * sent has arrived, the channel lives on until it has been read; otherwise {@link #abandon}.
   */
  void outlive(ClosedChannelException cause) {
    if (isRegistered() && output.isOver() && input.outlive()) {
      abandoned = true;
      input.onReadable();
    } else {
      abandon(cause);
    }
  }

  /**
   * Whether some of what was received came as early data (0-RTT) on a connection whose handshake is
   * still not complete: an attacker may have sent it again, so nothing may be done for it that must
   * not be done twice (RFC 9001 §9.2, RFC 8470). On the event loop.
   */
  public boolean isEarly() {
    return stream.isEarly() && parent().tlsSession() == null;
  }

  /** The priority that data is sent with. On the event loop. */
  Priority enginePriority() {
    return stream.priority();
  }

  /**
   * Bytes from the start that the peer has acknowledged without a hole. On the event loop; what it
   * was last on a closed channel.
   */
  public long ackedBytes() {
    return stream.ackedBytes();
  }

  // What the halves ask for.

  /** Closes the channel once nothing more can happen on it. */
  void closeIfOver() {
    if (input.isOver() && output.isOver() && open) {
      unsafe().close(voidPromise());
    }
  }

  boolean isOutputOver() {
    return output.isOver();
  }

  /** Fails all messages, flushed or not; {@link StreamOutput} says with what. */
  void failWrites() {
    unsafe().flush();
  }

  @SuppressWarnings("deprecation") // what Unsafe returns
  RecvByteBufAllocator.Handle recvHandle() {
    return unsafe().recvBufAllocHandle();
  }

  // QuicStreamChannel

  @Override
  public boolean isLocalCreated() {
    return stream.isLocal();
  }

  @Override
  public QuicStreamType type() {
    return stream.type() == StreamType.BIDIRECTIONAL
        ? QuicStreamType.BIDIRECTIONAL
        : QuicStreamType.UNIDIRECTIONAL;
  }

  @Override
  public long streamId() {
    return address.streamId();
  }

  /** What {@link #updatePriority} was last given; null if nothing, or {@link #prioritize} since. */
  @Override
  public @Nullable QuicStreamPriority priority() {
    return priority;
  }

  /**
   * Done when the peer has acknowledged all that was sent, the end included, or our reset. That is
   * after the channel has closed: a channel closes when the engine has taken its last byte. Never
   * done if the connection ends before.
   */
  public Future<Void> deliveredFuture() {
    return delivered;
  }

  /**
   * Changes the priority of everything not sent yet, also after the channel has closed. Netty's
   * urgencies end at 127, RFC 9218's at 7: what is above 7 is sent as 7.
   */
  @Override
  public ChannelFuture updatePriority(QuicStreamPriority value, ChannelPromise promise) {
    int urgency = Math.min(value.urgency(), Priority.LOWEST_URGENCY);
    return setPriority(new Priority(urgency, value.isIncremental()), value, promise);
  }

  /**
   * Changes the priority of everything not sent yet, to {@link Priority#CRITICAL} if need be, which
   * {@link #updatePriority} cannot express.
   */
  public ChannelFuture prioritize(Priority value) {
    return setPriority(value, null, newPromise());
  }

  private ChannelFuture setPriority(
      Priority value, @Nullable QuicStreamPriority asNetty, ChannelPromise promise) {
    if (eventLoop().inEventLoop()) {
      applyPriority(value, asNetty, promise);
    } else {
      eventLoop().execute(() -> applyPriority(value, asNetty, promise));
    }
    return promise;
  }

  private void applyPriority(
      Priority value, @Nullable QuicStreamPriority asNetty, ChannelPromise promise) {
    if (abandoned) {
      promise.tryFailure(new ClosedChannelException());
      return;
    }
    stream.setPriority(value);
    priority = asNetty;
    parent().wake();
    promise.trySuccess();
  }

  // DuplexChannel

  @Override
  public boolean isInputShutdown() {
    return input.isShutdown();
  }

  @Override
  public boolean isOutputShutdown() {
    return output.isShutdown();
  }

  @Override
  public boolean isShutdown() {
    return input.isShutdown() && output.isShutdown();
  }

  @Override
  public ChannelFuture shutdownInput(int error, ChannelPromise promise) {
    return onLoop(promise, () -> stopInput(error));
  }

  @Override
  public ChannelFuture shutdownOutput(int error, ChannelPromise promise) {
    return onLoop(promise, () -> resetOutput(error));
  }

  @Override
  public ChannelFuture shutdown(int error, ChannelPromise promise) {
    return onLoop(
        promise,
        () -> {
          resetOutput(error);
          stopInput(error);
        });
  }

  @Override
  public ChannelFuture shutdown(ChannelPromise promise) {
    shutdownOutput(newPromise());
    return onLoop(promise, () -> stopInput(0));
  }

  @Override
  public ChannelFuture shutdownOutput(ChannelPromise promise) {
    if (eventLoop().inEventLoop()) {
      writeFin(promise);
    } else {
      eventLoop().execute(() -> writeFin(promise));
    }
    return promise;
  }

  private void writeFin(ChannelPromise promise) {
    if (!stream.canSend()) {
      promise.tryFailure(new UnsupportedOperationException("receive-only stream"));
      return;
    }
    output.beginShutdown();
    unsafe().write(QuicStreamFrame.EMPTY_FIN, promise);
    unsafe().flush();
  }

  private void stopInput(int error) {
    input.stop(Integer.toUnsignedLong(error));
    parent().wake();
    closeIfOver();
  }

  private void resetOutput(int error) {
    if (!stream.canSend()) {
      throw new UnsupportedOperationException("receive-only stream");
    }
    output.reset(Integer.toUnsignedLong(error));
    parent().wake();
    closeIfOver();
  }

  /** Runs a command on the event loop; on a closed channel it fails. */
  private ChannelFuture onLoop(ChannelPromise promise, Runnable command) {
    if (eventLoop().inEventLoop()) {
      run(promise, command);
    } else {
      eventLoop().execute(() -> run(promise, command));
    }
    return promise;
  }

  private void run(ChannelPromise promise, Runnable command) {
    if (!promise.setUncancellable()) {
      return;
    }
    if (!open) {
      promise.tryFailure(new ClosedChannelException());
      return;
    }
    try {
      command.run();
      promise.trySuccess();
    } catch (UnsupportedOperationException e) {
      promise.tryFailure(e);
    }
  }

  // Channel

  @Override
  public MuxQuicChannel parent() {
    return (MuxQuicChannel) super.parent();
  }

  /** The connection's, also before registration. */
  @Override
  public EventLoop eventLoop() {
    return parent().eventLoop();
  }

  @Override
  public StreamChannelConfig config() {
    return config;
  }

  @Override
  public MuxQuicStreamChannel read() {
    super.read();
    return this;
  }

  @Override
  public MuxQuicStreamChannel flush() {
    super.flush();
    return this;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return open;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }

  @Override
  public QuicStreamAddress localAddress() {
    return address;
  }

  @Override
  public QuicStreamAddress remoteAddress() {
    return address;
  }

  @Override
  protected SocketAddress localAddress0() {
    return address;
  }

  @Override
  protected SocketAddress remoteAddress0() {
    return address;
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return loop.equals(parent().eventLoop());
  }

  @Override
  protected void doRegister(ChannelPromise promise) {
    super.doRegister(promise);
    if (pendingEvents != 0) {
      eventLoop().execute(this::resume); // a handler of the connection may register it later
    }
  }

  @Override
  protected void doBeginRead() {
    input.beginRead();
  }

  @Override
  protected Object filterOutboundMessage(Object message) {
    if (!stream.canSend()) {
      throw new UnsupportedOperationException("receive-only stream");
    }
    if (message instanceof ByteBuf || message instanceof QuicStreamFrame) {
      return message;
    }
    throw new UnsupportedOperationException(
        "unsupported message type: " + StringUtil.simpleClassName(message));
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer buffer) {
    output.drain(buffer);
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
    if (!open) {
      return;
    }
    open = false;
    if (!abandoned) {
      output.close(writesDropped);
      input.stop(0);
    }
    output.end("closed");
    input.end();
    parent().onStreamClosed(this);
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new StreamUnsafe();
  }

  private StreamUnsafe streamUnsafe() {
    return (StreamUnsafe) unsafe();
  }

  private final class StreamUnsafe extends AbstractUnsafe {
    @Override
    public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
      promise.tryFailure(new UnsupportedOperationException());
    }

    void resumeWrites() {
      flush0();
    }

    void closeFor(ClosedChannelException cause) {
      close(voidPromise(), cause, cause);
    }

    @Override
    protected void close(
        ChannelPromise promise, Throwable cause, ClosedChannelException closeCause) {
      ChannelOutboundBuffer waiting = outboundBuffer();
      if (waiting != null && waiting.totalPendingWriteBytes() > 0) {
        writesDropped = true;
      }
      super.close(promise, cause, closeCause);
    }
  }
}
