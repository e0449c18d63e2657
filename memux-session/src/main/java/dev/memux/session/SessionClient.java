package dev.memux.session;

import dev.memux.engine.CloseReason;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.Carrier;
import dev.memux.netty.CarrierType;
import dev.memux.netty.ClientCarriers;
import dev.memux.netty.ConnectRace;
import dev.memux.netty.ConnectionListener;
import dev.memux.netty.MuxException;
import dev.memux.netty.Route;
import dev.memux.netty.RouteMemory;
import dev.memux.netty.TcpClientCarriers;
import dev.memux.tls.TlsClientConfig;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Opens sessions. Any thread; made once, used for many. Sessions share the client's sockets, which
 * are closed after the last of them.
 */
public final class SessionClient {
  private final QuicConfig config;
  private final TlsClientConfig tls;
  private final Duration drainTimeout;
  private final EventLoopGroup group;
  private final Set<CarrierType> carrierTypes;
  private final ClientCarriers carriers;
  private final TcpClientCarriers tcpCarriers;
  private final RouteMemory memory = new RouteMemory();

  private SessionClient(Builder builder, TlsClientConfig tls) {
    this.config = builder.config;
    this.tls = tls;
    this.drainTimeout = builder.drainTimeout;
    this.group = builder.group == null ? SharedLoops.group() : builder.group;
    this.carrierTypes = builder.carrierTypes;
    this.carriers = new ClientCarriers(group, config, builder.localAddress);
    this.tcpCarriers = new TcpClientCarriers(group, config, builder.localAddress);
  }

  public static Builder builder() {
    return new Builder();
  }

  /** What a client is made from. */
  public static final class Builder {
    private @Nullable TlsClientConfig tls;
    private QuicConfig config = QuicConfig.DEFAULT;
    private Set<CarrierType> carrierTypes = EnumSet.of(CarrierType.QUIC);
    private Duration drainTimeout = SessionServer.DRAIN_TIMEOUT;
    private InetSocketAddress localAddress = new InetSocketAddress(0);
    private @Nullable EventLoopGroup group;

    private Builder() {}

    /** Trust and application protocols; required. */
    public Builder tls(TlsClientConfig value) {
      tls = value;
      return this;
    }

    /** Limits and timeouts; the default is {@link QuicConfig#DEFAULT}. */
    public Builder config(QuicConfig value) {
      config = value;
      return this;
    }

    /**
     * What carries the sessions; the default is QUIC. With both QUIC and TCP the better one that
     * works is found out for each server: QUIC has a head start of {@link
     * ConnectRace#ATTEMPT_DELAY}, or TCP where it was needed lately ({@link RouteMemory}). The
     * application protocols keep their names; on the wire they have those of {@link
     * dev.memux.netty.QmuxAlpn} over TCP.
     */
    public Builder carriers(CarrierType first, CarrierType... more) {
      return carriers(EnumSet.of(first, more));
    }

    /** The same as {@link #carriers(CarrierType, CarrierType...)}; not empty. */
    public Builder carriers(Set<CarrierType> values) {
      carrierTypes = EnumSet.copyOf(values);
      return this;
    }

    /** How long {@link Session#close()} waits; the default is 30 s. */
    public Builder drainTimeout(Duration value) {
      drainTimeout = value;
      return this;
    }

    /** What sockets bind to; the default is any address and port. */
    public Builder localAddress(InetSocketAddress value) {
      localAddress = value;
      return this;
    }

    /**
     * The event loops, of {@link dev.memux.netty.IoTransport#newEventLoopGroup} for one; by default
     * those that all sessions share of whose loops nothing is said.
     */
    public Builder group(EventLoopGroup value) {
      group = value;
      return this;
    }

    /**
     * @throws IllegalStateException if the TLS configuration is missing
     */
    public SessionClient build() {
      if (tls == null) {
        throw new IllegalStateException("tls is required");
      }
      return new SessionClient(this, tls);
    }
  }

