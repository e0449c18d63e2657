package dev.memux.netty;

import dev.memux.engine.CloseReason;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsSession;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Opens QMux connections over TLS and TCP, or WebSocket, that are not to become Netty channels:
 * each is given a listener, which uses the engine directly. The sibling of {@link ClientCarriers}.
 * Any thread.
 */
public final class TcpClientCarriers {
  /** For what comes before a WebSocket, on a connection of its own. */
  private static final List<String> HTTP_1 = List.of("http/1.1");

  private final EventLoopGroup group;
  private final IoTransport transport;
  private final QmuxDrivers drivers;
  private final InetSocketAddress local;
  private volatile @Nullable KnownTls known;

  /** What was made of the configuration that was used last, with the sessions that it keeps. */
  private record KnownTls(TlsClientConfig config, List<String> protocols, TcpTls tls) {}

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
    private final Function<CloseReason, Throwable> failures;
    private final Consumer<Throwable> onFailure;

    // The loop's.
    private @Nullable Channel channel;
    private boolean over;

    private Attempt(
        EventLoop loop, Function<CloseReason, Throwable> failures, Consumer<Throwable> onFailure) {
      this.loop = loop;
      this.failures = failures;
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
        onFailure.accept(failures.apply(reason));
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
    return connect(tls, remote, serverName, listener, MuxException::of, onFailure);
  }

  /**
   * The same.
   *
   * @param failures makes what {@code onFailure} is told
   */
  Attempt connect(
      TlsClientConfig tls,
      InetSocketAddress remote,
      String serverName,
      Function<Carrier, ConnectionListener> listener,
      Function<CloseReason, Throwable> failures,
      Consumer<Throwable> onFailure) {
    return connect(
        remote,
        attempt -> {
          TcpTls library = tls(tls, QmuxAlpn.of(tls.applicationProtocols()));
          return channel -> {
            Consumer<SslHandler> onReady =
                ready -> {
                  attempt.over = true;
                  LayerBelow below = new TlsOverTcp(transport);
                  TlsSession session = TcpTls.session(ready, serverName);
                  channel.pipeline().addLast(drivers.client(below, session, listener));
                };
            addTls(channel, attempt, library, serverName, remote.getPort(), true, onReady);
          };
        },
        failures,
        onFailure);
  }

  /**
   * Begins a connection over WebSocket (RFC 6455), for where nothing but HTTP gets through: TCP,
   * TLS if it is asked for, and the request for the WebSocket. Otherwise as {@link #connect}.
   *
   * @param uri of the scheme {@code ws} or {@code wss}; its host is what the certificate must be
   *     for
   * @param remote resolved
   * @param applicationProtocols the preferred one first; an empty one asks for none
   * @throws IllegalArgumentException if the URI has another scheme, or no host
   */
  public Attempt connect(
      URI uri,
      InetSocketAddress remote,
      TlsClientConfig tls,
      List<String> applicationProtocols,
      Function<Carrier, ConnectionListener> listener,
      Consumer<Throwable> onFailure) {
    boolean secure = "wss".equalsIgnoreCase(uri.getScheme());
    String host = uri.getHost();
    if (host == null || (!secure && !"ws".equalsIgnoreCase(uri.getScheme()))) {
      throw new IllegalArgumentException("not the URI of a WebSocket: " + uri);
    }
    String serverName = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    return connect(
        remote,
        attempt -> {
          if (!secure) {
            return channel ->
                addWebSocket(channel, attempt, uri, applicationProtocols, null, listener);
          }
          TcpTls library = tls(tls, HTTP_1);
          return channel -> {
            Consumer<SslHandler> onReady =
                ready -> {
                  TlsSession session = TcpTls.session(ready, serverName);
                  addWebSocket(channel, attempt, uri, applicationProtocols, session, listener);
                };
            addTls(channel, attempt, library, serverName, remote.getPort(), false, onReady);
          };
        },
        MuxException::of,
        onFailure);
  }

  /**
   * @param layers gives what adds to a channel's pipeline, in which it tells the attempt's end
   */
  private Attempt connect(
      InetSocketAddress remote,
      Function<Attempt, Consumer<Channel>> layers,
      Function<CloseReason, Throwable> failures,
      Consumer<Throwable> onFailure) {
    EventLoop loop = group.next();
    Attempt attempt = new Attempt(loop, failures, onFailure);
    loop.execute(() -> begin(attempt, remote, layers));
    return attempt;
  }

  private void begin(
      Attempt attempt, InetSocketAddress remote, Function<Attempt, Consumer<Channel>> layers) {
    if (attempt.over) {
      return;
    }
    Consumer<Channel> prepare;
    try {
      prepare = layers.apply(attempt);
    } catch (IllegalArgumentException e) { // TLS over TCP cannot use these settings
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
                    prepare.accept(channel);
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

  private static void addTls(
      Channel channel,
      Attempt attempt,
      TcpTls tls,
      String serverName,
      int port,
      boolean agreesOnProtocol,
      Consumer<SslHandler> onReady) {
    SslHandler handler = tls.newHandler(channel.alloc(), serverName, port);
    handler.setHandshakeTimeoutMillis(0);
    channel
        .pipeline()
        .addLast(
            handler,
            new TlsGate(
                agreesOnProtocol,
                ready -> {
                  channel.pipeline().addLast(new TlsEnd());
                  onReady.accept(ready);
                },
                attempt::fail));
  }

  private void addWebSocket(
      Channel channel,
      Attempt attempt,
      URI uri,
      List<String> applicationProtocols,
      @Nullable TlsSession tls,
      Function<Carrier, ConnectionListener> listener) {
    int maxRecordBytes = drivers.config().maxRecordBytes();
    channel
        .pipeline()
        .addLast(
            new HttpClientCodec(),
            new WebSocketRequest(
                uri,
                applicationProtocols,
                WebSocketFrames.config(maxRecordBytes, false),
                subprotocol -> {
                  attempt.over = true;
                  String io = transport.name().toLowerCase(Locale.ROOT) + " websocket";
                  WebSocketRecords records = new WebSocketRecords(maxRecordBytes, io);
                  TlsSession agreed = WebSocketProtocol.agreed(tls, subprotocol);
                  channel.pipeline().addLast(records, drivers.client(records, agreed, listener));
                },
                failure -> attempt.fail(TcpFailures.ofHandshake(failure))));
  }

  private TcpTls tls(TlsClientConfig config, List<String> protocols) {
    KnownTls last = known;
    if (last == null || last.config() != config || !last.protocols().equals(protocols)) {
      last = new KnownTls(config, protocols, TcpTls.client(config, protocols));
      known = last;
    }
    return last.tls();
  }
}
