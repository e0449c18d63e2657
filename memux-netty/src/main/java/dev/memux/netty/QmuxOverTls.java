package dev.memux.netty;

import dev.memux.tls.TlsServerConfig;
import io.netty.channel.Channel;
import java.util.function.Function;

/** QMux over TLS, on a server. */
final class QmuxOverTls implements AcceptedLayers {
  private final QmuxDrivers drivers;
  private final LayerBelow below;
  private final Function<Carrier, ConnectionListener> listener;
  private final AcceptedTls tls;

  /**
   * @throws IllegalArgumentException if TLS over TCP cannot work with its settings
   */
  QmuxOverTls(
      QmuxDrivers drivers,
      LayerBelow below,
      TlsServerConfig config,
      Function<Carrier, ConnectionListener> listener) {
    this.drivers = drivers;
    this.below = below;
    this.listener = listener;
    this.tls =
        new AcceptedTls(
            config,
            each -> QmuxAlpn.of(each.applicationProtocols()),
            drivers.config().handshakeTimeoutNanos());
  }

  @Override
  public void prepare(Channel channel, Runnable onReady) {
    tls.prepare(
        channel,
        true,
        session -> {
          onReady.run();
          channel.pipeline().addLast(drivers.server(below, session, listener));
        });
  }

  @Override
  public void reload(TlsServerConfig config) {
    tls.reload(config);
  }
}
