package dev.memux.gateway;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.KeyLog;
import dev.memux.tls.TlsCredentials;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway serves, where, and as whom.
 *
 * @param listen where to listen, at least one address
 * @param optionalListen as {@code listen}, but if one of these cannot be bound that is only
 *     reported
 * @param root the folder whose files are served, or null
 * @param backend who answers instead, or null; without a folder either it is the embedded site
 * @param connect where tunnels may lead, or null: there are none
 * @param keyLog where TLS secrets are written for tools that decrypt captures, or null
 * @param cache how much of {@code root} is kept in memory
 * @param quic what QUIC connections are like; how many streams there may be, and that priorities
 *     come as RFC 9218 has them, the gateway decides
 */
public record GatewayConfig(
    List<ListenAddress> listen,
    List<ListenAddress> optionalListen,
    @Nullable Path root,
    @Nullable Backend backend,
    @Nullable ConnectConfig connect,
    TlsCredentials credentials,
    @Nullable KeyLog keyLog,
    CacheLimits cache,
    QuicConfig quic) {
  /** Checks and copies. */
  public GatewayConfig {
    listen = List.copyOf(listen);
    optionalListen = List.copyOf(optionalListen);
    if (listen.isEmpty()) {
      throw new IllegalArgumentException("nothing to listen on");
    }
    if (root != null && backend != null) {
      throw new IllegalArgumentException("a folder and a backend at once");
    }
  }

  /** The same without tunnels, and with the default cache. */
  public GatewayConfig(
      List<ListenAddress> listen,
      List<ListenAddress> optionalListen,
      @Nullable Path root,
      @Nullable Backend backend,
      TlsCredentials credentials,
      @Nullable KeyLog keyLog) {
    this(
        listen,
        optionalListen,
        root,
        backend,
        null,
        credentials,
        keyLog,
        CacheLimits.DEFAULT,
        QuicConfig.DEFAULT);
  }

  /** The same with tunnels. */
  public GatewayConfig withConnect(ConnectConfig tunnels) {
    return new GatewayConfig(
        listen, optionalListen, root, backend, tunnels, credentials, keyLog, cache, quic);
  }

  /** The same with another cache. */
  public GatewayConfig withCache(CacheLimits limits) {
    return new GatewayConfig(
        listen, optionalListen, root, backend, connect, credentials, keyLog, limits, quic);
  }

  /** The same with other QUIC connections. */
  public GatewayConfig withQuic(QuicConfig config) {
    return new GatewayConfig(
        listen, optionalListen, root, backend, connect, credentials, keyLog, cache, config);
  }
}
