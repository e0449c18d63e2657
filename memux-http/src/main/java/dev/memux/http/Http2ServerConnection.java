package dev.memux.http;

import dev.memux.netty.LateWrites;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's HTTP/2 connection (RFC 9113), each stream of which is a channel of its own. Stands
 * last in the connection's pipeline.
 */
final class Http2ServerConnection extends ChannelInboundHandlerAdapter implements ServedConnection {
  /** Flow-control window of a stream: what a client may send of a body that nobody reads yet. */
  static final int STREAM_WINDOW_BYTES = 256 * 1024;

  /** The same for all streams of a connection together. */
  static final int CONNECTION_WINDOW_BYTES = 2 * 1024 * 1024;

  /**
   * What may wait between the scheduler and the socket. A stream's own queue is kept above the
   * upper mark ({@link #STREAM_QUEUE}), so that the most urgent never runs empty in one turn and
   * lets a less urgent one go.
   */
  private static final WriteBufferWaterMark CONNECTION_QUEUE =
      new WriteBufferWaterMark(16 * 1024, 32 * 1024);

  /** What a stream may queue for the scheduler. */
  private static final WriteBufferWaterMark STREAM_QUEUE =
      new WriteBufferWaterMark(32 * 1024, 64 * 1024);

  /**
   * Streams that a client may reset in {@link #FLOOD_WINDOW_SECONDS}: opening and resetting at once
   * makes work that no limit of concurrent streams bounds ("rapid reset", CVE-2023-44487).
   */
  static final int MAX_RESETS = 400;

  /** PING and SETTINGS frames in the same time; each wants an answer (RFC 9113 §10.5). */
  static final int MAX_ANSWERED_FRAMES = 400;

  static final int FLOOD_WINDOW_SECONDS = 10;

  /** Answers that wait for a client that does not read; beyond it the connection is closed. */
  static final int MAX_QUEUED_CONTROL_FRAMES = 1_000;

  /** Frames that bring neither data nor the end (RFC 9113 §10.5), in a row. */
  static final int MAX_EMPTY_DATA_FRAMES = 10;

  private static final Logger LOG = LoggerFactory.getLogger(Http2ServerConnection.class);
  // How long requests that cross the announcement get: a round trip of most paths.
  private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Channel channel;
  private final LazyTimer idle;
  private final Http2Priorities priorities;
  private int openStreams;
  private int answeredFrames;
  private long floodWindowBeganNanos = System.nanoTime();
  private boolean draining;
  private boolean announced;
  private boolean closing;

  private Http2ServerConnection(Channel channel, LongSupplier room, HttpsConfig config) {
    this.channel = channel;
    idle =
        new LazyTimer(channel.eventLoop(), config.idleTimeout().toNanos(), this::closeGracefully);
    idle.restart();
    priorities = new Http2Priorities(channel, room);
  }

  /**
   * Makes a connection whose handshake is done speak HTTP/2.
   *
   * @param alternatives the value of {@code Alt-Svc} (RFC 7838)
   */
  static Http2ServerConnection begin(
      Channel channel, RequestHandler handler, String alternatives, HttpsConfig config) {
    ChannelPipeline pipeline = channel.pipeline();
    channel.config().setWriteBufferWaterMark(CONNECTION_QUEUE);
    LongSupplier room = config.lateWrites() ? lateWrites(pipeline) : channel::bytesBeforeUnwritable;
    Http2ServerConnection connection = new Http2ServerConnection(channel, room, config);
    Http2FrameCodec codec = connection.codec(config);
    pipeline.addLast(
        codec,
        new Http2MultiplexHandler(connection.streamInitializer(handler, alternatives)),
        connection);
    try {
      var flow = codec.connection().local().flowController();
      flow.incrementWindowSize(
          codec.connection().connectionStream(),
          CONNECTION_WINDOW_BYTES - flow.windowSize(codec.connection().connectionStream()));
    } catch (Http2Exception e) {
      throw new IllegalStateException("a window of " + CONNECTION_WINDOW_BYTES, e);
    }
    return connection;
  }

  /** Puts late writes below what holds flushes back; returns what is to be written at a time. */
  private static LongSupplier lateWrites(ChannelPipeline pipeline) {
    LateWrites late = new LateWrites();
    pipeline.addBefore(
        pipeline.context(FlushConsolidationHandler.class).name(), LateWrites.class.getName(), late);
    return late::roomBytes;
  }

