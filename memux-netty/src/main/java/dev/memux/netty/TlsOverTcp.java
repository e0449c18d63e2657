package dev.memux.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.util.Locale;

/** TLS over TCP as the layer below. */
final class TlsOverTcp implements LayerBelow {
  private final String description;

  TlsOverTcp(IoTransport transport) {
    description = transport.name().toLowerCase(Locale.ROOT) + " tcp";
  }

  @Override
  public void endOutput(ChannelHandlerContext context) {
    endOutput(context.channel());
  }

  /** Ends our side after what was written: TLS's close_notify, then TCP's FIN. */
  static void endOutput(Channel channel) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      channel.close();
    } else {
      tls.closeOutbound().addListener(notified -> ((DuplexChannel) channel).shutdownOutput());
    }
  }

  @Override
  public boolean keepsRecordsApart() {
    return false;
  }

  @Override
  public String description() {
    return description;
  }
}
