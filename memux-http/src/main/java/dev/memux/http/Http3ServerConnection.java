package dev.memux.http;

import dev.memux.engine.mux.RemoteStreamState;
import dev.memux.netty.MuxQuicChannel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http3.DefaultHttp3GoAwayFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3ServerConnectionHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one client connection has open, and how it ends: a GOAWAY that only announces the end, one
 * that names the last request still answered, then the close when all are (RFC 9114 §5.2). All
 * methods belong to the connection's event loop.
 */
final class Http3ServerConnection implements ServedConnection {
  // RFC 9114 §5.2: the largest request stream ID there can be; it refuses nothing yet.
  private static final long GOAWAY_ANNOUNCEMENT = (1L << 62) - 4;
  // How long requests that cross the announcement get: a round trip of most paths.
  private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  // What a client has acknowledged it may not have read yet, and some drop it when the connection
  // ends (RFC 9114 §5.2): after a last answer the client gets this long to close first.
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final QuicChannel channel;
  private final Map<Long, ServerExchange> open = new HashMap<>();
  private final PriorityUpdates priorityUpdates = new PriorityUpdates();
  private long highestStreamId = -4;
  private long refusedFrom = Long.MAX_VALUE;
  private boolean draining;
  private long lastDeliveredNanos;

  private Http3ServerConnection(QuicChannel channel) {
    this.channel = channel;
    lastDeliveredNanos = nanoTime() - LINGER_NANOS;
  }

  /** Has {@code handler} answer what comes by {@code channel}. */
  static Http3ServerConnection begin(QuicChannel channel, RequestHandler handler) {
    Http3ServerConnection connection = new Http3ServerConnection(channel);
    channel
        .pipeline()
        .addLast(
            new Http3ServerConnectionHandler(
                connection.streamInitializer(handler),
                new ControlFrameHandler(connection),
                null,
                Http3Service.settings(),
                true),
            new CriticalStreams(),
            QuietTail.INSTANCE);
    return connection;
  }

  // Not Http3RequestStreamInitializer: the connection handler has put the codec there already.
  private ChannelHandler streamInitializer(RequestHandler handler) {
    return new ChannelInitializer<QuicStreamChannel>() {
      @Override
      protected void initChannel(QuicStreamChannel stream) {
        stream
            .pipeline()
            .addLast(new Http3ServerStreamHandler(Http3ServerConnection.this, handler, stream));
      }

      @Override
      public boolean isSharable() {
        return true;
      }
    };
  }

  @Override
  public QuicChannel channel() {
    return channel;
  }

  /** Whether a request on that stream is still taken. */
  boolean admits(long streamId) {
    return streamId < refusedFrom;
  }

  void onOpened(long streamId, ServerExchange exchange) {
    open.put(streamId, exchange);
    highestStreamId = Math.max(highestStreamId, streamId);
    // RFC 9218 §7: an update, even one that came first, overrides the field.
    exchange.takePriority(priorityUpdates.take(streamId));
  }

  /** The stream is over for us, but its last bytes may still be on their way or wait their turn. */
  void onClosed(long streamId, ServerExchange exchange) {
    exchange
        .deliveredFuture()
        .addListener(
            done -> {
              open.remove(streamId);
              lastDeliveredNanos = nanoTime();
              closeIfDrained();
            });
  }

  void onPriorityUpdate(long streamId, QuicStreamPriority priority) {
    if (!priorityUpdates.admit(nanoTime())) {
      // RFC 9114 §10.5: an update costs the client nothing and the server a decision.
      fail(Http3ErrorCode.H3_EXCESSIVE_LOAD, "too many PRIORITY_UPDATE frames");
      return;
    }
    ServerExchange exchange = open.get(streamId);
    if (exchange != null) {
      exchange.onPriorityUpdate(priority);
      return;
    }
    switch (stateOf(streamId)) {
      // RFC 9218 §7.2: what is said of streams that may never be would be kept for nothing.
      case BEYOND_LIMIT ->
          fail(Http3ErrorCode.H3_ID_ERROR, "PRIORITY_UPDATE for a stream above the limit");
      case IDLE, OPEN -> priorityUpdates.keep(streamId, priority);
      case CLOSED -> {} // it has come too late
    }
  }

  private RemoteStreamState stateOf(long streamId) {
    // Other transports do not tell, and need not (RFC 9218 §7.2).
    return channel instanceof MuxQuicChannel mux
        ? mux.remoteStreamState(streamId)
        : RemoteStreamState.IDLE;
  }

  /** Closes the connection because the peer broke a rule. */
  void fail(Http3ErrorCode code, String reason) {
    close(code, reason);
  }

  @Override
  public void drain() {
    if (draining) {
      return;
    }
    draining = true;
    goAway(GOAWAY_ANNOUNCEMENT);
    channel.eventLoop().schedule(this::lastGoAway, GRACE_NANOS, TimeUnit.NANOSECONDS);
  }

  @Override
  public void closeNow() {
    close(Http3ErrorCode.H3_NO_ERROR, "shutting down");
  }

  private void lastGoAway() {
    refusedFrom = highestStreamId + 4;
    goAway(refusedFrom);
    closeIfDrained();
  }

  private void closeIfDrained() {
    if (refusedFrom != Long.MAX_VALUE && open.isEmpty()) {
      long lingerNanos = lastDeliveredNanos + LINGER_NANOS - nanoTime();
      channel.eventLoop().schedule(this::closeNow, Math.max(0, lingerNanos), TimeUnit.NANOSECONDS);
    }
  }

  private long nanoTime() {
    return channel.eventLoop().ticker().nanoTime();
  }

  private void goAway(long streamId) {
    @Nullable QuicStreamChannel control = Http3.getLocalControlStream(channel);
    if (control != null) {
      control.writeAndFlush(new DefaultHttp3GoAwayFrame(streamId));
    }
  }

  private void close(Http3ErrorCode code, String reason) {
    ByteBuf text = ByteBufUtil.writeAscii(channel.alloc(), reason);
    channel.close(true, code.code(), text);
  }
}
