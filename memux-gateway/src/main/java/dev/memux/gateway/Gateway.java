package dev.memux.gateway;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.http.Http1Client;
import dev.memux.http.Http3Service;
import dev.memux.http.HttpsConfig;
import dev.memux.http.HttpsService;
import dev.memux.http.RequestHandler;
import dev.memux.netty.IoTransport;
import dev.memux.tls.KeyLog;
import dev.memux.tls.StrikeRegister;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A running gateway. Any thread may call it. */
public final class Gateway implements AutoCloseable {
  // After the drain nothing is waited for but sockets being closed.
  private static final long LOOP_SHUTDOWN_MILLIS = 2_000;

  /** How long a client may come back without the certificate being sent again. */
  private static final Duration TICKET_LIFETIME = Duration.ofDays(1);

  private final EventLoopGroup group;
  private final ExecutorService blocking;
  private final Http3Service http3;
  private final HttpsService https;
  private final @Nullable ConnectProxy tunnels;
  private final @Nullable KeyLog keyLog;
  private final boolean takesEarlyData;

  /** Of all listeners, and kept when the certificate changes. */
  private final TicketKeys ticketKeys =
      new TicketKeys(TICKET_LIFETIME, InstantSource.system(), new SecureRandom());

  private final StrikeRegister strikeRegister =
      new StrikeRegister(
          StrikeRegister.DEFAULT_WINDOW,
          StrikeRegister.DEFAULT_MAX_ENTRIES,
          InstantSource.system());

  private final List<Listener.Bound> listeners = new ArrayList<>();
  private final List<String> unavailable = new ArrayList<>();

  private Gateway(
      EventLoopGroup group,
      ExecutorService blocking,
      Http3Service http3,
      HttpsService https,
      @Nullable ConnectProxy tunnels,
      GatewayConfig config) {
    this.group = group;
    this.tunnels = tunnels;
    this.blocking = blocking;
    this.http3 = http3;
    this.https = https;
    this.keyLog = config.keyLog();
    Backend backend = config.backend();
    // RFC 8470 §6.1: who answers must know that a request may be a replay.
    this.takesEarlyData = backend == null || backend.takesEarlyData();
  }

  /**
   * Starts to serve; blocks until all addresses are bound.
   *
   * @throws IOException with a message for people if an address cannot be bound or the folder to be
   *     served cannot be read
   */
  public static Gateway start(GatewayConfig config) throws IOException {
    return start(config, GatewayObserver.NONE);
  }

