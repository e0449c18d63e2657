package dev.memux.http;

import dev.memux.netty.StreamStoppedEvent;
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
final class Http3ServerStreamHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Http3ServerStreamHandler.class);

  private final Http3ServerConnection connection;
  private final RequestHandler handler;
  private final QuicStreamChannel channel;
  private final Http3RequestStream stream;
  private final InboundBody inbound;
  private final OutboundBody outbound;
  private @Nullable ServerExchange exchange;
  private boolean refused;

  Http3ServerStreamHandler(
      Http3ServerConnection connection, RequestHandler handler, QuicStreamChannel channel) {
    this.connection = connection;
    this.handler = handler;
    this.channel = channel;
    stream = new Http3RequestStream(channel);
    inbound = new InboundBody(stream);
    // A request is of no use to a client that does not want the answer.
    outbound =
        new OutboundBody(
            stream, inbound::ignoreRest, () -> inbound.discard(HttpErrorCode.REQUEST_CANCELLED));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof Http3HeadersFrame head) {
      if (exchange != null) {
        onTrailers(exchange, head);
      } else if (!refused) {
        onHead(head);
      }
    } else if (message instanceof Http3DataFrame data) {
      inbound.onData(data.content());
    } else {
      if (message instanceof Http3UnknownFrame unknown) {
        PriorityUpdateFrame.refuse(unknown, channel.parent());
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
    } else if (event instanceof StreamStoppedEvent) {
      // Not only when the next write fails: an idle tunnel has none (RFC 9114 §4.4).
      outbound.refuse();
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
      refuse(HttpErrorCode.REQUEST_REJECTED);
      return;
    }
    RequestHead head = MessageHeads.request(frame.headers());
    if (head == null) {
      refuse(HttpErrorCode.MESSAGE_ERROR); // RFC 9114 §4.1.2
      return;
    }
    ServerExchange opened = new ServerExchange(stream, head, inbound, outbound);
    exchange = opened;
    connection.onOpened(streamId, opened);
    channel.closeFuture().addListener(ignored -> connection.onClosed(streamId, opened));
    opened.answerBy(handler);
  }

  private void onTrailers(ServerExchange open, Http3HeadersFrame frame) {
    if (open.isTunnel()) {
      // RFC 9114 §4.4: only DATA frames; whatever else is no part of the tunnelled bytes.
      connection.fail(Http3ErrorCode.H3_FRAME_UNEXPECTED, "HEADERS in a tunnel");
      return;
    }
    HttpFields trailers = MessageHeads.trailers(frame.headers());
    if (trailers == null) {
      inbound.onFailure(new HttpException.Malformed("unreadable trailers", null));
      outbound.abort(HttpErrorCode.MESSAGE_ERROR); // RFC 9114 §4.1.2
    } else {
      inbound.onTrailers(trailers);
    }
  }

  private void refuse(HttpErrorCode code) {
    refused = true;
    inbound.discard(code);
    outbound.abort(code);
  }
}
