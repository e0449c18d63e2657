package dev.memux.bench;

import dev.memux.netty.StreamLimitChangedEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
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
import io.netty.handler.codec.quic.QuicStreamLimitChangedEvent;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

/**
 * One small file by HTTP/3: a server and a client with Netty's codec, on any implementation of its
 * QUIC channels.
 */
final class Http3Application {
  /** The file that is asked for. */
  static final String FILE = "small.bin";

  static final int FILE_BYTES = Exchange.RESPONSE_BYTES;

  private Http3Application() {}

  static Contender.Server listen(QuicStack stack, Setting setting) throws Exception {
    ByteBuf file =
        Unpooled.unreleasableBuffer(
            Unpooled.directBuffer(FILE_BYTES).writeZero(FILE_BYTES).asReadOnly());
    return stack.listen(
        setting,
        Http3.supportedApplicationProtocols(),
        new ChannelInitializer<QuicChannel>() {
          @Override
          protected void initChannel(QuicChannel connection) {
            connection
                .pipeline()
                .addLast(
                    new Http3ServerConnectionHandler(
                        new ChannelInitializer<QuicStreamChannel>() {
                          @Override
                          protected void initChannel(QuicStreamChannel stream) {
                            stream.pipeline().addLast(new FileHandler(file));
                          }
                        }));
          }
        },
        new Plain());
  }

  /**
   * A client on {@code own}; or on Netty's native QUIC, if all servers are to have the same one.
   */
  static Load connect(QuicStack own, Setting setting, int port) throws Exception {
    QuicStack stack = setting.workload() == Workload.HTTP3_ONE_CLIENT ? new NativeStack() : own;
    return new NettyLoad(
        new Client(
            stack.connector(
                setting,
                Http3.supportedApplicationProtocols(),
                new ChannelInitializer<QuicChannel>() {
                  @Override
                  protected void initChannel(QuicChannel connection) {
                    connection
                        .pipeline()
                        .addLast(new Http3ClientConnectionHandler(), new StreamLimit());
                  }
                },
                new Plain(),
                port),
            Credentials.SERVER_NAME + ":" + port),
        setting.workload());
  }

  /** Answers any request with the file. */
  private static final class FileHandler extends Http3RequestStreamInboundHandler {
    private final ByteBuf file;

    FileHandler(ByteBuf file) {
      this.file = file;
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame request) {}

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame body) {
      body.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      Http3HeadersFrame head = new DefaultHttp3HeadersFrame();
      head.headers()
          .status("200")
          .add("content-type", "application/octet-stream")
          .addLong("content-length", FILE_BYTES);
      ctx.write(head);
      ctx.writeAndFlush(new DefaultHttp3DataFrame(file.duplicate()))
          .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    }
  }

  private record Client(QuicStack.Connector connector, String authority) implements NettyClient {
    @Override
    public CompletableFuture<Connection> connect(int worker) {
      return connector
          .connect(worker)
          .thenApply(made -> new Http3Connection(connector, made, authority));
    }

    @Override
    public long fullHandshakes() {
      return connector.fullHandshakes();
    }

    @Override
    public void close() {
      connector.close();
    }
  }

  private record Http3Connection(
      QuicStack.Connector connector, QuicChannel channel, String authority)
      implements NettyClient.Connection {
    @Override
    public void exchange(long responseBytes, NettyClient.Callback callback) {
      if (channel.eventLoop().inEventLoop()) {
        open(callback);
      } else {
        channel.eventLoop().execute(() -> open(callback));
      }
    }

    private void open(NettyClient.Callback callback) {
      if (channel.isActive() && channel.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) == 0) {
        channel.pipeline().get(StreamLimit.class).await(() -> open(callback));
        return;
      }
      Http3.newRequestStream(channel, new Answer(callback))
          .addListener(
              (Future<QuicStreamChannel> opened) -> {
                if (opened.isSuccess()) {
                  request(opened.getNow());
                } else {
                  callback.onFailed(opened.cause());
                }
              });
    }

    private void request(QuicStreamChannel stream) {
      Http3HeadersFrame head = new DefaultHttp3HeadersFrame();
      head.headers().method("GET").path("/" + FILE).scheme("https").authority(authority);
      stream.writeAndFlush(head).addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    }

    @Override
    public String description() {
      return connector.description(channel);
    }

    @Override
    public void close() {
      channel.close();
    }
  }

  /**
   * Who waits until the server allows more streams. To try would not do: Netty's QUIC does not use
   * a stream's ID again that the limit has refused, and comes ever further above it.
   */
  private static final class StreamLimit extends ChannelInboundHandlerAdapter {
    private final Queue<Runnable> waiting = new ArrayDeque<>();

    void await(Runnable task) {
      waiting.add(task);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof QuicStreamLimitChangedEvent
          || event instanceof StreamLimitChangedEvent) { // memux's, which cannot make Netty's
        resume();
      }
      ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      resume(); // they fail
      ctx.fireChannelInactive();
    }

    private void resume() {
      for (int i = waiting.size(); i > 0; i--) {
        waiting.remove().run();
      }
    }
  }

  /** Takes an answer, which has to be the file. */
  private static final class Answer extends Http3RequestStreamInboundHandler {
    private final NettyClient.Callback callback;
    private boolean found;
    private int bytes;
    private boolean over;

    Answer(NettyClient.Callback callback) {
      this.callback = callback;
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame head) {
      found = head.headers().status() != null && "200".contentEquals(head.headers().status());
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame body) {
      bytes += body.content().readableBytes();
      body.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      end(new IOException("an answer of " + bytes + " bytes" + (found ? "" : ", and no file")));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      end(new IOException("the stream was closed after " + bytes + " bytes"));
    }

    private void end(IOException failure) {
      if (over) {
        return;
      }
      over = true;
      if (found && bytes == FILE_BYTES) {
        callback.onDone();
      } else {
        callback.onFailed(failure);
      }
    }
  }
}
