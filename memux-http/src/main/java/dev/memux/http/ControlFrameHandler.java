package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3UnknownFrame;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.util.ReferenceCountUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the frames of a client's control stream that the codec does not know. */
final class ControlFrameHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(ControlFrameHandler.class);

  private final Http3ServerConnection connection;

  ControlFrameHandler(Http3ServerConnection connection) {
    this.connection = connection;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      if (message instanceof Http3UnknownFrame frame) {
        if (frame.type() == PriorityUpdateFrame.REQUEST) {
          onPriorityUpdate(frame.content());
        } else if (frame.type() == PriorityUpdateFrame.PUSH) {
          // RFC 9218 §7.2: a push that was never promised; memux promises none.
          connection.fail(Http3ErrorCode.H3_ID_ERROR, "PRIORITY_UPDATE for a push never promised");
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("control stream of {}", ctx.channel().parent(), cause); // the codec has acted on it
  }

  private void onPriorityUpdate(ByteBuf payload) {
    PriorityUpdateFrame frame = PriorityUpdateFrame.read(payload);
    if (frame == null) {
      // RFC 9114 §7.1: a payload that ends before its fields do.
      connection.fail(Http3ErrorCode.H3_FRAME_ERROR, "truncated PRIORITY_UPDATE");
      return;
    }
    if (frame.elementId() % 4 != 0) {
      // RFC 9218 §7.2: the ID must be a request stream's, that is bidirectional and the client's.
      connection.fail(
          Http3ErrorCode.H3_ID_ERROR, "PRIORITY_UPDATE for stream " + frame.elementId());
      return;
    }
    QuicStreamPriority priority = PriorityField.parse(frame.value());
    if (priority == null) {
      // RFC 9218 §7: failure to parse may be a connection error of this type.
      connection.fail(Http3ErrorCode.H3_GENERAL_PROTOCOL_ERROR, "unreadable PRIORITY_UPDATE");
      return;
    }
    connection.onPriorityUpdate(frame.elementId(), priority);
  }
}
