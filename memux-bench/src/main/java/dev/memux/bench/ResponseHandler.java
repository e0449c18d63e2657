package dev.memux.bench;

import dev.memux.cli.PerfProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.util.concurrent.FastThreadLocal;
import java.io.EOFException;
import java.io.IOException;

/** Takes one response on a stream of its own, and compares it with what it has to be. */
final class ResponseHandler extends ChannelInboundHandlerAdapter {
  private static final FastThreadLocal<byte[]> PIECE =
      new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
          return new byte[PerfProtocol.PIECE_BYTES];
        }
      };

  private final long bytes;
  private final NettyClient.Callback callback;
  private long at;
  private boolean over;

  ResponseHandler(long bytes, NettyClient.Callback callback) {
    this.bytes = bytes;
    this.callback = callback;
  }

  /** Takes what is there, which stands after {@code at} bytes; says how much it was. */
  static int take(ByteBuf buffer, long at) throws IOException {
    byte[] piece = PIECE.get();
    int taken = 0;
    while (buffer.isReadable()) {
      int n = Math.min(buffer.readableBytes(), piece.length);
      buffer.readBytes(piece, 0, n);
      Exchange.check(piece, n, at + taken);
      taken += n;
    }
    return taken;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
    ByteBuf buffer = (ByteBuf) message;
    try {
      at += take(buffer, at);
    } finally {
      buffer.release();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownReadComplete.INSTANCE) {
      end();
    }
  }

  private void end() {
    if (over) {
      return;
    }
    over = true;
    if (at == bytes) {
      callback.onDone();
    } else {
      callback.onFailed(new EOFException("the response ended after " + at + " bytes"));
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    over = true;
    callback.onFailed(cause);
    ctx.close();
  }
}
