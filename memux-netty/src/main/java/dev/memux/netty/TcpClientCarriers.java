package dev.memux.netty;

import dev.memux.engine.CloseReason;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.TlsClientConfig;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Opens QMux connections over TLS and TCP that are not to become Netty channels: each is given a
 * listener, which uses the engine directly. The sibling of {@link ClientCarriers}. Any thread.
 */
public final class TcpClientCarriers {
  private final EventLoopGroup group;
  private final IoTransport transport;
  private final QmuxDrivers drivers;
  private final InetSocketAddress local;
  private volatile @Nullable KnownTls known;

  /** What was made of the configuration that was used last, with the sessions that it keeps. */
  private record KnownTls(TlsClientConfig config, TcpTls tls) {}

  /**
   * @param group of {@link IoTransport#newEventLoopGroup}, for one
   * @param local what sockets bind to
   */
  public TcpClientCarriers(EventLoopGroup group, QuicConfig config, InetSocketAddress local) {
    this(group, config, local, ProcessMemory.shared());
  }

  TcpClientCarriers(
      EventLoopGroup group, QuicConfig config, InetSocketAddress local, ProcessMemory memory) {
    this.group = group;
    this.transport = IoTransport.of(group);
    this.drivers = new QmuxDrivers(QmuxDrivers.configLike(config), memory);
    this.local = local;
  }

  /** A connection that is being opened. Any thread. */
  public static final class Attempt {
    private final EventLoop loop;
    private final Consumer<Throwable> onFailure;

    // The loop's.
    private @Nullable Channel channel;
    private boolean over;

    private Attempt(EventLoop loop, Consumer<Throwable> onFailure) {
      this.loop = loop;
      this.onFailure = onFailure;
    }

    /**
     * Gives it up; nobody is told. No effect once it has a listener, who can close it, or has
     * failed.
     */
    public void cancel() {
      loop.execute(
          () -> {
            if (!over) {
              end();
            }
          });
    }

    private void fail(CloseReason reason) {
      if (!over) {
        end();
        onFailure.accept(MuxException.of(reason));
      }
    }

    private void end() {
      over = true;
      if (channel != null) {
        channel.close();
      }
    }
  }

  /**
   * Begins a connection: TCP, then TLS, which {@link QuicConfig#handshakeTimeoutNanos} bounds
   * together. When they are through there is a listener, who learns of the rest from the
   * connection's events.
   *
   * @param remote resolved
   * @param serverName what the certificate must be for
   * @param listener makes the listener, on the event loop, before the first record is sent
   * @param onFailure told, on the event loop, if it does not come so far, with a {@link
   *     MuxException}
   */
  public Attempt connect(
      TlsClientConfig tls,
      InetSocketAddress remote,
      String serverName,
      Function<Carrier, ConnectionListener> listener,
      Consumer<Throwable> onFailure) {
    EventLoop loop = group.next();
    Attempt attempt = new Attempt(loop, onFailure);
    loop.execute(() -> begin(attempt, tls, remote, serverName, listener));
    return attempt;
  }

  private void begin(
      Attempt attempt,
      TlsClientConfig config,
      InetSocketAddress remote,
      String serverName,
      Function<Carrier, ConnectionListener> listener) {
    if (attempt.over) {
      return;
    }
    TcpTls tls;
    try {
      tls = tls(config);
    } catch (IllegalArgumentException e) {
      attempt.over = true;
      attempt.onFailure.accept(e);
      return;
    }
    long timeoutMillis =
        Math.clamp(
            TimeUnit.NANOSECONDS.toMillis(drivers.config().handshakeTimeoutNanos()),
            1,
            Integer.MAX_VALUE);
    ChannelFuture connected =
        new Bootstrap()
            .group(attempt.loop)
            .channel(transport.socketChannel())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0) // the one below is for all
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    prepare(channel, attempt, tls, remote, serverName, listener);
                  }
                })
            .connect(remote, local);
    attempt.channel = connected.channel();
    var timeout =
        attempt.loop.schedule(
            () -> attempt.fail(TcpFailures.handshakeTimeout()),
            timeoutMillis,
            TimeUnit.MILLISECONDS);
    connected.channel().closeFuture().addListener(closed -> timeout.cancel(false));
    connected.addListener(
        done -> {
          if (!done.isSuccess()) {
            attempt.fail(TcpFailures.ofHandshake(done.cause()));
          }
        });
  }

  private void prepare(
      Channel channel,
      Attempt attempt,
      TcpTls tls,
      InetSocketAddress remote,
      String serverName,
      Function<Carrier, ConnectionListener> listener) {
    SslHandler handler = tls.newHandler(channel.alloc(), serverName, remote.getPort());
    handler.setHandshakeTimeoutMillis(0);
    channel
        .pipeline()
        .addLast(
            handler,
            new TlsGate(
                ready -> {
                  attempt.over = true;
                  channel
                      .pipeline()
                      .addLast(
                          new TlsEnd(),
                          drivers.client(
                              new TlsOverTcp(transport),
                              TcpTls.session(ready, serverName),
                              listener));
                },
                attempt::fail));
  }

  private TcpTls tls(TlsClientConfig config) {
    KnownTls last = known;
    if (last == null || last.config() != config) {
      last =
          new KnownTls(config, TcpTls.client(config, QmuxAlpn.of(config.applicationProtocols())));
      known = last;
    }
    return last.tls();
  }
}
