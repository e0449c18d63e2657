package dev.memux.cli;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/** Over HTTP/2: a client that memux has for measuring alone. */
final class Http2Rivals implements RivalResponses {
  private static final byte PRIORITY_UPDATE = 0x10; // RFC 9218 §7.1
  private static final int FIRST_STREAM_ID = 1;

  /** Far more than the link holds, so that flow control is never what a response waits for. */
  private static final int WINDOW_BYTES = 16 << 20;

  private static final long CONNECT_SECONDS = 10;

  private final String authority;
  private final Channel channel;
  private final Http2ConnectionHandler codec;
  private volatile IntConsumer onData = index -> {};

  Http2Rivals(EventLoopGroup group, Class<? extends SocketChannel> type, InetSocketAddress server)
      throws Exception {
    authority = server.getAddress().getHostAddress() + ":" + server.getPort();
    SslContext tls = tls();
    codec = codec();
    channel =
        new Bootstrap()
            .group(group)
            .channel(type)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel ch) {
                    ch.pipeline().addLast(tls.newHandler(ch.alloc()), codec);
                  }
                })
            .connect(server)
            .sync()
            .channel();
  }

  private static SslContext tls() throws Exception {
    return SslContextBuilder.forClient()
        .trustManager(InsecureTrustManagerFactory.INSTANCE)
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                Protocol.ALPN,
                SelectorFailureBehavior.NO_ADVERTISE,
                SelectedListenerFailureBehavior.ACCEPT,
                ApplicationProtocolNames.HTTP_2))
        .build();
  }

  private Http2ConnectionHandler codec() {
    return new Http2ConnectionHandlerBuilder()
        .server(false)
        .gracefulShutdownTimeoutMillis(0) // the responses never end
        .initialSettings(Http2Settings.defaultSettings().initialWindowSize(WINDOW_BYTES))
        .frameListener(
            new Http2FrameAdapter() {
              @Override
              public int onDataRead(
                  ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean end) {
                onData.accept((streamId - FIRST_STREAM_ID) / 2);
                return data.readableBytes() + padding; // consumed
              }
            })
        .build();
  }

  @Override
  public void begin(IntConsumer listener) throws Exception {
    onData = listener;
    channel
        .eventLoop()
        .submit(
            () -> {
              Http2Connection connection = codec.connection();
              connection
                  .local()
                  .flowController()
                  .incrementWindowSize(connection.connectionStream(), WINDOW_BYTES);
              for (int i = 0; i < 2; i++) {
                Http2Headers head =
                    new DefaultHttp2Headers()
                        .method("GET")
                        .scheme("https")
                        .authority(authority)
                        .path(RivalResponses.path(i));
                codec
                    .encoder()
                    .writeHeaders(context(), streamId(i), head, 0, true, channel.newPromise());
              }
              channel.flush();
              return null;
            })
        .get(CONNECT_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void raise(int index, Runnable atOnce) {
    channel
        .eventLoop()
        .execute(
            () -> {
              atOnce.run();
              writeUpdate(index, RAISED_URGENCY);
              writeUpdate(1 - index, WAITING_URGENCY);
              channel.flush();
            });
  }

  private void writeUpdate(int index, int urgency) {
    ByteBuf payload = channel.alloc().buffer();
    payload.writeInt(streamId(index));
    ByteBufUtil.writeAscii(payload, "u=" + urgency);
    codec
        .encoder()
        .writeFrame(context(), PRIORITY_UPDATE, 0, new Http2Flags(), payload, channel.newPromise());
  }

  private ChannelHandlerContext context() {
    return channel.pipeline().context(codec);
  }

  private static int streamId(int index) {
    return FIRST_STREAM_ID + 2 * index;
  }

  @Override
  public void close() {
    channel.close().awaitUninterruptibly(CONNECT_SECONDS, TimeUnit.SECONDS);
  }
}
