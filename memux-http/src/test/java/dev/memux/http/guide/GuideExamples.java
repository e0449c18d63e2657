package dev.memux.http.guide;

import dev.memux.engine.mux.DatagramConfig;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.netty.CarrierType;
import dev.memux.netty.IoTransport;
import dev.memux.netty.MuxException;
import dev.memux.netty.MuxQuicChannel;
import dev.memux.netty.MuxQuicStreamChannel;
import dev.memux.netty.ProcessMemory;
import dev.memux.netty.QuicClientBootstrap;
import dev.memux.netty.QuicServer;
import dev.memux.netty.QuicServerBootstrap;
import dev.memux.tls.Pem;
import dev.memux.tls.SessionCache;
import dev.memux.tls.StrikeRegister;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.http3.Http3ServerConnectionHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The code of {@code docs/netty.md}; {@link NettyGuideTest} sees to it that both are the same. */
final class GuideExamples {
  private GuideExamples() {}

  static QuicServer server(EventLoopGroup loops, Path certificate, Path key) throws Exception {
    int port = 0;
    // region server
    TlsServerConfig tls =
        TlsServerConfig.builder()
            .credentials(TlsCredentials.fromPem(certificate, key))
            .applicationProtocols("echo")
            .build();
    QuicServer server =
        new QuicServerBootstrap()
            .group(loops)
            .tls(tls)
            .streamHandler(
                new ChannelInitializer<QuicStreamChannel>() {
                  @Override
                  protected void initChannel(QuicStreamChannel stream) {
                    stream.pipeline().addLast(new Echo());
                  }
                })
            .bind(new InetSocketAddress(port)) // IPv4 and IPv6
            .get();
    // endregion
    return server;
  }

