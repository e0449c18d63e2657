package dev.memux.http;

import dev.memux.engine.schedule.Priority;
import dev.memux.engine.schedule.SchedulerConfig;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.quic.QuicStreamPriority;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The priorities of one client's HTTP/2 connection (RFC 9218): what the client says about requests,
 * in PRIORITY_UPDATE frames that the codec does not know, and the order of DATA frames that follows
 * from it.
 */
final class Http2Priorities {
  /** RFC 9218 §7.1. */
  private static final byte PRIORITY_UPDATE = 0x10;

  // RFC 9218 §2.1: no use is made of the dependencies of RFC 7540.
  private static final char SETTINGS_NO_RFC7540_PRIORITIES = 0x9;

  private final Channel channel;
  private final Http2Connection connection = new DefaultHttp2Connection(true);
  private final ScheduledByteDistributor distributor;
  private final Map<Integer, ServerExchange> open = new HashMap<>();
  private final PriorityUpdates updates = new PriorityUpdates();

  /**
   * @param room how many bytes of DATA should be written now
   */
  Http2Priorities(Channel channel, LongSupplier room) {
    this.channel = channel;
    distributor = new ScheduledByteDistributor(connection, SchedulerConfig.DEFAULT, room);
    connection
        .remote()
        .flowController(new DefaultHttp2RemoteFlowController(connection, distributor));
  }

  /** Makes a codec that takes part. To be called once. */
  CodecBuilder codec(Http2Settings settings) {
    settings.put(SETTINGS_NO_RFC7540_PRIORITIES, Long.valueOf(1));
    return new CodecBuilder(settings);
  }

  /** A request has arrived. */
  void onOpened(int streamId, ServerExchange exchange) {
    open.put(streamId, exchange);
    // RFC 9113 §5.1.1: no stream with a lower number can be opened any more.
    QuicStreamPriority update = updates.take(streamId);
    updates.forgetBelow(streamId);
    // RFC 9218 §7: an update, even one that came first, overrides the field.
    exchange.takePriority(update);
  }

  void onClosed(int streamId) {
    open.remove(streamId);
  }

  /** Changes the order in which streams send. */
  void prioritize(int streamId, QuicStreamPriority priority) {
    int urgency = Math.min(priority.urgency(), Priority.LOWEST_URGENCY);
    distributor.prioritize(streamId, new Priority(urgency, priority.isIncremental()));
  }

  private void onPriorityUpdate(int frameStreamId, ByteBuf payload) throws Http2Exception {
    if (frameStreamId != 0) {
      // RFC 9218 §7.1: it belongs to the connection; it says itself which stream it is about.
      throw error(Http2Error.PROTOCOL_ERROR, "PRIORITY_UPDATE on stream " + frameStreamId);
    }
    if (payload.readableBytes() < Integer.BYTES) {
      // RFC 9113 §4.2: too small for its first field.
      throw error(Http2Error.FRAME_SIZE_ERROR, "truncated PRIORITY_UPDATE");
    }
    int streamId = payload.readInt() & Integer.MAX_VALUE; // the first bit is reserved
    if (streamId % 2 == 0) {
      // RFC 9218 §7.1: neither the connection nor a push, of which none is ever promised.
      throw error(Http2Error.PROTOCOL_ERROR, "PRIORITY_UPDATE for stream " + streamId);
    }
    QuicStreamPriority priority = PriorityField.parse(payload.toString(StandardCharsets.US_ASCII));
    if (priority == null) {
      // RFC 9218 §7: failure to parse may be a connection error of this type.
      throw error(Http2Error.PROTOCOL_ERROR, "unreadable PRIORITY_UPDATE");
    }
    if (!updates.admit(channel.eventLoop().ticker().nanoTime())) {
      // RFC 9113 §10.5: an update costs the client nothing and the server a decision.
      throw error(Http2Error.ENHANCE_YOUR_CALM, "too many PRIORITY_UPDATE frames");
    }
    apply(streamId, priority);
  }

  private void apply(int streamId, QuicStreamPriority priority) throws Http2Exception {
    ServerExchange exchange = open.get(streamId);
    if (exchange != null) {
      exchange.onPriorityUpdate(priority);
    } else if (connection.stream(streamId) != null) {
      updates.keep(streamId, priority); // its head is on the way through the pipeline
    } else if (!connection.streamMayHaveExisted(streamId)) {
      updates.keep(streamId, priority);
      if (updates.size() + connection.numActiveStreams() > connection.remote().maxActiveStreams()) {
        // RFC 9218 §7.1: what may be said about streams to come is bounded as they are.
        throw error(Http2Error.PROTOCOL_ERROR, "PRIORITY_UPDATE for too many streams to come");
      }
    } // else it has come too late
  }

  private static Http2Exception error(Http2Error code, String reason) {
    return Http2Exception.connectionError(code, reason);
  }

  /** Builds a codec whose flow controller asks our distributor and whose unknown frames we read. */
  final class CodecBuilder extends Http2FrameCodecBuilder {
    private CodecBuilder(Http2Settings settings) {
      connection(connection);
      initialSettings(settings);
      gracefulShutdownTimeoutMillis(0); // the server's own drain decides
    }

    @Override
    protected Http2FrameCodec build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      return super.build(new Decoder(decoder), encoder, settings);
    }
  }

  private final class Decoder extends DecoratingHttp2ConnectionDecoder {
    Decoder(Http2ConnectionDecoder delegate) {
      super(delegate);
    }

    @Override
    public void frameListener(Http2FrameListener listener) {
      super.frameListener(new UnknownFrames(listener));
    }
  }

  private final class UnknownFrames extends Http2FrameListenerDecorator {
    UnknownFrames(Http2FrameListener listener) {
      super(listener);
    }

    @Override
    public void onUnknownFrame(
        ChannelHandlerContext ctx, byte type, int streamId, Http2Flags flags, ByteBuf payload)
        throws Http2Exception {
      if (type == PRIORITY_UPDATE) {
        onPriorityUpdate(streamId, payload);
      } else {
        listener.onUnknownFrame(ctx, type, streamId, flags, payload);
      }
    }
  }
}
