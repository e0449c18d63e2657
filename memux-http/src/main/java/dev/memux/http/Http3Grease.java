package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http3.DefaultHttp3SettingsFrame;
import io.netty.handler.codec.http3.DefaultHttp3UnknownFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3Settings;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What means nothing in HTTP/3, and never will: a setting, a frame and a stream of reserved types
 * (RFC 9114 §6.2.3, §7.2.4.1, §7.2.8), sent once for each connection, so that peers keep the habit
 * of ignoring what they do not know.
 */
final class Http3Grease {
  /** RFC 9114 §7.2.4.1: types of the form 0x1f * N + 0x21. */
  private static final long STEP = 0x1f;

  private static final long FIRST = 0x21;

  /** Types then have four bytes at most. */
  private static final int MAX_N = (1 << 24);

  private static final int MAX_PAYLOAD_BYTES = 8;

  /** The prefix of variable-length integers of four bytes (RFC 9000 §16). */
  private static final int FOUR_BYTES = 0x8000_0000;

  private Http3Grease() {}

  /** Whether a type of a setting, a frame or a stream is reserved. */
  static boolean isReserved(long type) {
    return type >= FIRST && (type - FIRST) % STEP == 0;
  }

  private static long reserved() {
    return FIRST + STEP * ThreadLocalRandom.current().nextInt(MAX_N);
  }

  /** The settings, and a reserved one among them. */
  static DefaultHttp3SettingsFrame with(Http3Settings settings) {
    Http3Settings greased = new Http3Settings((id, value) -> isReserved(id)).putAll(settings);
    greased.put(reserved(), (long) ThreadLocalRandom.current().nextInt(MAX_N));
    return new DefaultHttp3SettingsFrame(greased);
  }

  /** Sends a frame on our control stream, and a stream. On the channel's event loop. */
  static void send(QuicChannel channel) {
    @Nullable QuicStreamChannel control = Http3.getLocalControlStream(channel);
    if (control != null) {
      control.writeAndFlush(new DefaultHttp3UnknownFrame(reserved(), payload()));
    }
    // Where the peer allows no more streams there is none, which nobody misses.
    channel.createStream(
        QuicStreamType.UNIDIRECTIONAL,
        new ChannelInboundHandlerAdapter() {
          @Override
          public void channelActive(ChannelHandlerContext ctx) {
            ByteBuf type = ctx.alloc().buffer(Integer.BYTES);
            ctx.writeAndFlush(type.writeInt((int) reserved() | FOUR_BYTES))
                .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
          }
        });
  }

  private static ByteBuf payload() {
    byte[] bytes = new byte[ThreadLocalRandom.current().nextInt(MAX_PAYLOAD_BYTES + 1)];
    ThreadLocalRandom.current().nextBytes(bytes);
    return Unpooled.wrappedBuffer(bytes);
  }
}
