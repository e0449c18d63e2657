package dev.memux.http;

import dev.memux.netty.StreamStoppedEvent;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3UnknownFrame;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.ReferenceCountUtil;

/** Turns the frames of one response into calls of its listener (RFC 9114 §4.1). */
final class ClientStreamHandler extends ChannelInboundHandlerAdapter {
  private final ClientExchange exchange;
  private final QuicStreamChannel channel;
  private final Http3RequestStream stream;
  private final InboundBody inbound;
  private final OutboundBody outbound;
  private final PriorityUpdateSender priorityUpdates;
  private final Runnable again;
  private boolean headReceived;

  /** RFC 9110 §9.3.6: a CONNECT was answered with 2xx. */
  private boolean tunnel;

  /** Another stream carries the exchange. */
  private boolean superseded;

  /**
   * @param again has the exchange sent once more
   */
  ClientStreamHandler(
      ClientExchange exchange,
      QuicStreamChannel channel,
      PriorityUpdateSender priorityUpdates,
      Runnable again) {
    this.priorityUpdates = priorityUpdates;
    this.again = again;
    this.exchange = exchange;
    this.channel = channel;
    stream = new Http3RequestStream(channel);
    inbound = new InboundBody(stream);
    outbound = new OutboundBody(stream, () -> {}, () -> {});
  }

  /** Sends the request's head and lets the listener send its body. */
  void begin() {
    exchange.onStream(stream);
    outbound.watch(stream.writeHead(exchange.head()));
    exchange.onSent(priority -> priorityUpdates.send(channel.streamId(), priority));
    exchange.listener().onOpen(outbound);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof Http3HeadersFrame frame) {
      onHeaders(frame);
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
    if (event == ChannelInputShutdownReadComplete.INSTANCE) {
      if (headReceived) {
        inbound.onEnd();
      } else {
        fail(new HttpException.Malformed("the server ended the stream without an answer", null));
      }
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
    priorityUpdates.forget(channel.streamId());
    boolean lost = !channel.parent().isActive();
    fail(
        lost
            ? new HttpException.ConnectionLost("the connection was closed in mid-response", null)
            : new HttpException.StreamReset("the server gave up the stream", -1));
    outbound.refuse();
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(StreamFailures.of(cause));
  }

  private void onHeaders(Http3HeadersFrame frame) {
    if (superseded) {
      return; // an answer that does not count
    }
    if (tunnel) {
      // RFC 9114 §4.4: in a tunnel there are only DATA frames.
      channel
          .parent()
          .close(true, Http3ErrorCode.H3_FRAME_UNEXPECTED.code(), Unpooled.EMPTY_BUFFER);
      return;
    }
    if (headReceived) {
      HttpFields trailers = MessageHeads.trailers(frame.headers());
      if (trailers != null) {
        inbound.onTrailers(trailers);
      }
      return;
    }
    ResponseHead head = MessageHeads.response(frame.headers());
    if (head == null) {
      fail(new HttpException.Malformed("unreadable response head", null));
      channel.shutdown(Http3ErrorCode.H3_MESSAGE_ERROR.code());
    } else if (head.status() == ServerExchange.TOO_EARLY && exchange.takeTooEarly()) {
      superseded = true;
      inbound.discard(HttpErrorCode.NO_ERROR);
      again.run();
    } else if (head.status() < 200) {
      // RFC 9110 §15.2: interim responses come before the one that counts.
      exchange.onInterim(head);
    } else {
      headReceived = true;
      tunnel = exchange.head().isConnect() && head.status() < 300;
      exchange.onHead(head, inbound);
    }
  }

  private void fail(HttpException failure) {
    if (headReceived) {
      inbound.onFailure(failure);
    } else if (!superseded) {
      exchange.fail(failure);
    }
  }
}
