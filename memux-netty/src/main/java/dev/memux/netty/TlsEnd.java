package dev.memux.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.io.EOFException;

/**
 * Stands above TLS, and tells of the peer's end what TLS says of it: in order only by close_notify
 * (RFC 8446 §6.1), as anyone on the path can end TCP.
 */
final class TlsEnd extends ChannelInboundHandlerAdapter {
  private boolean ended;

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslCloseCompletionEvent close && close.isSuccess()) {
      ended = true;
      ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    } else if (event == ChannelInputShutdownEvent.INSTANCE) {
      if (!ended) {
        ctx.fireExceptionCaught(new EOFException("TCP was ended without TLS's close_notify"));
      }
    } else if (event != ChannelInputShutdownReadComplete.INSTANCE) {
      ctx.fireUserEventTriggered(event);
    }
  }
}
