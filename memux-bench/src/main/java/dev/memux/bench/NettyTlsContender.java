package dev.memux.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** TLS 1.3 over TCP on Netty's epoll channels, with BoringSSL (netty-tcnative). */
final class NettyTlsContender implements Contender {
  private static final String[] VERSIONS = {"TLSv1.3"};
  private static final String[] GROUPS = {"X25519"};
  private static final int BACKLOG = 1024;

  @Override
  public Set<Workload> workloads() {
    return EnumSet.of(Workload.BULK, Workload.REQUESTS_100, Workload.HANDSHAKES);
  }

  private static EventLoopGroup newGroup(Setting setting) {
    return new MultiThreadIoEventLoopGroup(setting.loops(), EpollIoHandler.newFactory());
  }

  @Override
  public Contender.Server listen(Setting setting) throws IOException, InterruptedException {
    SslContext tls =
        SslContextBuilder.forServer(
                setting.credentials().chain().toFile(), setting.credentials().key().toFile())
            .sslProvider(SslProvider.OPENSSL)
            .protocols(VERSIONS)
            .option(OpenSslContextOption.GROUPS, GROUPS)
            .build();
    EventLoopGroup group = newGroup(setting);
    Channel socket =
        new ServerBootstrap()
            .group(group)
            .channel(EpollServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(tls.newHandler(channel.alloc()), new RequestHandler(false));
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    return new Server(group, socket);
  }

  private record Server(EventLoopGroup group, Channel socket) implements Contender.Server {
    @Override
    public int port() {
      return ((InetSocketAddress) socket.localAddress()).getPort();
    }

    @Override
    public void close() {
      socket.close().syncUninterruptibly();
      NettyFutures.shutdown(group);
    }
  }

  @Override
  public Load connect(Setting setting, int port) throws Exception {
    return new NettyLoad(new Client(setting, port), setting.workload());
  }

  private static final class Client implements NettyClient {
    private final EventLoopGroup group;
    private final CountingTrust trust;
    private final SslContext tls;
    private final InetSocketAddress server;
    private final AtomicInteger next = new AtomicInteger();

    Client(Setting setting, int port) throws IOException, GeneralSecurityException {
      group = newGroup(setting);
      trust = CountingTrust.in(setting.credentials().root());
      tls = newContext(trust);
      server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static SslContext newContext(CountingTrust trust) throws SSLException {
      return SslContextBuilder.forClient()
          .sslProvider(SslProvider.OPENSSL)
          .protocols(VERSIONS)
          .trustManager(trust)
          .endpointIdentificationAlgorithm("HTTPS")
          .option(OpenSslContextOption.GROUPS, GROUPS)
          .build();
    }

    @Override
    public CompletableFuture<Connection> connect(int worker) {
      ChannelFuture connecting =
          new Bootstrap()
              .group(group)
              .channel(EpollSocketChannel.class)
              .option(ChannelOption.TCP_NODELAY, true)
              .handler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel.pipeline().addLast(newHandler(channel), new TlsConnection(channel));
                    }
                  })
              .connect(server);
      return NettyFutures.of(connecting)
          .thenCompose(done -> handshake(connecting.channel()))
          .thenApply(channel -> channel.pipeline().get(TlsConnection.class));
    }

    private SslHandler newHandler(Channel channel) {
      // Sessions are found by name and port; as each has a port of its own, none is resumed.
      return tls.newHandler(channel.alloc(), Credentials.SERVER_NAME, next.incrementAndGet());
    }

    private static CompletableFuture<Channel> handshake(Channel channel) {
      return NettyFutures.of(channel.pipeline().get(SslHandler.class).handshakeFuture());
    }

    @Override
    public long fullHandshakes() {
      return trust.checks();
    }

    @Override
    public void close() {
      NettyFutures.shutdown(group);
    }
  }

  /** One exchange at a time. */
  private static final class TlsConnection extends ChannelInboundHandlerAdapter
      implements NettyClient.Connection {
    private final Channel channel;
    private NettyClient.@Nullable Callback callback;
    private long at;
    private long end;

    TlsConnection(Channel channel) {
      this.channel = channel;
    }

    @Override
    public void exchange(long responseBytes, NettyClient.Callback onEnd) {
      if (!channel.eventLoop().inEventLoop()) {
        channel.eventLoop().execute(() -> exchange(responseBytes, onEnd));
        return;
      }
      callback = onEnd;
      at = 0;
      end = responseBytes;
      channel.writeAndFlush(Unpooled.wrappedBuffer(Exchange.request(responseBytes)));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
      ByteBuf buffer = (ByteBuf) message;
      try {
        at += ResponseHandler.take(buffer, at);
      } finally {
        buffer.release();
      }
      if (at >= end) {
        NettyClient.Callback waiting = Objects.requireNonNull(callback);
        callback = null;
        waiting.onDone();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      fail(new EOFException("the connection ended after " + at + " bytes of a response"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      fail(cause);
    }

    private void fail(Throwable cause) {
      if (callback != null) {
        callback.onFailed(cause);
        callback = null;
      }
    }

    @Override
    public String description() {
      SslHandler tls = channel.pipeline().get(SslHandler.class);
      return tls.engine().getSession().getCipherSuite() + ", BoringSSL, epoll";
    }

    @Override
    public void close() {
      channel.close();
    }
  }
}
