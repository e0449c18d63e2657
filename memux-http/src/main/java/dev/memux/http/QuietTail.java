package dev.memux.http;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a connection's pipeline. What comes so far has been acted on by the codec, which closes the
 * connection; a peer that provokes it must not fill the log.
 */
@ChannelHandler.Sharable
final class QuietTail extends ChannelInboundHandlerAdapter {
  static final QuietTail INSTANCE = new QuietTail();

  private static final Logger LOG = LoggerFactory.getLogger(QuietTail.class);

  private QuietTail() {}

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("{}", ctx.channel(), cause);
  }
}
