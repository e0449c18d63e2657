package dev.memux.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import org.jspecify.annotations.Nullable;

/**
 * Tells who writes to a TCP connection in the order of importance how much it should write now, so
 * that the rest is still to be decided when the path takes more: what goes in some milliseconds,
 * and with that the kernel's buffer stays as good as empty (see {@code SendPace}). Nothing that is
 * written beyond is refused; there are things that cannot wait.
 *
 * <p>Stands above TLS, with no handler between it and TLS that holds flushes back. When there is
 * room again it fires {@code channelWritabilityChanged}. On the event loop.
 */
public final class LateWrites extends ChannelDuplexHandler {
  private @Nullable RecordOutlet outlet;

  /** How many bytes should be written now. */
  public long roomBytes() {
    return outlet == null ? 0 : outlet.roomBytes();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    outlet =
        new RecordOutlet(
            ctx,
            SendPace.of(ctx.channel()),
            ctx.channel().eventLoop().ticker()::nanoTime,
            () -> onRoom(ctx));
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (outlet != null && message instanceof ByteBuf bytes) {
      outlet.write(bytes, promise.unvoid());
    } else {
      ctx.write(message, promise);
    }
  }

  @Override
  public void flush(ChannelHandlerContext ctx) {
    boolean wasFull = roomBytes() == 0;
    if (outlet == null || !outlet.flush()) {
      ctx.flush();
    }
    if (wasFull && roomBytes() > 0) {
      onRoom(ctx); // all is gone already, and nobody else tells
    }
  }

  // Later, not now: who asks for room may be in the middle of writing.
  private static void onRoom(ChannelHandlerContext ctx) {
    ctx.executor().execute(ctx::fireChannelWritabilityChanged);
  }
}
