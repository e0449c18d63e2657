package dev.memux.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3UnknownFrame;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns the frames of one request stream into an exchange (RFC 9114 §4.1). */
final class ServerStreamHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(ServerStreamHandler.class);

  static final int TOO_EARLY = 425;

  private final ServerConnection connection;
  private final RequestHandler handler;
  private final QuicStreamChannel channel;
  private final InboundBody inbound;
  private final OutboundBody outbound;
  private @Nullable ServerExchange exchange;
  private boolean refused;

  ServerStreamHandler(
      ServerConnection connection, RequestHandler handler, QuicStreamChannel channel) {
    this.connection = connection;
    this.handler = handler;
    this.channel = channel;
    inbound = new InboundBody(channel);
    // A request is of no use to a client that does not want the answer.
    outbound =
        new OutboundBody(
            channel,
            inbound::ignoreRest,
            () -> inbound.discard(Http3ErrorCode.H3_REQUEST_CANCELLED));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof Http3HeadersFrame head) {
      // A second HEADERS frame is the trailer section, for which there is no use here.
      if (exchange == null && !refused) {
        onHead(head);
      }
    } else if (message instanceof Http3DataFrame data) {
      inbound.onData(data.content());
    } else {
      if (message instanceof Http3UnknownFrame unknown) {
        checkUnknown(unknown);
      }
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    // Not ChannelInputShutdownEvent: between the two the codec compares the content length, and
    // keeps the second one to itself if it does not match.
    if (event == ChannelInputShutdownReadComplete.INSTANCE) {
      inbound.onEnd();
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    outbound.onWritabilityChanged();
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    inbound.onFailure(new HttpException.StreamReset("the request stream was closed", -1));
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("stream {} of {}", channel.streamId(), channel.parent(), cause);
    inbound.onFailure(StreamFailures.of(cause));
  }

  private void onHead(Http3HeadersFrame frame) {
    long streamId = channel.streamId();
    if (!connection.admits(streamId)) {
      // RFC 9114 §5.2, §8.1: beyond our GOAWAY nothing was processed, so a retry is safe.
      refuse(Http3ErrorCode.H3_REQUEST_REJECTED);
      return;
    }
    RequestHead head = MessageHeads.request(frame.headers());
    if (head == null) {
      refuse(Http3ErrorCode.H3_MESSAGE_ERROR); // RFC 9114 §4.1.2
      return;
    }
    ServerExchange opened = new ServerExchange(channel, head, inbound, outbound);
    exchange = opened;
    connection.onOpened(opened);
    channel.closeFuture().addListener(ignored -> connection.onClosed(opened));
    if (opened.isEarly() && !head.isReplaySafe()) {
      // RFC 8470 §5.2: the client asks again when the handshake has shown that it is no replay.
      opened.respond(ResponseHead.of(TOO_EARLY), channel.alloc().buffer(0));
      inbound.discard(Http3ErrorCode.H3_NO_ERROR); // RFC 9114 §4.1
      return;
    }
    run(opened);
  }

  private void run(ServerExchange opened) {
    try {
      handler.handle(opened);
    } catch (Exception e) {
      LOG.warn("answering {} {} failed", opened.request().method(), opened.request().path(), e);
      if (opened.isResponded()) {
        opened.reset(Http3ErrorCode.H3_INTERNAL_ERROR);
      } else {
        opened.respond(ResponseHead.of(500), channel.alloc().buffer(0));
      }
    }
  }

  private void refuse(Http3ErrorCode code) {
    refused = true;
    inbound.discard(code);
    outbound.abort(code);
  }

  // RFC 9218 §7.2: only the control stream may carry it.
  private void checkUnknown(Http3UnknownFrame frame) {
    if (ControlFrameHandler.isPriorityUpdate(frame.type())) {
      connection.fail(
          Http3ErrorCode.H3_FRAME_UNEXPECTED, "PRIORITY_UPDATE outside the control stream");
    }
  }
}
