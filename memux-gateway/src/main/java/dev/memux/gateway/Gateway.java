package dev.memux.gateway;

import dev.memux.http.Http3Service;
import dev.memux.http.RequestHandler;
import dev.memux.netty.IoTransport;
import dev.memux.netty.QuicServer;
import dev.memux.tls.StrikeRegister;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A running gateway. Any thread may call it. */
public final class Gateway implements AutoCloseable {
  // After the drain nothing is waited for but sockets being closed.
  private static final long LOOP_SHUTDOWN_MILLIS = 2_000;

  /** How long a client may come back without the certificate being sent again. */
  private static final Duration TICKET_LIFETIME = Duration.ofDays(1);

  private final EventLoopGroup group;
  private final ExecutorService blocking;
  private final Http3Service service;
  private final List<QuicServer> servers = new ArrayList<>();
  private final List<String> unavailable = new ArrayList<>();

  private Gateway(EventLoopGroup group, ExecutorService blocking, Http3Service service) {
    this.group = group;
    this.blocking = blocking;
    this.service = service;
  }

  /**
   * Starts to serve; blocks until all addresses are bound.
   *
   * @throws IOException with a message for people if an address cannot be bound or the folder to be
   *     served cannot be read
   */
  public static Gateway start(GatewayConfig config) throws IOException {
    ExecutorService blocking =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("memux-files").factory());
    RequestHandler site =
        config.root() == null ? EmbeddedSite.load() : new FileSite(config.root(), blocking);
    EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(0);
    Gateway gateway = new Gateway(group, blocking, new Http3Service(site));
    try {
      gateway.listen(config);
    } catch (IOException | RuntimeException e) {
      gateway.close();
      throw e;
    }
    return gateway;
  }

  /** Where it listens, in the order of the configuration. */
  public List<InetSocketAddress> addresses() {
    return servers.stream().map(QuicServer::localAddress).toList();
  }

  /** Why optional addresses are not listened on, one line each. */
  public List<String> unavailable() {
    return List.copyOf(unavailable);
  }

  /** How many connections are open. */
  public int connectionCount() {
    return service.connectionCount();
  }

  /**
   * Stops accepting, lets what is under way finish within the limit and closes the connections.
   * Blocks until then.
   */
  public void drain(Duration limit) {
    servers.forEach(QuicServer::stopAccepting);
    service.drain(limit).toCompletableFuture().join();
  }

  /** Stops at once. */
  @Override
  public void close() {
    servers.forEach(server -> server.close().awaitUninterruptibly(LOOP_SHUTDOWN_MILLIS));
    group
        .shutdownGracefully(0, LOOP_SHUTDOWN_MILLIS, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(LOOP_SHUTDOWN_MILLIS);
    blocking.shutdown();
  }

  private void listen(GatewayConfig config) throws IOException {
    InstantSource clock = InstantSource.system();
    TlsServerConfig.Builder tls =
        TlsServerConfig.builder()
            .ticketKeys(new TicketKeys(TICKET_LIFETIME, clock, new SecureRandom()))
            .earlyData(
                new StrikeRegister(
                    StrikeRegister.DEFAULT_WINDOW, StrikeRegister.DEFAULT_MAX_ENTRIES, clock),
                Http3Service.rememberedSettings())
            .credentials(config.credentials())
            .applicationProtocols(Http3Service.ALPN);
    if (config.keyLog() != null) {
      tls.keyLog(config.keyLog());
    }
    Listener listener = new Listener(group, tls.build(), service);
    for (ListenAddress address : config.listen()) {
      servers.add(listener.bind(address));
    }
    for (ListenAddress address : config.optionalListen()) {
      try {
        servers.add(listener.bind(address));
      } catch (IOException e) {
        unavailable.add(String.valueOf(e.getMessage()));
      }
    }
  }
}
