package dev.memux.http;

import dev.memux.engine.wire.QuicVersion;
import dev.memux.netty.MuxQuicChannel;
import dev.memux.tls.EarlyData;
import dev.memux.tls.TlsSession;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** Tells of a connection once its TLS handshake has succeeded. */
final class HandshakeObserver extends ChannelInboundHandlerAdapter {
  private final Consumer<ConnectionSummary> listener;

  HandshakeObserver(Consumer<ConnectionSummary> listener) {
    this.listener = listener;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
      ConnectionSummary summary = summary(ctx.channel());
      if (summary != null) {
        listener.accept(summary);
      }
    }
    ctx.fireUserEventTriggered(event);
  }

  private static @Nullable ConnectionSummary summary(Channel channel) {
    if (channel instanceof MuxQuicChannel quic) {
      TlsSession session = quic.tlsSession();
      QuicVersion version = quic.quicVersion();
      return session == null
          ? null
          : new ConnectionSummary(
              quic.remoteSocketAddress(),
              session.applicationProtocol(),
              version == null ? null : version.toString(),
              "TLSv1.3",
              session.suite().name(),
              session.group() == null ? null : session.group().name(),
              session.resumed(),
              session.earlyData() == EarlyData.ACCEPTED);
    }
    SslHandler handler = channel.pipeline().get(SslHandler.class);
    if (handler == null) {
      return null;
    }
    SSLEngine engine = handler.engine();
    return new ConnectionSummary(
        channel.remoteAddress(),
        handler.applicationProtocol(),
        null,
        engine.getSession().getProtocol(),
        engine.getSession().getCipherSuite(),
        null,
        null,
        null);
  }
}
