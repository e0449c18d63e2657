package dev.memux.http;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.ProcessMemory;
import dev.memux.netty.QmuxAcceptor;
import dev.memux.netty.QmuxAlpn;
import dev.memux.netty.TcpTls;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateHandler;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server of HTTP/2, HTTP/1.1 and, over QMux, HTTP/3 over TLS without its sockets: its {@link
 * #initializer()} makes any accepted TCP connection serve. Every answer names HTTP/3 at the same
 * port (RFC 7838), so that who comes by TCP moves on. Any thread may call it.
 */
public final class HttpsService {
  /** A request line longer than this is answered with 414 (RFC 9112 §3). */
  public static final int MAX_REQUEST_LINE_BYTES = 16 * 1024;

  // In IANA's registry of ALPN tokens; curl --http1.0 offers nothing else.
  private static final String HTTP_1_0 = "http/1.0";

  private static final List<String> APPLICATION_PROTOCOLS =
      List.of(
          QmuxAlpn.of(Http3Service.ALPN),
          ApplicationProtocolNames.HTTP_2,
          ApplicationProtocolNames.HTTP_1_1,
          HTTP_1_0);

  /** How long clients may remember that there is HTTP/3. */
  private static final Duration ALTERNATIVE_LIFETIME = Duration.ofDays(1);

  private static final Logger LOG = LoggerFactory.getLogger(HttpsService.class);
  private static final int FLUSH_AFTER_WRITES = 64;

  private final RequestHandler handler;
  private final HttpsConfig config;
  private final ServedConnections connections = new ServedConnections();
  private final QmuxAcceptor qmux;
  private volatile TcpTls tls;
  private volatile @Nullable Consumer<ConnectionSummary> onConnected;

  /**
   * A service that lets {@code handler} answer every request.
   *
   * @throws IllegalArgumentException if TLS cannot work with these credentials
   */
  public HttpsService(
      RequestHandler handler, List<TlsCredentials> credentials, HttpsConfig config) {
    this.handler = handler;
    this.config = config;
    qmux = new QmuxAcceptor(qmux(config), ProcessMemory.shared());
    tls = tls(credentials);
  }

  private static QuicConfig qmux(HttpsConfig config) {
    MuxConfig streams = QuicConfig.DEFAULT.mux();
    return QuicConfig.DEFAULT.withMux(
        streams.withStreams(config.maxConcurrentStreams(), streams.maxUniStreams()));
  }

  /**
   * Presents these from the next connection on.
   *
   * @throws IllegalArgumentException if TLS cannot work with them; the earlier ones stay
   */
  public void credentials(List<TlsCredentials> credentials) {
    tls = tls(credentials);
  }

  private static TcpTls tls(List<TlsCredentials> credentials) {
    TlsServerConfig config =
        TlsServerConfig.builder()
            .credentials(credentials.toArray(TlsCredentials[]::new))
            .applicationProtocols(Http3Service.ALPN)
            .build();
    return TcpTls.server(config, APPLICATION_PROTOCOLS);
  }

  /** The handler for accepted connections; one serves all. */
  public ChannelHandler initializer() {
    return new ChannelInitializer<SocketChannel>() {
      @Override
      protected void initChannel(SocketChannel channel) {
        accept(channel);
      }

      @Override
      public boolean isSharable() {
        return true;
      }
    };
  }

  /** Who is told of each connection, on its event loop and after its handshake; must not block. */
  public void onConnected(Consumer<ConnectionSummary> listener) {
    onConnected = listener;
  }

  /** How many connections are open. */
  public int connectionCount() {
    return connections.size();
  }

  /**
   * Ends all connections: clients are told (GOAWAY, {@code Connection: close}), requests under way
   * finish within {@code limit}, what is left then is closed. Completes when none is open.
   */
  public CompletionStage<Void> drain(Duration limit) {
    return connections.drain(limit);
  }

  private void accept(SocketChannel channel) {
    if (connections.size() >= config.maxConnections()) {
      LOG.debug("{} refused: {} connections are open", channel, config.maxConnections());
      channel.close();
      return;
    }
    SslHandler secure = tls.newHandler(channel.alloc());
    secure.setHandshakeTimeoutMillis(config.handshakeTimeout().toMillis());
    channel.pipeline().addLast(new PlainTextRefusal(), secure);
    Consumer<ConnectionSummary> listener = onConnected;
    if (listener != null) {
      channel.pipeline().addLast(new HandshakeObserver(listener));
    }
    channel.pipeline().addLast(new Negotiation());
    connections.add(new Handshaking(channel));
  }

  private void begin(Channel channel, String protocol) {
    if (QmuxAlpn.isQmux(protocol)) {
      qmux.accept(channel, http3(channel));
      return;
    }
    String alternatives = alternatives(channel);
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addLast(
        new IdleStateHandler(true, 0, 0, config.stallTimeout().toNanos(), TimeUnit.NANOSECONDS),
        new FlushConsolidationHandler(FLUSH_AFTER_WRITES, true));
    if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
      connections.add(Http2ServerConnection.begin(channel, handler, alternatives, config));
      return;
    }
    Http1ServerConnection connection =
        new Http1ServerConnection(channel, handler, alternatives, config.idleTimeout().toNanos());
    pipeline.addLast(
        new HttpServerCodec(
            new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_REQUEST_LINE_BYTES)
                .setMaxHeaderSize(Http3Service.MAX_FIELD_SECTION_BYTES),
            Http1ServerConnection.MAX_PIPELINED),
        connection);
    connections.add(connection);
  }

  /** The same as over QUIC, on streams that TCP carries. */
  private ChannelHandler http3(Channel tcp) {
    return new ChannelInitializer<QuicChannel>() {
      @Override
      protected void initChannel(QuicChannel channel) {
        connections.add(new Http3OverTcp(tcp, Http3ServerConnection.begin(channel, handler)));
      }
    };
  }

  private static String alternatives(Channel channel) {
    int port = ((InetSocketAddress) channel.localAddress()).getPort();
    return Http3Service.ALPN + "=\":" + port + "\"; ma=" + ALTERNATIVE_LIFETIME.toSeconds();
  }

  /** Waits for the end of the handshake. */
  private final class Negotiation extends ApplicationProtocolNegotiationHandler {
    Negotiation() {
      super(ApplicationProtocolNames.HTTP_1_1); // for who does not know ALPN
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
      begin(ctx.channel(), protocol);
    }

    @Override
    protected void handshakeFailure(ChannelHandlerContext ctx, Throwable cause) {
      LOG.debug("{}: TLS failed", ctx.channel(), cause);
      ctx.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      LOG.debug("{}", ctx.channel(), cause);
      ctx.close();
    }
  }

  /** Counts as its TCP connection, which a channel of streams is on top of. */
  private record Http3OverTcp(Channel channel, Http3ServerConnection connection)
      implements ServedConnection {
    @Override
    public void drain() {
      connection.drain();
    }

    @Override
    public void closeNow() {
      connection.closeNow();
    }
  }

  /** A connection of which nobody knows yet what it will speak. */
  private record Handshaking(Channel channel) implements ServedConnection {
    @Override
    public void drain() {
      channel.close();
    }

    @Override
    public void closeNow() {
      channel.close();
    }
  }
}
