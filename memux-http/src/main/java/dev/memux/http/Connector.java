package dev.memux.http;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.CarrierType;
import dev.memux.netty.QuicClientBootstrap;
import dev.memux.tls.TlsClientConfig;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Opens connections: all that the client needs from the transport. */
@FunctionalInterface
public interface Connector {
  /**
   * Connects; done when streams can be opened: that may be before the handshake is complete, if
   * early data is offered. Cancelling closes the connection.
   *
   * @param serverName the name that the certificate must be for
   * @param handler goes into the connection's pipeline before it becomes active
   */
  Future<QuicChannel> connect(InetSocketAddress remote, String serverName, ChannelHandler handler);

  /** Connections over memux's QUIC. */
  static Connector quic(EventLoopGroup group, QuicConfig config, TlsClientConfig tls) {
    return over(CarrierType.QUIC, group, config, tls);
  }

  /**
   * One for each carrier, which a client may race; see {@link #over(CarrierType, EventLoopGroup,
   * QuicConfig, TlsClientConfig)}.
   */
  static Map<CarrierType, Connector> over(
      Set<CarrierType> carriers, EventLoopGroup group, QuicConfig config, TlsClientConfig tls) {
    return carriers.stream()
        .collect(
            Collectors.toUnmodifiableMap(
                Function.identity(), carrier -> over(carrier, group, config, tls)));
  }

  /** Connections over QUIC, or over QMux where that is what {@code carrier} says. */
  static Connector over(
      CarrierType carrier, EventLoopGroup group, QuicConfig config, TlsClientConfig tls) {
    // RFC 9218 says how important a response is; two who say it would contradict each other.
    QuicConfig http = config.withMux(config.mux().withStreamPriority(false));
    return (remote, serverName, handler) ->
        new QuicClientBootstrap()
            .carrier(carrier)
            .group(group)
            .config(http)
            .tls(tls)
            .earlyData(tls.offersEarlyData())
            .handler(handler)
            .connect(remote, serverName);
  }
}
