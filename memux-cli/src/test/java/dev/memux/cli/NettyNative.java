package dev.memux.cli;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.http3.Http3ServerConnectionHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** An HTTP/3 client and server on Netty's native QUIC, as its users write them. */
final class NettyNative implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 120;
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

  /** Serves the files of a folder and returns the port. */
  int serve(Path root, Path certificate, Path key) throws Exception {
    QuicSslContext tls =
        QuicSslContextBuilder.forServer(key.toFile(), null, certificate.toFile())
            .applicationProtocols(Http3.supportedApplicationProtocols())
            .build();
    ChannelHandler codec =
        Http3.newQuicServerCodecBuilder()
            .sslContext(tls)
            .maxIdleTimeout(30, TimeUnit.SECONDS)
            .initialMaxData(10 << 20)
            .initialMaxStreamDataBidirectionalRemote(1 << 20)
            .initialMaxStreamsBidirectional(100)
            .handler(
                initializer(
                    connection ->
                        new Http3ServerConnectionHandler(
                            initializer(stream -> new FileAnswer(root)))))
            .build();
    return ((InetSocketAddress) bind(codec).localAddress()).getPort();
  }

  /** Fetches all files over one connection, at once. */
  void fetch(int port, Path certificate, List<String> names, Path into) throws Exception {
    QuicSslContext tls =
        QuicSslContextBuilder.forClient()
            .trustManager(certificate.toFile())
            .applicationProtocols(Http3.supportedApplicationProtocols())
            .build();
    ChannelHandler codec =
        Http3.newQuicClientCodecBuilder()
            .sslEngineProvider(channel -> tls.newEngine(channel.alloc(), "localhost", port))
            .maxIdleTimeout(30, TimeUnit.SECONDS)
            .initialMaxData(10 << 20)
            .initialMaxStreamDataBidirectionalLocal(1 << 20)
            .build();
    QuicChannel connection =
        QuicChannel.newBootstrap(bind(codec))
            .handler(initializer(channel -> new Http3ClientConnectionHandler()))
            .remoteAddress(new InetSocketAddress(LOOPBACK, port))
            .connect()
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    List<FileDownload> downloads = new ArrayList<>();
    for (String name : names) {
      FileDownload download = new FileDownload(into.resolve(name));
      downloads.add(download);
      QuicStreamChannel stream =
          Http3.newRequestStream(connection, download).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      Http3HeadersFrame head = new DefaultHttp3HeadersFrame();
      head.headers().method("GET").path("/" + name).scheme("https").authority("localhost:" + port);
      stream.writeAndFlush(head).addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    }
    for (FileDownload download : downloads) {
      download.done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
    connection.close().sync();
  }

  private Channel bind(ChannelHandler codec) throws InterruptedException {
    return new Bootstrap()
        .group(group)
        .channel(NioDatagramChannel.class)
        .handler(codec)
        .bind(LOOPBACK, 0)
        .sync()
        .channel();
  }

  @Override
  public void close() {
    group
        .shutdownGracefully(0, PATIENCE_SECONDS, TimeUnit.SECONDS)
        .awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Makes the last handler of a channel. */
  private interface Handlers {
    ChannelHandler of(Channel channel);
  }

  private static ChannelInitializer<Channel> initializer(Handlers handlers) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channel.pipeline().addLast(handlers.of(channel));
      }
    };
  }

  /** Answers one request with a file. */
  private static final class FileAnswer extends Http3RequestStreamInboundHandler {
    private final Path root;

    FileAnswer(Path root) {
      this.root = root;
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame)
        throws IOException {
      byte[] content =
          Files.readAllBytes(root.resolve(frame.headers().path().toString().substring(1)));
      Http3HeadersFrame head = new DefaultHttp3HeadersFrame();
      head.headers().status("200").addInt("content-length", content.length);
      ctx.write(head);
      ctx.writeAndFlush(new DefaultHttp3DataFrame(Unpooled.wrappedBuffer(content)))
          .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      ReferenceCountUtil.release(frame);
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {}
  }

  /** Writes one answer to a file. */
  private static final class FileDownload extends Http3RequestStreamInboundHandler {
    final CompletableFuture<Void> done = new CompletableFuture<>();
    private final OutputStream file;

    FileDownload(Path path) throws IOException {
      file = Files.newOutputStream(path);
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      String status = String.valueOf(frame.headers().status());
      if (!status.equals("200")) {
        done.completeExceptionally(new IOException("status " + status));
      }
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) throws IOException {
      frame.content().readBytes(file, frame.content().readableBytes());
      frame.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) throws IOException {
      file.close();
      done.complete(null);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      done.completeExceptionally(cause);
    }
  }
}
