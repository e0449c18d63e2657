package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Looks at the first byte of a connection: who speaks HTTP without TLS is told so in its own
 * language; everything else is left to TLS. Stands before the TLS handler and goes when it knows.
 */
final class PlainTextRefusal extends ByteToMessageDecoder {
  // RFC 8446 §5.1: the type of the record that a ClientHello comes in.
  private static final int TLS_HANDSHAKE = 22;
  private static final String TEXT = "This port speaks TLS: use https://\n";
  private static final String ANSWER =
      "HTTP/1.1 400 Bad Request\r\n"
          + "content-type: text/plain\r\n"
          + "connection: close\r\n"
          + "content-length: "
          + TEXT.length()
          + "\r\n\r\n"
          + TEXT;

  private boolean answered;

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (answered) {
      in.skipBytes(in.readableBytes());
      return;
    }
    int first = in.getUnsignedByte(in.readerIndex());
    if (first == TLS_HANDSHAKE || !isMethodCharacter(first)) {
      ctx.pipeline().remove(this); // and what was read goes on to TLS
      return;
    }
    answered = true;
    in.skipBytes(in.readableBytes());
    // From here towards the network, past the TLS handler.
    ctx.writeAndFlush(Unpooled.copiedBuffer(ANSWER, StandardCharsets.US_ASCII))
        .addListener(written -> ctx.close());
  }

  private static boolean isMethodCharacter(int c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }
}
