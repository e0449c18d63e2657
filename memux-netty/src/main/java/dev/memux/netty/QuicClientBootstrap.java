package dev.memux.netty;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.tls.TlsClientConfig;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Opens QUIC connections. Those of one bootstrap, one event loop and one peer share a UDP socket,
 * which is closed after the last of them. With {@link #carrier} the same channels come over TCP.
 *
 * <p>Handlers given here are added to the pipelines of all connections made: they are
 * {@code @Sharable}, or {@code ChannelInitializer}s. Not safe for use by several threads.
 */
public final class QuicClientBootstrap {
  private final ChannelSetup connectionSetup = new ChannelSetup();
  private final ChannelSetup streamSetup = new ChannelSetup();
  private final TokenCache tokens = new TokenCache();
  private @Nullable EventLoopGroup group;
  private @Nullable TlsClientConfig tls;
  private QuicConfig config = QuicConfig.DEFAULT;
  private ProcessMemory memory = ProcessMemory.shared();
  private InetSocketAddress localAddress = new InetSocketAddress(0);
  private boolean earlyData;
  private CarrierType carrier = CarrierType.QUIC;

  /** Made for the first connection over TCP, and anew after its settings have changed. */
  private @Nullable TcpClientCarriers tcp;

  /** Made for the first connection, and anew after the settings of sockets have changed. */
  private @Nullable ClientSockets sockets;

  /** The event loops, of {@link IoTransport#newEventLoopGroup} for one; required. */
  public QuicClientBootstrap group(EventLoopGroup value) {
    group = value;
    return changed();
  }

  /** Limits and timeouts of connections to come; the default is {@link QuicConfig#DEFAULT}. */
  public QuicClientBootstrap config(QuicConfig value) {
    config = value;
    return changed();
  }

  /** What connections' streams may hold; the default is {@link ProcessMemory#shared}. */
  public QuicClientBootstrap memory(ProcessMemory value) {
    memory = value;
    return changed();
  }

  private QuicClientBootstrap changed() {
    sockets = null;
    tcp = null;
    return this;
  }

  /**
   * What carries the connections; the default is QUIC. Over TCP they are QMux connections, of which
   * handlers see no difference but that they never are early, and that their application protocols
   * have the names of {@link QmuxAlpn} in the TLS handshake.
   */
  public QuicClientBootstrap carrier(CarrierType value) {
    carrier = value;
    return this;
  }

  /** Trust and application protocols; required. */
  public QuicClientBootstrap tls(TlsClientConfig value) {
    tls = value;
    return this;
  }

  /** What sockets bind to; the default is any address and port. */
  public QuicClientBootstrap localAddress(InetSocketAddress value) {
    localAddress = value;
    return changed();
  }

  /**
   * Lets channels become active, and {@link #connect} be done, as soon as early data can be sent
   * (0-RTT, RFC 9001 §4.6): at once, if the TLS configuration offers it ({@link
   * TlsClientConfig#offersEarlyData}) and has a session of that server. What is written before
   * {@link io.netty.handler.ssl.SslHandshakeCompletionEvent} may be replayed by an attacker; if the
   * server refuses it, it is sent again without further ado. Default: not.
   */
  public QuicClientBootstrap earlyData(boolean value) {
    earlyData = value;
    return this;
  }

  /** Added to each connection's pipeline before its handshake begins. */
  public QuicClientBootstrap handler(ChannelHandler handler) {
    connectionSetup.handler(handler);
    return this;
  }

  /** Set on each connection; a null value unsets. */
  public <T> QuicClientBootstrap option(ChannelOption<T> option, @Nullable T value) {
    connectionSetup.option(option, value);
    return this;
  }

  /** Set on each connection; a null value unsets. */
  public <T> QuicClientBootstrap attr(AttributeKey<T> key, @Nullable T value) {
    connectionSetup.attribute(key, value);
    return this;
  }

  /** Added to the pipeline of each {@link QuicStreamChannel} that the server opens. */
  public QuicClientBootstrap streamHandler(ChannelHandler handler) {
    streamSetup.handler(handler);
    return this;
  }

  /** Set on each stream that the server opens; a null value unsets. */
  public <T> QuicClientBootstrap streamOption(ChannelOption<T> option, @Nullable T value) {
    streamSetup.option(option, value);
    return this;
  }

  /** Set on each stream that the server opens; a null value unsets. */
  public <T> QuicClientBootstrap streamAttr(AttributeKey<T> key, @Nullable T value) {
    streamSetup.attribute(key, value);
    return this;
  }

  /**
   * Connects. {@link QuicConfig#handshakeTimeoutNanos} bounds how long that takes, and so does
   * {@link ChannelOption#CONNECT_TIMEOUT_MILLIS} if it is set.
   *
   * @param remote resolved
   * @param serverName what the certificate must be for
   * @return done on the connection's event loop when the handshake is complete, or before with
   *     {@link #earlyData}; fails with {@link ConnectTimeoutException} when it does not complete in
   *     time, with {@link QuicConnectException} when it does not for another reason, and at once
   *     where the other host says that nobody listens. The cause of both is a {@link MuxException}.
   *     Cancelling it closes the connection.
   * @throws IllegalStateException if group or TLS configuration is missing
   * @throws UnresolvedAddressException if {@code remote} is not resolved
   */
  public Future<QuicChannel> connect(InetSocketAddress remote, String serverName) {
    EventLoopGroup loops = group;
    TlsClientConfig clientTls = tls;
    if (loops == null || clientTls == null) {
      throw new IllegalStateException("group and tls are required");
    }
    if (remote.isUnresolved()) {
      throw new UnresolvedAddressException();
    }
    return switch (carrier) {
      case QUIC -> connectByQuic(loops, clientTls, remote, serverName);
      case TCP -> connectByTcp(loops, clientTls, remote, serverName);
    };
  }

  private Future<QuicChannel> connectByQuic(
      EventLoopGroup loops, TlsClientConfig clientTls, InetSocketAddress remote, String name) {
    if (sockets == null) {
      sockets = new ClientSockets(config, IoTransport.of(loops), localAddress, memory);
    }
    EventLoop loop = loops.next();
    Attempt attempt =
        new Attempt(
            sockets,
            clientTls,
            remote,
            name,
            connectionSetup.snapshot(),
            streamSetup.snapshot(),
            earlyData,
            tokens,
            loop.newPromise());
    loop.execute(() -> attempt.start(loop));
    return attempt.promise;
  }

  private Future<QuicChannel> connectByTcp(
      EventLoopGroup loops, TlsClientConfig clientTls, InetSocketAddress remote, String name) {
    if (tcp == null) {
      tcp = new TcpClientCarriers(loops, config, localAddress, memory);
    }
    Promise<QuicChannel> promise = loops.next().newPromise();
    ChannelSetup connections = connectionSetup.snapshot();
    ChannelSetup streams = streamSetup.snapshot();
    TcpClientCarriers.Attempt attempt =
        tcp.connect(
            clientTls,
            remote,
            name,
            carrier -> {
              MuxQuicChannel channel =
                  new MuxQuicChannel(
                      carrier.connection(), carrier, streams, false, token -> {}, promise);
              begin(channel, connections, promise);
              return channel.listener();
            },
            reason -> QuicConnectException.of(remote, reason),
            promise::tryFailure);
    promise.addListener(
        done -> {
          if (done.isCancelled()) {
            attempt.cancel();
          }
        });
    return promise;
  }

  /** Sets up a channel whose handshake is about to begin, and bounds how long that takes. */
  private static void begin(
      MuxQuicChannel channel, ChannelSetup setup, Promise<QuicChannel> promise) {
    setup.apply(channel);
    limitTime(channel, promise);
    promise.addListener(
        done -> {
          if (done.isCancelled()) {
            channel.close();
          }
        });
    channel.eventLoop().register(channel);
  }

  private static void limitTime(MuxQuicChannel channel, Promise<QuicChannel> promise) {
    int limitMillis = channel.config().getConnectTimeoutMillis();
    if (limitMillis > 0) {
      ScheduledFuture<?> limit =
          channel
              .eventLoop()
              .schedule(channel::giveUpHandshake, limitMillis, TimeUnit.MILLISECONDS);
      promise.addListener(done -> limit.cancel(false));
    }
  }

  /** One connection being opened, on its event loop. */
  private record Attempt(
      ClientSockets sockets,
      TlsClientConfig tls,
      InetSocketAddress remote,
      String serverName,
      ChannelSetup connectionSetup,
      ChannelSetup streamSetup,
      boolean earlyData,
      TokenCache tokens,
      Promise<QuicChannel> promise) {

    void start(EventLoop loop) {
      sockets
          .driver(loop, remote)
          .addListener(
              (Future<UdpDriver> opened) -> {
                if (opened.isSuccess()) {
                  connect(opened.getNow());
                } else {
                  promise.tryFailure(opened.cause());
                }
              });
    }

    private void connect(UdpDriver driver) {
      if (promise.isCancelled()) {
        return;
      }
      try {
        // Servers that share a host have tokens of their own.
        String server = serverName + ":" + remote.getPort();
        DrivenConnection driven = driver.connect(tls, serverName, remote, tokens.take(server));
        MuxQuicChannel channel =
            new MuxQuicChannel(
                driven.connection,
                driven,
                streamSetup,
                earlyData,
                token -> tokens.add(server, token),
                promise);
        driven.listener(channel.listener());
        begin(channel, connectionSetup, promise);
        driven.wake();
      } catch (RuntimeException e) {
        promise.tryFailure(e);
      }
    }
  }
}
