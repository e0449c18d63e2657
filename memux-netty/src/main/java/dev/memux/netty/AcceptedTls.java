package dev.memux.netty;

import dev.memux.tls.TlsServerConfig;
import dev.memux.tls.TlsSession;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** TLS on accepted connections, and what comes after its handshake. */
final class AcceptedTls {
  private static final Logger log = LoggerFactory.getLogger(AcceptedTls.class);

  private final long handshakeTimeoutNanos;
  private final Function<TlsServerConfig, List<String>> protocols;
  private volatile TcpTls tls;

  /**
   * @param protocols what is offered by ALPN
   * @throws IllegalArgumentException if TLS over TCP cannot work with its settings
   */
  AcceptedTls(
      TlsServerConfig config,
      Function<TlsServerConfig, List<String>> protocols,
      long handshakeTimeoutNanos) {
    this.protocols = protocols;
    this.handshakeTimeoutNanos = handshakeTimeoutNanos;
    this.tls = TcpTls.server(config, protocols.apply(config));
  }

  /** See {@link AcceptedLayers#reload}. */
  void reload(TlsServerConfig config) {
    tls = TcpTls.server(config, protocols.apply(config));
  }

  /**
   * Adds TLS to the pipeline.
   *
   * @param agreesOnProtocol whether clients must agree on a protocol by ALPN
   * @param onReady adds to the end of the pipeline when TLS is complete
   */
  void prepare(Channel channel, boolean agreesOnProtocol, Consumer<TlsSession> onReady) {
    SslHandler handler = tls.newHandler(channel.alloc());
    handler.setHandshakeTimeout(handshakeTimeoutNanos, TimeUnit.NANOSECONDS);
    channel
        .pipeline()
        .addLast(
            handler,
            new TlsGate(
                agreesOnProtocol,
                ready -> {
                  channel.pipeline().addLast(new TlsEnd());
                  onReady.accept(TcpTls.session(ready, null));
                },
                reason -> log.debug("{}: handshake failed: {}", channel, reason)));
  }
}
