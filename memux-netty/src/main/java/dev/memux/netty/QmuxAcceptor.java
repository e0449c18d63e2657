package dev.memux.netty;

import dev.memux.engine.quic.QuicConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.ssl.SslHandler;

/**
 * Makes {@link QuicChannel}s of TCP connections that a server of several protocols has accepted,
 * and in whose TLS handshake QMux was agreed on ({@link QmuxAlpn}). Any thread.
 */
public final class QmuxAcceptor {
  private final QmuxDrivers drivers;

  /** Limits and timeouts of the connections; what their streams may hold. */
  public QmuxAcceptor(QuicConfig config, ProcessMemory memory) {
    drivers = new QmuxDrivers(QmuxDrivers.configLike(config), memory);
  }

  /**
   * Has QMux run on {@code channel}, whose pipeline ends with nothing but its {@link SslHandler}
   * that still reads. On its event loop, when the handshake is complete. While memory is scarce the
   * channel is closed instead.
   *
   * @param handler of the connection that comes of it
   */
  public void accept(Channel channel, ChannelHandler handler) {
    if (!drivers.memory().hasRoomForConnection()) {
      channel.close();
      return;
    }
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    ChannelSetup setup = new ChannelSetup();
    setup.handler(handler);
    ServerAcceptor acceptor = new ServerAcceptor(setup, new ChannelSetup());
    channel
        .pipeline()
        .addLast(
            new TlsEnd(),
            drivers.server(
                new TlsOverTcp(IoTransport.of(channel)),
                TcpTls.session(tls, null),
                acceptor::accept));
  }
}