  /**
   * Connects to a host by name. Blocks until a handshake is complete. The host's addresses are
   * tried in the manner of RFC 8305: the next when one fails or is slow, the families in turn, what
   * worked the last time first ({@link RouteMemory}); who is ready first is taken. {@link
   * QuicConfig#handshakeTimeoutNanos} bounds how long each is waited for.
   *
   * @throws UnknownHostException if the host has no address
   * @throws MuxException why there is no session; the message tells it of each address, the type of
   *     the one that got furthest
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public Session connect(String host, int port) throws IOException {
    return race(host, List.of(InetAddress.getAllByName(host)), port);
  }

  /**
   * Connects over WebSocket, for where nothing but HTTP gets through, or to a server that others
   * use from browsers. Blocks until the handshakes are complete; the host's addresses are tried one
   * after the other, each as long as {@link QuicConfig#handshakeTimeoutNanos} allows.
   *
   * @param webSocket of the scheme {@code ws} or {@code wss}; {@code ws} has no TLS
   * @throws IllegalArgumentException if the URI has another scheme, or no host
   * @throws UnknownHostException if the host has no address
   * @throws MuxException why the last address did not do
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public Session connect(URI webSocket) throws IOException {
    return new WebSocketConnect(tcpCarriers, tls, config.mux(), drainTimeout, webSocket).run();
  }

  /**
   * Connects. Blocks until the handshake is complete.
   *
   * @param remote resolved
   * @param serverName what the certificate must be for
   * @throws MuxException if the handshake fails
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public Session connect(InetSocketAddress remote, String serverName) throws IOException {
    if (remote.isUnresolved()) {
      throw new UnknownHostException(remote.getHostString());
    }
    return race(serverName, List.of(remote.getAddress()), remote.getPort());
  }

  private Session race(String serverName, List<InetAddress> addresses, int port)
      throws IOException {
    String server = serverName + ":" + port;
    List<Route> routes = memory.routes(server, carrierTypes, addresses, port);
    CompletableFuture<Session> race =
        new ConnectRace<>(group.next(), routes, new Contest(server, serverName), AllFailed::new)
            .start();
    try {
      return race.get();
    } catch (InterruptedException e) {
      if (!race.cancel(false)) {
        race.thenAccept(session -> session.abandon("interrupted"));
      }
      Thread.currentThread().interrupt();
      throw Deadline.interrupted();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AllFailed failed) {
        throw ConnectFailures.of(server, failed.failures);
      }
      throw new IllegalStateException(e); // nothing else ends it
    }
  }

  private static final class AllFailed extends Exception {
    private static final long serialVersionUID = 1;
    final transient List<ConnectRace.Failure<Route>> failures;

    AllFailed(List<ConnectRace.Failure<Route>> failures) {
      super("no route", null, false, false);
      this.failures = failures;
    }
  }

  /** Attempts to reach one server. */
  private final class Contest implements ConnectRace.Contest<Route, Session> {
    private final String server;
    private final String serverName;

    Contest(String server, String serverName) {
      this.server = server;
      this.serverName = serverName;
    }

    @Override
    public Future<Session> connect(Route route) {
      Promise<Session> attempt = group.next().newPromise();
      Function<Carrier, ConnectionListener> listener =
          carrier -> {
            Session session = session(carrier, route, attempt);
            onCancel(attempt, () -> session.abandon("given up"));
            return session.loopSide();
          };
      switch (route.carrier()) {
        case QUIC ->
            carriers.connect(tls, route.remote(), serverName, listener, attempt::tryFailure);
        case TCP -> {
          var begun =
              tcpCarriers.connect(tls, route.remote(), serverName, listener, attempt::tryFailure);
          onCancel(attempt, begun::cancel);
        }
      }
      return attempt;
    }

    private static void onCancel(Promise<Session> attempt, Runnable action) {
      attempt.addListener(
          done -> {
            if (done.isCancelled()) {
              action.run();
            }
          });
    }

    private Session session(Carrier carrier, Route route, Promise<Session> attempt) {
      return new Session(
          carrier,
          config.mux(),
          drainTimeout,
          open -> {
            if (attempt.trySuccess(open)) {
              memory.onConnected(server, route);
            }
          },
          over -> {
            CloseReason reason = Objects.requireNonNull(over.closeReason());
            boolean wasOpen = !attempt.tryFailure(MuxException.of(reason));
            if (wasOpen && reason.origin() == CloseReason.Origin.CARRIER_LOST) {
              memory.onLost(server, route);
            }
          },
          token -> carriers.keepToken(serverName, route.remote(), token));
    }

    @Override
    public void discard(Session session) {
      session.abandon("another attempt was quicker");
    }
  }
}