  /**
   * Starts to serve, and says what happens; blocks until all addresses are bound.
   *
   * @throws IOException with a message for people if an address cannot be bound or the folder to be
   *     served cannot be read
   */
  public static Gateway start(GatewayConfig config, GatewayObserver observer) throws IOException {
    ExecutorService blocking =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("memux-files").factory());
    EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(0);
    Gateway gateway;
    try {
      RequestHandler site = site(config, blocking, group);
      ConnectConfig connect = config.connect();
      ConnectProxy tunnels =
          connect == null ? null : new ConnectProxy(connect, site, observer::onTunnel);
      RequestHandler handler = tunnels == null ? site : tunnels;
      gateway =
          new Gateway(
              group,
              blocking,
              new Http3Service(handler),
              new HttpsService(handler, List.of(config.credentials()), https(config)),
              tunnels,
              config);
    } catch (IOException | RuntimeException e) {
      group.shutdownGracefully();
      blocking.shutdown();
      throw e;
    }
    gateway.http3.onConnected(observer::onConnected);
    gateway.https.onConnected(observer::onConnected);
    try {
      gateway.listen(config);
    } catch (IOException | RuntimeException e) {
      gateway.close();
      throw e;
    }
    return gateway;
  }

  /** Where it listens, by UDP and TCP alike, in the order of the configuration. */
  public List<InetSocketAddress> addresses() {
    return listeners.stream().map(Listener.Bound::localAddress).toList();
  }

  /** Why optional addresses are not listened on, one line each. */
  public List<String> unavailable() {
    return List.copyOf(unavailable);
  }

  /** How many connections are open. */
  public int connectionCount() {
    return http3.connectionCount() + https.connectionCount();
  }

  /** Tunnels at the moment. */
  public TunnelCounts tunnels() {
    return tunnels == null ? new TunnelCounts(0, 0) : tunnels.counts();
  }

  /**
   * Shows another certificate from now on; connections that are open go on. Blocks until then.
   *
   * @throws IllegalArgumentException if TLS cannot work with it; the earlier one stays
   */
  public void reload(TlsCredentials credentials) {
    https.credentials(List.of(credentials));
    TlsServerConfig renewed = tls(credentials);
    listeners.forEach(listener -> listener.quic().reload(renewed).syncUninterruptibly());
  }

  /**
   * Stops accepting, lets what is under way finish within the limit and closes the connections;
   * tunnels that wait for a backend are refused. Blocks until then.
   */
  public void drain(Duration limit) {
    listeners.forEach(Listener.Bound::stopAccepting);
    if (tunnels != null) {
      tunnels.drain();
    }
    CompletableFuture.allOf(
            http3.drain(limit).toCompletableFuture(), https.drain(limit).toCompletableFuture())
        .join();
  }

  /** Stops at once. */
  @Override
  public void close() {
    if (tunnels != null) {
      tunnels.drain(); // those who wait hear it while there are loops
    }
    listeners.forEach(listener -> listener.close(LOOP_SHUTDOWN_MILLIS));
    group
        .shutdownGracefully(0, LOOP_SHUTDOWN_MILLIS, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(LOOP_SHUTDOWN_MILLIS);
    blocking.shutdown();
  }

  private static RequestHandler site(
      GatewayConfig config, ExecutorService blocking, EventLoopGroup group) throws IOException {
    Backend backend = config.backend();
    if (backend != null) {
      return new ReverseProxy(
          new Http1Client(group, backend.host(), backend.port(), backend.config()), backend);
    }
    return config.root() == null
        ? EmbeddedSite.load()
        : new FileSite(config.root(), config.cache(), blocking);
  }

  private TlsServerConfig tls(TlsCredentials credentials) {
    TlsServerConfig.Builder tls =
        TlsServerConfig.builder()
            .ticketKeys(ticketKeys)
            .credentials(credentials)
            .applicationProtocols(Http3Service.ALPN);
    if (takesEarlyData) {
      tls.earlyData(strikeRegister, Http3Service.rememberedSettings());
    }
    if (keyLog != null) {
      tls.keyLog(keyLog);
    }
    return tls.build();
  }

  private static QuicConfig quic(GatewayConfig config) {
    // Priorities come as RFC 9218 has them, and no other way.
    QuicConfig quic = config.quic().withMux(config.quic().mux().withStreamPriority(false));
    return config.connect() == null
        ? quic
        : quic.withMux(
            quic.mux()
                .withStreams(ConnectConfig.MAX_STREAMS_OF_CLIENT, quic.mux().maxUniStreams()));
  }

  private static HttpsConfig https(GatewayConfig config) {
    return config.connect() == null
        ? HttpsConfig.DEFAULT
        : HttpsConfig.DEFAULT.withMaxConcurrentStreams(ConnectConfig.MAX_STREAMS_OF_CLIENT);
  }

  private void listen(GatewayConfig config) throws IOException {
    Listener listener = new Listener(group, quic(config), tls(config.credentials()), http3, https);
    for (ListenAddress address : config.listen()) {
      listeners.add(listener.bind(address));
    }
    for (ListenAddress address : config.optionalListen()) {
      try {
        listeners.add(listener.bind(address));
      } catch (IOException e) {
        unavailable.add(String.valueOf(e.getMessage()));
      }
    }
  }
}
