package dev.memux.interop;

import dev.memux.cli.http09.Http09;
import dev.memux.cli.http09.Http09Client;
import dev.memux.cli.http09.Http09Server;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
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
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** An endpoint of the runner on Netty's native QUIC (quiche), as Netty's users write it. */
final class NettyEndpoint {
  private static final long IDLE_SECONDS = 30;
  private static final long CONNECTION_WINDOW_BYTES = 1 << 20;
  private static final long STREAM_WINDOW_BYTES = 512 << 10;
  private static final long MAX_STREAMS = 100;
  private static final int CONTROL_STREAMS = 3;

  /** For tickets, which come behind the handshake. */
  private static final long TICKET_MILLIS = 200;

  private final EndpointTask task;
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

  private NettyEndpoint(EndpointTask task) {
    this.task = task;
  }

  /** Serves until it is ended, or fetches and ends. */
  public static void main(String[] arguments) throws Exception {
    EndpointTask task = new EndpointTask(arguments);
    NettyEndpoint endpoint = new NettyEndpoint(task);
    if (task.isServer()) {
      endpoint.serve();
    } else {
      endpoint.fetch();
      System.exit(0);
    }
  }

  private static <B extends QuicCodecBuilder<B>> B configure(B codec) {
    return codec
        .maxIdleTimeout(IDLE_SECONDS, TimeUnit.SECONDS)
        .initialMaxData(CONNECTION_WINDOW_BYTES)
        .initialMaxStreamDataBidirectionalLocal(STREAM_WINDOW_BYTES)
        .initialMaxStreamDataBidirectionalRemote(STREAM_WINDOW_BYTES)
        .initialMaxStreamDataUnidirectional(STREAM_WINDOW_BYTES)
        .initialMaxStreamsBidirectional(MAX_STREAMS)
        .initialMaxStreamsUnidirectional(CONTROL_STREAMS);
  }

  private void serve() throws Exception {
    QuicSslContext tls =
        QuicSslContextBuilder.forServer(
                task.certificates().resolve("priv.key").toFile(),
                null,
                task.certificates().resolve("cert.pem").toFile())
            .applicationProtocols(task.protocol())
            .earlyData(true)
            .build();
    QuicServerCodecBuilder codec = configure(new QuicServerCodecBuilder()).sslContext(tls);
    if (task.testCase().equals("retry")) {
      codec.tokenHandler(InsecureQuicTokenHandler.INSTANCE);
    }
    if (task.protocol().equals(Http09.ALPN)) {
      codec.handler(new Nothing()).streamHandler(Http09Server.streams(task.www()));
    } else {
      codec.handler(
          initializer(
              connection ->
                  new Http3ServerConnectionHandler(initializer(stream -> new FileAnswer(task)))));
    }
    bind(codec.build(), task.listen()).closeFuture().sync();
  }

  private void fetch() throws Exception {
    QuicSslContext tls =
        QuicSslContextBuilder.forClient()
            .trustManager(InsecureTrustManagerFactory.INSTANCE)
            .applicationProtocols(task.protocol())
            .build();
    InetSocketAddress server = task.server();
    String host = server.getAddress().getHostAddress();
    ChannelHandler codec =
        configure(new QuicClientCodecBuilder())
            .sslEngineProvider(channel -> tls.newEngine(channel.alloc(), host, server.getPort()))
            .build();
    InetSocketAddress any =
        new InetSocketAddress(server.getAddress(), 0); // the same loopback address
    Channel socket = bind(codec, any);
    for (List<URI> urls : task.connections()) {
      boolean http09 = task.protocol().equals(Http09.ALPN);
      QuicChannel connection =
          QuicChannel.newBootstrap(socket)
              .handler(
                  initializer(
                      channel -> http09 ? new Nothing() : new Http3ClientConnectionHandler()))
              .remoteAddress(server)
              .connect()
              .get();
      if (http09) {
        fetchByHttp09(connection, urls);
      } else {
        fetchByHttp3(connection, urls);
      }
      if (task.testCase().equals("resumption")) {
        Thread.sleep(TICKET_MILLIS);
      }
      connection.close().sync();
    }
  }

  private void fetchByHttp09(QuicChannel connection, List<URI> urls) throws Exception {
    Map<String, Path> files = new LinkedHashMap<>();
    urls.forEach(url -> files.put(url.getPath(), task.target(url)));
    CompletableFuture<Void> done = new CompletableFuture<>();
    connection
        .eventLoop()
        .execute(
            () ->
                Http09Client.fetch(connection, files)
                    .whenComplete(
                        (nothing, failure) -> {
                          if (failure == null) {
                            done.complete(null);
                          } else {
                            done.completeExceptionally(failure);
                          }
                        }));
    done.get();
  }

  private void fetchByHttp3(QuicChannel connection, List<URI> urls) throws Exception {
    List<FileDownload> downloads = new ArrayList<>();
    for (URI url : urls) {
      FileDownload download = new FileDownload(task.target(url));
      downloads.add(download);
      QuicStreamChannel stream = Http3.newRequestStream(connection, download).get();
      Http3HeadersFrame head = new DefaultHttp3HeadersFrame();
      head.headers()
          .method("GET")
          .path(url.getPath())
          .scheme("https")
          .authority(url.getAuthority());
      stream.writeAndFlush(head).addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    }
    for (FileDownload download : downloads) {
      download.done.get();
    }
  }

  private Channel bind(ChannelHandler codec, InetSocketAddress address)
      throws InterruptedException {
    return new Bootstrap()
        .group(group)
        .channel(NioDatagramChannel.class)
        .handler(codec)
        .bind(address)
        .sync()
        .channel();
  }

  /** Makes the handler of a channel. */
  private interface Handlers {
    ChannelHandler of(Channel channel);
  }

  private static ChannelInitializer<Channel> initializer(Handlers handlers) {
    return new ChannelInitializer<>() {
      @Override
      public boolean isSharable() {
        return true;
      }

      @Override
      protected void initChannel(Channel channel) {
        channel.pipeline().addLast(handlers.of(channel));
      }
    };
  }

  /** A connection whose streams are all that is looked at. */
  @ChannelHandler.Sharable
  private static final class Nothing extends ChannelInboundHandlerAdapter {}

  /** Answers one request with a file. */
  private static final class FileAnswer extends Http3RequestStreamInboundHandler {
    private final EndpointTask task;

    FileAnswer(EndpointTask task) {
      this.task = task;
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame)
        throws IOException {
      byte[] content = Files.readAllBytes(task.file(String.valueOf(frame.headers().path())));
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