  // region echo
  static final class Echo extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ctx.write(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event == ChannelInputShutdownReadComplete.INSTANCE) { // the peer's FIN
        ((QuicStreamChannel) ctx.channel()).shutdownOutput(); // ours, after all that was written
      }
    }
  }

  // endregion

  static String overTcp(EventLoopGroup loops, TlsServerConfig serverTls, TlsClientConfig clientTls)
      throws Exception {
    // region tcp
    QuicServer server =
        new QuicServerBootstrap()
            .carrier(CarrierType.TCP)
            .group(loops)
            .tls(serverTls)
            .streamHandler(new ChannelInboundHandlerAdapter())
            .bind(new InetSocketAddress("localhost", 0))
            .get();
    QuicChannel channel =
        new QuicClientBootstrap()
            .carrier(CarrierType.TCP)
            .group(loops)
            .tls(clientTls)
            .connect(server.localAddress(), "localhost")
            .get();
    // endregion
    String protocol = ((MuxQuicChannel) channel).tlsSession().applicationProtocol();
    server.close().sync();
    return protocol;
  }

  static String client(EventLoopGroup loops, InetSocketAddress address, Path trusted)
      throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    // region client
    TlsClientConfig tls =
        TlsClientConfig.builder()
            .trustedCertificates(Pem.certificates(trusted)) // without it: what the JDK trusts
            .applicationProtocols("echo")
            .build();
    QuicChannel connection =
        new QuicClientBootstrap().group(loops).tls(tls).connect(address, "localhost").get();
    QuicStreamChannel stream =
        connection.createStream(QuicStreamType.BIDIRECTIONAL, new Collect(answer)).get();
    stream.writeAndFlush(Unpooled.copiedBuffer("hello", StandardCharsets.UTF_8));
    stream.shutdownOutput();
    // endregion
    String text = answer.get(10, TimeUnit.SECONDS);
    connection.close().sync();
    return text;
  }

  /** Collects what arrives until the end. */
  private static final class Collect extends SimpleChannelInboundHandler<ByteBuf> {
    private final StringBuilder text = new StringBuilder();
    private final CompletableFuture<String> all;

    Collect(CompletableFuture<String> all) {
      this.all = all;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
      text.append(message.toString(StandardCharsets.UTF_8));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      all.complete(text.toString());
    }
  }

  static QuicServer http3Server(EventLoopGroup loops, Path certificate, Path key) throws Exception {
    int port = 0;
    // region http3-server
    TlsServerConfig tls =
        TlsServerConfig.builder()
            .credentials(TlsCredentials.fromPem(certificate, key))
            .applicationProtocols(Http3.supportedApplicationProtocols())
            .build();
    QuicServer server =
        new QuicServerBootstrap()
            .group(loops)
            .tls(tls)
            .childHandler(
                new ChannelInitializer<QuicChannel>() {
                  @Override
                  protected void initChannel(QuicChannel connection) {
                    connection
                        .pipeline()
                        .addLast(
                            new Http3ServerConnectionHandler(
                                new ChannelInitializer<QuicStreamChannel>() {
                                  @Override
                                  protected void initChannel(QuicStreamChannel request) {
                                    request.pipeline().addLast(new Hello());
                                  }
                                }));
                  }
                })
            .bind(new InetSocketAddress(port))
            .get();
    // endregion
    return server;
  }

  // region http3-handler
  static final class Hello extends Http3RequestStreamInboundHandler {
    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame request) {}

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame body) {
      body.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) { // the request is complete
      Http3HeadersFrame head = new DefaultHttp3HeadersFrame();
      head.headers().status("200");
      ctx.write(head);
      ctx.writeAndFlush(
              new DefaultHttp3DataFrame(Unpooled.copiedBuffer("hello", StandardCharsets.UTF_8)))
          .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    }
  }

  // endregion

  static String http3Client(EventLoopGroup loops, InetSocketAddress address, Path trusted)
      throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    // region http3-client
    TlsClientConfig tls =
        TlsClientConfig.builder()
            .trustedCertificates(Pem.certificates(trusted))
            .applicationProtocols(Http3.supportedApplicationProtocols())
            .build();
    QuicChannel connection =
        new QuicClientBootstrap()
            .group(loops)
            .tls(tls)
            .handler(
                new ChannelInitializer<QuicChannel>() {
                  @Override
                  protected void initChannel(QuicChannel channel) {
                    channel.pipeline().addLast(new Http3ClientConnectionHandler());
                  }
                })
            .connect(address, "localhost")
            .get();
    QuicStreamChannel request = Http3.newRequestStream(connection, new Response(answer)).get();
    Http3HeadersFrame head = new DefaultHttp3HeadersFrame();
    head.headers().method("GET").path("/").scheme("https").authority("localhost");
    request.writeAndFlush(head).addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    // endregion
    String text = answer.get(10, TimeUnit.SECONDS);
    connection.close().sync();
    return text;
  }

  /** Collects the body of a response. */
  private static final class Response extends Http3RequestStreamInboundHandler {
    private final StringBuilder text = new StringBuilder();
    private final CompletableFuture<String> all;

    Response(CompletableFuture<String> all) {
      this.all = all;
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {}

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      text.append(frame.content().toString(StandardCharsets.UTF_8));
      frame.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      all.complete(text.toString());
    }
  }

  static EventLoopGroup loops() {
    // region loops
    EventLoopGroup loops = IoTransport.preferred().newEventLoopGroup(0); // 0: Netty's default
    // endregion
    return loops;
  }

  static QuicServerBootstrap configured() {
    // region config
    QuicConfig config =
        QuicConfig.DEFAULT
            .withMaxIdleTimeoutNanos(TimeUnit.SECONDS.toNanos(60))
            .withHandshakeTimeoutNanos(TimeUnit.SECONDS.toNanos(5))
            .withMux(MuxConfig.DEFAULT.withStreams(1000, 10)); // bidirectional, unidirectional
    QuicServerBootstrap bootstrap =
        new QuicServerBootstrap()
            .config(config)
            .streamOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(32_768, 65_536));
    // endregion
    return bootstrap;
  }

  // region writer
  /** Writes what a source has, as fast as the peer reads and no faster. */
  abstract static class Writer extends ChannelInboundHandlerAdapter {
    /** The next piece; null at the end. */
    abstract ByteBuf next();

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      writeWhileWritable(ctx.channel());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      writeWhileWritable(ctx.channel());
    }

    private void writeWhileWritable(Channel channel) {
      while (channel.isWritable() && channel.isActive()) {
        ByteBuf piece = next();
        if (piece == null) {
          ((QuicStreamChannel) channel).shutdownOutput();
          return;
        }
        channel.writeAndFlush(piece);
      }
    }
  }

  // endregion

  static ChannelFuture priorities(QuicStreamChannel stream) {
    // region priority
    stream.updatePriority(new QuicStreamPriority(1, true)); // urgency 0 to 7, incremental
    // endregion
    // region delivered
    ((MuxQuicStreamChannel) stream)
        .deliveredFuture()
        .addListener(done -> System.out.println("the peer has everything"));
    // endregion
    return stream.closeFuture();
  }

  static QuicConfig datagrams() {
    // region datagrams
    QuicConfig config =
        QuicConfig.DEFAULT.withMux(MuxConfig.DEFAULT.withDatagrams(DatagramConfig.ENABLED));
    // endregion
    return config;
  }

  // region datagram-handler
  static final class Ticker extends ChannelInboundHandlerAdapter {
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event == SslHandshakeCompletionEvent.SUCCESS
          && ((MuxQuicChannel) ctx.channel()).maxDatagramLength() >= 4) {
        ctx.writeAndFlush(Unpooled.copyInt(42)); // may be lost, may overtake
      }
      ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof ByteBuf datagram) {
        System.out.println("a datagram of " + datagram.readableBytes() + " bytes");
        datagram.release();
      } else {
        ctx.fireChannelRead(message); // streams that the peer has opened
      }
    }
  }

  // endregion

  /** What a client reads that a server's {@link Ticker} has written. */
  static int datagram(EventLoopGroup loops, Path certificate, Path key) throws Exception {
    CompletableFuture<Integer> read = new CompletableFuture<>();
    QuicServer server =
        new QuicServerBootstrap()
            .group(loops)
            .config(datagrams())
            .tls(
                TlsServerConfig.builder()
                    .credentials(TlsCredentials.fromPem(certificate, key))
                    .applicationProtocols("tick")
                    .build())
            .childHandler(
                new ChannelInitializer<QuicChannel>() {
                  @Override
                  protected void initChannel(QuicChannel connection) {
                    connection.pipeline().addLast(new Ticker());
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .get();
    QuicChannel connection =
        new QuicClientBootstrap()
            .group(loops)
            .config(datagrams())
            .tls(
                TlsClientConfig.builder()
                    .trustedCertificates(Pem.certificates(certificate))
                    .applicationProtocols("tick")
                    .build())
            .handler(
                new SimpleChannelInboundHandler<ByteBuf>() {
                  @Override
                  protected void channelRead0(ChannelHandlerContext ctx, ByteBuf datagram) {
                    read.complete(datagram.readInt());
                  }
                })
            .connect(server.localAddress(), "localhost")
            .get();
    int number = read.get(10, TimeUnit.SECONDS);
    connection.close().sync();
    server.close().sync();
    return number;
  }

  static QuicClientBootstrap earlyClient(EventLoopGroup loops, SessionCache sessions) {
    // region early-client
    TlsClientConfig tls =
        TlsClientConfig.builder()
            .applicationProtocols("echo")
            .sessionCache(sessions, InstantSource.system())
            .offerEarlyData()
            .build();
    QuicClientBootstrap bootstrap = new QuicClientBootstrap().group(loops).tls(tls).earlyData(true);
    // endregion
    return bootstrap;
  }

  static TlsServerConfig earlyServer(TlsCredentials credentials) {
    // region early-server
    InstantSource clock = InstantSource.system();
    TlsServerConfig tls =
        TlsServerConfig.builder()
            .credentials(credentials)
            .applicationProtocols("echo")
            .ticketKeys(new TicketKeys(Duration.ofDays(1), clock, new SecureRandom()))
            .earlyData(
                new StrikeRegister(
                    StrikeRegister.DEFAULT_WINDOW, StrikeRegister.DEFAULT_MAX_ENTRIES, clock),
                new byte[0]) // what clients remember of the application's settings
            .build();
    // endregion
    return tls;
  }

  static void early(ChannelHandlerContext ctx) {
    // region early-handler
    if (((MuxQuicStreamChannel) ctx.channel()).isEarly()) {
      refuse(ctx); // it may be a replay: the client has to ask again
    }
    // endregion
  }

  private static void refuse(ChannelHandlerContext ctx) {
    ctx.close();
  }

  static List<Object> memory() {
    // region memory
    ProcessMemory memory = new ProcessMemory(256 << 20);
    QuicServerBootstrap server = new QuicServerBootstrap().memory(memory);
    QuicClientBootstrap client = new QuicClientBootstrap().memory(memory);
    // endregion
    return List.of(server, client);
  }

  static void routingKey(QuicServerBootstrap server, byte[] secret) {
    // region routing-key
    server.routingKey(secret); // QuicEndpoint.ROUTING_KEY_BYTES, kept from one start to the next
    // endregion
  }

  static String failure(Throwable failure) {
    // region failure
    String what =
        switch (MuxException.behind(failure)) {
          case MuxException.Peer e -> "the other application gave up with code " + e.code();
          case MuxException.Transport e -> "protocol error " + Long.toHexString(e.code());
          case MuxException.Timeout e -> "no answer in time";
          case MuxException.CarrierLost e -> "lost after " + e.bytesAcknowledged() + " bytes";
          case MuxException.Local e -> "this side closed it";
          case null -> "not memux's: " + failure;
        };
    // endregion
    return what;
  }

  static void reload(QuicServer server, TlsServerConfig renewed) {
    // region reload
    server.reload(renewed); // for handshakes from now on; connections go on
    // endregion
  }

  static void stop(QuicServer server, EventLoopGroup loops) {
    // region stop
    server.stopAccepting(); // new clients are refused, open connections go on
    server.connections().newCloseFuture().awaitUninterruptibly(30, TimeUnit.SECONDS);
    server.close().syncUninterruptibly(); // closes what is left, then the sockets
    loops.shutdownGracefully();
    // endregion
  }
}
