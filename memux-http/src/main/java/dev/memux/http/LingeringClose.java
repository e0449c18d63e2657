package dev.memux.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.util.concurrent.TimeUnit;

/** The ends of a TCP connection. */
final class LingeringClose {
  /** How long the client gets to close its end; what it sends meanwhile is dropped. */
  private static final long LINGER_MILLIS = 1_000;

  private LingeringClose() {}

  /**
   * Ends a connection after what was written. Our end is closed first and the client's awaited: to
   * close both while the client sends would make its kernel forget what it has not read yet (RFC
   * 9112 §9.6).
   */
  static void close(Channel channel) {
    channel.config().setAutoRead(true);
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            (ChannelFutureListener)
                written -> {
                  SslHandler tls = channel.pipeline().get(SslHandler.class);
                  if (!written.isSuccess() || tls == null) {
                    channel.close();
                    return;
                  }
                  tls.closeOutbound()
                      .addListener(notified -> ((DuplexChannel) channel).shutdownOutput());
                });
    var timer =
        channel.eventLoop().schedule(() -> channel.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
    channel.closeFuture().addListener(closed -> timer.cancel(false));
  }

  /**
   * Ends a connection in a way that nobody takes for the end of a message: without TLS's
   * close_notify and with a TCP reset (RFC 9112 §9.8: an incomplete close).
   */
  static void reset(Channel channel) {
    if (channel.isOpen()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
      channel.pipeline().firstContext().close(); // past the TLS handler
    }
  }
}