  private Http2FrameCodec codec(HttpsConfig config) {
    Http2Settings settings =
        Http2Settings.defaultSettings()
            .maxConcurrentStreams(config.maxConcurrentStreams())
            .initialWindowSize(STREAM_WINDOW_BYTES)
            .maxHeaderListSize(Http3Service.MAX_FIELD_SECTION_BYTES);
    return priorities
        .codec(settings)
        .decoderEnforceMaxRstFramesPerWindow(MAX_RESETS, FLOOD_WINDOW_SECONDS)
        .encoderEnforceMaxRstFramesPerWindow(MAX_RESETS, FLOOD_WINDOW_SECONDS)
        .decoderEnforceMaxConsecutiveEmptyDataFrames(MAX_EMPTY_DATA_FRAMES)
        .encoderEnforceMaxQueuedControlFrames(MAX_QUEUED_CONTROL_FRAMES)
        .decoupleCloseAndGoAway(true)
        .build();
  }

  private ChannelHandler streamInitializer(RequestHandler handler, String alternatives) {
    return new ChannelInitializer<Http2StreamChannel>() {
      @Override
      protected void initChannel(Http2StreamChannel stream) {
        stream.config().setWriteBufferWaterMark(STREAM_QUEUE);
        onStreamOpened(stream);
        stream
            .pipeline()
            .addLast(new Http2ServerStreamHandler(handler, stream, priorities, alternatives));
      }

      @Override
      public boolean isSharable() {
        return true;
      }
    };
  }

  @Override
  public Channel channel() {
    return channel;
  }

  /** RFC 9113 §6.8: announces the end, then names the last stream that is still answered. */
  @Override
  public void drain() {
    if (draining) {
      return;
    }
    draining = true;
    goAway(Http2Error.NO_ERROR, Integer.MAX_VALUE, "");
    channel.eventLoop().schedule(this::lastGoAway, GRACE_NANOS, TimeUnit.NANOSECONDS);
  }

  @Override
  public void closeNow() {
    goAway(Http2Error.NO_ERROR, 0, "shutting down");
    channel.close();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof Http2PingFrame ping && !ping.ack()) {
      onAnsweredFrame();
    } else if (message instanceof Http2SettingsFrame) {
      onAnsweredFrame();
    }
    ReferenceCountUtil.release(message);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof IdleStateEvent) {
      fail(Http2Error.NO_ERROR, "nothing moves");
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    idle.cancel();
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("{}", channel, cause); // the codec has acted on it, or TLS is gone
    if (!(cause instanceof Http2Exception)) {
      channel.close();
    }
  }

  private void onStreamOpened(Http2StreamChannel stream) {
    openStreams++;
    idle.stop();
    stream
        .closeFuture()
        .addListener(
            closed -> {
              openStreams--;
              if (openStreams == 0) {
                idle.restart();
                closeIfDrained();
              }
            });
  }

  private void onAnsweredFrame() {
    long now = System.nanoTime();
    if (now - floodWindowBeganNanos > TimeUnit.SECONDS.toNanos(FLOOD_WINDOW_SECONDS)) {
      floodWindowBeganNanos = now;
      answeredFrames = 0;
    }
    answeredFrames++;
    if (answeredFrames > MAX_ANSWERED_FRAMES) {
      // RFC 9113 §10.5: each costs us an answer, whatever it costs the client.
      fail(Http2Error.ENHANCE_YOUR_CALM, "too many PING and SETTINGS frames");
    }
  }

  private void lastGoAway() {
    goAway(Http2Error.NO_ERROR, 0, "");
    announced = true;
    closeIfDrained();
  }

  private void closeIfDrained() {
    if (announced && openStreams == 0) {
      linger();
    }
  }

  private void closeGracefully() {
    goAway(Http2Error.NO_ERROR, 0, "");
    linger();
  }

  private void linger() {
    if (!closing) {
      closing = true;
      LingeringClose.close(channel);
    }
  }

  private void fail(Http2Error error, String reason) {
    if (!closing) {
      closing = true;
      goAway(error, 0, reason);
      channel.close();
    }
  }

  private void goAway(Http2Error error, int extraStreams, String reason) {
    if (channel.isActive()) {
      channel.writeAndFlush(
          new DefaultHttp2GoAwayFrame(error, ByteBufUtil.writeAscii(channel.alloc(), reason))
              .setExtraStreamIds(extraStreams));
    }
  }
}
