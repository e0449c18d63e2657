package dev.memux.session;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.Carrier;
import dev.memux.netty.ClientCarriers;
import dev.memux.netty.ConnectionListener;
import dev.memux.netty.MuxException;
import dev.memux.netty.TcpClientCarriers;
import dev.memux.tls.TlsClientConfig;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
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
  private final CarrierType carrierType;
  private final ClientCarriers carriers;
  private final TcpClientCarriers tcpCarriers;

  private SessionClient(Builder builder, TlsClientConfig tls) {
    this.config = builder.config;
    this.tls = tls;
    this.drainTimeout = builder.drainTimeout;
    EventLoopGroup group = builder.group == null ? SharedLoops.group() : builder.group;
    this.carrierType = builder.carrierType;
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
    private CarrierType carrierType = CarrierType.QUIC;
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
     * What carries the sessions; the default is QUIC. The application protocols keep their names;
     * on the wire they have those of {@link dev.memux.netty.QmuxAlpn} over TCP.
     */
    public Builder carrier(CarrierType value) {
      carrierType = value;
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
   * Connects to a host by name; its addresses are tried one after the other. Blocks until the
   * handshake is complete; {@link QuicConfig#handshakeTimeoutNanos} bounds how long each address is
   * waited for.
   *
   * @throws UnknownHostException if the host has no address
   * @throws MuxException why the last address did not do
   * @throws InterruptedIOException if the thread is interrupted, which it stays
   */
  public Session connect(String host, int port) throws IOException {
    InetAddress[] addresses = InetAddress.getAllByName(host);
    for (int i = 0; ; i++) {
      try {
        return connect(new InetSocketAddress(addresses[i], port), host);
      } catch (MuxException.Timeout | MuxException.CarrierLost e) {
        if (i == addresses.length - 1) {
          throw e;
        }
      }
    }
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
    CompletableFuture<Session> begun = new CompletableFuture<>();
    Runnable cancel = begin(remote, serverName, begun);
    try {
      Session session = begun.get();
      session.awaitReady();
      return session;
    } catch (InterruptedException e) {
      cancel.run();
      begun.thenAccept(session -> session.abandon("interrupted"));
      Thread.currentThread().interrupt();
      throw Deadline.interrupted();
    } catch (ExecutionException e) {
      if (cause(e) instanceof MuxException failure) {
        throw failure;
      }
      throw new IOException("cannot connect to " + remote + ": " + cause(e).getMessage(), cause(e));
    }
  }

  /** Returns what gives up an attempt of which no session has come yet. */
  private Runnable begin(
      InetSocketAddress remote, String serverName, CompletableFuture<Session> begun) {
    Function<Carrier, ConnectionListener> listener =
        carrier -> {
          Session session =
              new Session(
                  carrier,
                  config.mux(),
                  drainTimeout,
                  open -> {},
                  over -> {},
                  token -> carriers.keepToken(serverName, remote, token));
          begun.complete(session);
          return session.loopSide();
        };
    Consumer<Throwable> onFailure = begun::completeExceptionally;
    return switch (carrierType) {
      case QUIC -> {
        carriers.connect(tls, remote, serverName, listener, onFailure);
        yield () -> {};
      }
      case TCP -> tcpCarriers.connect(tls, remote, serverName, listener, onFailure)::cancel;
    };
  }

  private static Throwable cause(ExecutionException e) {
    Throwable cause = e.getCause();
    return cause == null ? e : cause;
  }
}
