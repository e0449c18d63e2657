package dev.memux.http;

import dev.memux.engine.schedule.Priority;
import dev.memux.netty.MuxQuicStreamChannel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.quic.QuicChannel;

/**
 * Puts our control stream above all requests: what it says (settings, GOAWAY) concerns them all,
 * and it is short. Then it has its say, too, of what means nothing ({@link Http3Grease}). Stands
 * behind the codec's connection handler, which opens that stream.
 */
final class CriticalStreams extends ChannelInboundHandlerAdapter {
  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    ctx.fireChannelActive();
    // One turn later: the codec learns of its own stream when that is registered.
    ctx.executor()
        .execute(
            () -> {
              if (Http3.getLocalControlStream(ctx.channel()) instanceof MuxQuicStreamChannel own) {
                own.prioritize(Priority.CRITICAL);
              }
              if (ctx.channel() instanceof QuicChannel channel) {
                Http3Grease.send(channel);
              }
            });
  }
}
