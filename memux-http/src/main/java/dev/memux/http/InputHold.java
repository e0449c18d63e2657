package dev.memux.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps what a new connection tells until its handlers are there, and passes it on when it is
 * removed. A connection that does not read yet tells little: that the peer has closed it, and what
 * one read has brought before that.
 */
final class InputHold extends ChannelInboundHandlerAdapter {
  private final List<Runnable> held = new ArrayList<>();

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    held.add(() -> ctx.fireChannelRead(message));
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    held.add(ctx::fireChannelReadComplete);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    held.add(() -> ctx.fireUserEventTriggered(event));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    held.add(() -> ctx.fireExceptionCaught(cause));
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    held.add(ctx::fireChannelInactive);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    held.forEach(Runnable::run);
  }
}
