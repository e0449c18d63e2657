package dev.memux.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns the frames of one HTTP/2 stream into an exchange (RFC 9113 §8.1). */
final class Http2ServerStreamHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Http2ServerStreamHandler.class);

  private final RequestHandler handler;
  private final Http2StreamChannel channel;
  private final Http2Priorities priorities;
  private final Http2RequestStream stream;
  private final InboundBody inbound;
  private final OutboundBody outbound;
  private @Nullable ServerExchange exchange;
  private boolean refused;

  Http2ServerStreamHandler(
      RequestHandler handler,
      Http2StreamChannel channel,
      Http2Priorities priorities,
      String alternatives) {
    this.handler = handler;
    this.channel = channel;
    this.priorities = priorities;
    stream = new Http2RequestStream(channel, priorities, alternatives);
    inbound = new InboundBody(stream);
    // A request is of no use to a client that does not want the answer.
    outbound =
        new OutboundBody(
            stream, inbound::ignoreRest, () -> inbound.discard(HttpErrorCode.REQUEST_CANCELLED));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof Http2HeadersFrame headers) {
      if (exchange != null) {
        onTrailers(exchange, headers);
      } else if (!refused) {
        onHead(headers);
      }
    } else if (message instanceof Http2DataFrame data) {
      inbound.onData(data.content());
      if (data.isEndStream()) {
        inbound.onEnd();
      }
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof Http2ResetFrame reset) {
      inbound.onFailure(
          new HttpException.StreamReset(
              "the client reset the stream (code 0x" + Long.toHexString(reset.errorCode()) + ")",
              -1));
      outbound.refuse();
      channel.close(); // whatever is still queued of it
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
    inbound.onClosed("the request stream was closed");
    outbound.refuse();
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("{}", channel, cause);
    // RFC 9113 §5.4.2: a broken rule; the multiplexer resets the stream after this.
    inbound.onFailure(new HttpException.Malformed("the stream failed: " + cause, cause));
  }

  private void onHead(Http2HeadersFrame frame) {
    RequestHead head = MessageHeads.request(frame.headers());
    if (head == null) {
      refused = true;
      inbound.discard(HttpErrorCode.MESSAGE_ERROR);
      outbound.abort(HttpErrorCode.MESSAGE_ERROR); // RFC 9113 §8.1.1
      return;
    }
    ServerExchange opened = new ServerExchange(stream, head, inbound, outbound);
    exchange = opened;
    int streamId = channel.stream().id();
    priorities.onOpened(streamId, opened);
    channel.closeFuture().addListener(closed -> priorities.onClosed(streamId));
    if (frame.isEndStream()) {
      inbound.onEnd();
    }
    opened.answerBy(handler);
  }

  private void onTrailers(ServerExchange open, Http2HeadersFrame frame) {
    HttpFields trailers = MessageHeads.trailers(frame.headers());
    // RFC 9113 §8.5: in a tunnel there are only DATA frames.
    if (trailers == null || !frame.isEndStream() || open.isTunnel()) {
      inbound.onFailure(new HttpException.Malformed("unreadable trailers", null));
      outbound.abort(HttpErrorCode.MESSAGE_ERROR); // RFC 9113 §8.1, §8.1.1
    } else {
      inbound.onTrailers(trailers);
      inbound.onEnd();
    }
  }
}
