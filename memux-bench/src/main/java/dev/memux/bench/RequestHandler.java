package dev.memux.bench;

import dev.memux.cli.PerfProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.quic.DefaultQuicStreamFrame;
import java.io.IOException;

/**
 * Answers requests, and writes while the channel is writable. A stream of QUIC has one request, and
 * ends with the response; over TCP they follow each other.
 */
final class RequestHandler extends ChannelInboundHandlerAdapter {
  private static final ByteBuf PATTERN =
      Unpooled.unreleasableBuffer(Unpooled.directBuffer().writeBytes(PerfProtocol.pattern()));

  private final boolean endsStream;
  private final ByteBuf request = Unpooled.buffer(Exchange.REQUEST_BYTES, Exchange.REQUEST_BYTES);
  private long at;
  private long end;

  RequestHandler(boolean endsStream) {
    this.endsStream = endsStream;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
    ByteBuf bytes = (ByteBuf) message;
    try {
      request.writeBytes(bytes, Math.min(bytes.readableBytes(), request.writableBytes()));
    } finally {
      bytes.release();
    }
    if (!request.isWritable()) {
      at = 0;
      end = Exchange.responseBytes(request.nioBuffer());
      request.clear();
      write(ctx);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    write(ctx);
  }

  private void write(ChannelHandlerContext ctx) {
    while (at < end && ctx.channel().isWritable()) {
      int n = (int) Math.min(PerfProtocol.PIECE_BYTES, end - at);
      ByteBuf piece = PATTERN.slice(PerfProtocol.patternIndex(at), n);
      at += n;
      ctx.write(endsStream && at == end ? new DefaultQuicStreamFrame(piece, true) : piece);
    }
    ctx.flush();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close(); // the client notices, and ends the run
  }
}
