package dev.memux.gateway;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.http.ClientConnection;
import dev.memux.http.ClientExchange;
import dev.memux.http.Connector;
import dev.memux.http.Http3Client;
import dev.memux.http.HttpErrorCode;
import dev.memux.http.HttpException;
import dev.memux.http.HttpFields;
import dev.memux.http.InboundBody;
import dev.memux.http.Origin;
import dev.memux.http.OutboundBody;
import dev.memux.http.RequestHead;
import dev.memux.http.ResponseHead;
import dev.memux.http.ResponseListener;
import dev.memux.netty.CarrierType;
import dev.memux.netty.IoTransport;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Asks one gateway for tunnels, all by one connection. */
interface TunnelClient extends AutoCloseable {
  long CONNECT_ERROR_HTTP_3 = 0x10f; // RFC 9114 §8.1
  long CONNECT_ERROR_HTTP_2 = 0xa; // RFC 9113 §7

  /** The versions of HTTP that have tunnels. */
  enum Version {
    HTTP_3(CONNECT_ERROR_HTTP_3),
    HTTP_3_OVER_QMUX(CONNECT_ERROR_HTTP_3),
    HTTP_2(CONNECT_ERROR_HTTP_2);

    final long connectError;

    Version(long connectError) {
      this.connectError = connectError;
    }

    TunnelClient open(Gateway gateway) throws Exception {
      return switch (this) {
        case HTTP_3 -> new ByHttp3(gateway, CarrierType.QUIC);
        case HTTP_3_OVER_QMUX -> new ByHttp3(gateway, CarrierType.TCP);
        case HTTP_2 -> new ByHttp2(gateway);
      };
    }
  }

  /** Asks; what is answered can be awaited. */
  End ask(String authority, Map<String, String> fields) throws Exception;

  default End ask(String authority) throws Exception {
    return ask(authority, Map.of());
  }

  /** Opens a tunnel. */
  default End open(String authority) throws Exception {
    End end = ask(authority);
    int status = end.status();
    if (status != 200) {
      throw new AssertionError(status + ": " + end.readAll());
    }
    return end;
  }

  @Override
  void close();

  /** The client's end of a tunnel. */
  abstract class End {
    private static final ByteBuf FIN = Unpooled.EMPTY_BUFFER;

    final CompletableFuture<ResponseHead> head = new CompletableFuture<>();

    /** The code of the reset that ended it; -1: unknown. */
    final CompletableFuture<Long> reset = new CompletableFuture<>();

    private final BlockingQueue<ByteBuf> received = new LinkedBlockingQueue<>();
    private ByteBuf current = Unpooled.EMPTY_BUFFER;
    private boolean ended;

    int status() throws Exception {
      return head().status();
    }

    ResponseHead head() throws Exception {
      return head.get(20, TimeUnit.SECONDS);
    }

    String field(String name) throws Exception {
      return head().fields().value(name);
    }

    long reset() throws Exception {
      return reset.get(20, TimeUnit.SECONDS);
    }

    /** Everything up to the end, which must be a proper one. */
    String readAll() throws Exception {
      StringBuilder text = new StringBuilder();
      for (int c = read(); c >= 0; c = read()) {
        text.append((char) c);
      }
      return text.toString();
    }

    String read(int bytes) throws Exception {
      StringBuilder text = new StringBuilder();
      while (text.length() < bytes) {
        int c = read();
        if (c < 0) {
          throw new AssertionError("ended after " + text);
        }
        text.append((char) c);
      }
      return text.toString();
    }

    /** One byte, or -1 at the end. */
    int read() throws Exception {
      while (!ended && !current.isReadable()) {
        current.release();
        current = received.poll(20, TimeUnit.SECONDS);
        if (current == null) {
          throw new AssertionError("nothing comes, reset: " + reset);
        }
        if (!current.isReadable()) { // FIN: pieces are not empty
          ended = true;
        } else {
          more();
        }
      }
      return ended ? -1 : current.readUnsignedByte();
    }

    /** Passes over everything up to the end, and counts it. */
    long skipAll() throws Exception {
      long count = 0;
      while (read() >= 0) {
        count += 1 + current.readableBytes();
        current.skipBytes(current.readableBytes());
      }
      return count;
    }

    void write(String text) {
      write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    abstract void write(byte[] data);

    /** Whether more may be written without piling it up. */
    abstract boolean isWritable();

    /** Ends what is sent. */
    abstract void finish();

    /** Ends what is sent with trailers, which a tunnel cannot have. */
    abstract void finishWithTrailers();

    /** Changes the priority. */
    abstract void priority(int urgency);

    /** Gives both directions up. */
    abstract void cancel();

    /** Wants no more, as a socket that is closed. */
    abstract void stop();

    /** Asks for another piece. */
    abstract void more();

    /** What has arrived and nobody has read. */
    int waitingPieces() {
      return received.size();
    }

    void onData(ByteBuf data) {
      if (data.isReadable()) {
        received.add(data);
      } else {
        data.release();
        more();
      }
    }

    void onEnd() {
      received.add(FIN);
    }
  }

  final class ByHttp3 implements TunnelClient {
    private final EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);
    final ClientConnection connection;

    ByHttp3(Gateway gateway, CarrierType carrier) throws Exception {
      Connector connector =
          Connector.over(carrier, group, QuicConfig.DEFAULT, TestClient.tls().build());
      connection =
          new Http3Client(group, connector, Duration.ofSeconds(20))
              .connection(Origin.of(gateway.addresses().getFirst()))
              .toCompletableFuture()
              .get(20, TimeUnit.SECONDS);
    }

    @Override
    public End ask(String authority, Map<String, String> fields) {
      HttpFields all = new HttpFields();
      fields.forEach(all::add);
      Http3End end = new Http3End();
      end.exchange =
          connection.send(new RequestHead("CONNECT", "", authority, "", all), end.new Listener());
      return end;
    }

    @Override
    public void close() {
      connection.close().toCompletableFuture().orTimeout(5, TimeUnit.SECONDS).join();
      group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
  }

  final class Http3End extends End {
    private final CompletableFuture<OutboundBody> output = new CompletableFuture<>();
    private final CompletableFuture<InboundBody> input = new CompletableFuture<>();
    private ClientExchange exchange;

    @Override
    void write(byte[] data) {
      // In step with the loop, or the answer to isWritable would be an old one.
      output
          .join()
          .loop()
          .submit(() -> output.join().write(Unpooled.wrappedBuffer(data)))
          .syncUninterruptibly();
    }

    @Override
    boolean isWritable() {
      return output.join().isWritable();
    }

    @Override
    void finish() {
      onLoop(() -> output.join().finish());
    }

    @Override
    void finishWithTrailers() {
      onLoop(() -> output.join().finish(new HttpFields().add("x-sum", "1")));
    }

    @Override
    void priority(int urgency) {
      exchange.updatePriority(new QuicStreamPriority(urgency, true));
    }

    @Override
    void cancel() {
      exchange.cancel();
    }

    @Override
    void stop() {
      onLoop(() -> input.join().discard(HttpErrorCode.REQUEST_CANCELLED));
    }

    @Override
    void more() {
      input.join().read();
    }

    private void onLoop(Runnable action) {
      output.join().loop().execute(action);
    }

    private final class Listener implements ResponseListener {
      @Override
      public void onOpen(OutboundBody requestBody) {
        output.complete(requestBody);
      }

      @Override
      public void onInterim(ResponseHead interim) {}

      @Override
      public void onHead(ResponseHead response, InboundBody body) {
        input.complete(body);
        head.complete(response);
        body.read();
      }

      @Override
      public void onData(ByteBuf data) {
        Http3End.this.onData(Unpooled.wrappedBuffer(ByteBufUtil.getBytes(data)));
        data.release();
      }

      @Override
      public void onEnd() {
        Http3End.this.onEnd();
      }

      @Override
      public void onFailure(HttpException failure) {
        head.completeExceptionally(failure);
        reset.complete(failure instanceof HttpException.StreamReset by ? by.code() : -1L);
      }
    }
  }

  final class ByHttp2 implements TunnelClient {
    private final EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);
    private final Channel connection;

    ByHttp2(Gateway gateway) throws Exception {
      SslContext tls =
          SslContextBuilder.forClient()
              .trustManager(InsecureTrustManagerFactory.INSTANCE)
              .applicationProtocolConfig(
                  new ApplicationProtocolConfig(
                      ApplicationProtocolConfig.Protocol.ALPN,
                      ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                      ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                      ApplicationProtocolNames.HTTP_2))
              .build();
      InetSocketAddress address = gateway.addresses().getFirst();
      connection =
          new Bootstrap()
              .group(group)
              .channel(IoTransport.preferred().socketChannel())
              .handler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel
                          .pipeline()
                          .addLast(
                              tls.newHandler(channel.alloc()),
                              Http2FrameCodecBuilder.forClient().build(),
                              new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                    }
                  })
              .connect(address)
              .sync()
              .channel();
      connection.pipeline().get(SslHandler.class).handshakeFuture().sync();
    }

    @Override
    public End ask(String authority, Map<String, String> fields) throws Exception {
      Http2Headers headers = new DefaultHttp2Headers(false);
      headers.method("CONNECT").authority(authority);
      fields.forEach(headers::add);
      Http2End end = new Http2End();
      end.stream =
          new Http2StreamChannelBootstrap(connection)
              .handler(end.new Handler())
              .open()
              .sync()
              .getNow();
      end.stream.config().setAutoRead(false);
      end.stream.writeAndFlush(new DefaultHttp2HeadersFrame(headers));
      end.stream.read();
      return end;
    }

    @Override
    public void close() {
      connection.close().awaitUninterruptibly(5, TimeUnit.SECONDS);
      group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
  }

  final class Http2End extends End {
    private static final byte PRIORITY_UPDATE = 0x10;
    private Http2StreamChannel stream;

    @Override
    void write(byte[] data) {
      stream.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(data)));
    }

    @Override
    boolean isWritable() {
      return stream.isWritable();
    }

    @Override
    void finish() {
      stream.writeAndFlush(new DefaultHttp2DataFrame(true));
    }

    @Override
    void finishWithTrailers() {
      stream.writeAndFlush(
          new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().add("x-sum", "1"), true));
    }

    @Override
    void priority(int urgency) {
      Http2FrameCodec codec = stream.parent().pipeline().get(Http2FrameCodec.class);
      ChannelHandlerContext ctx = stream.parent().pipeline().context(codec);
      // RFC 9218 §7.1: on stream 0, the stream it is about, then the field's value.
      ByteBuf payload = Unpooled.buffer().writeInt(stream.stream().id());
      payload.writeBytes(("u=" + urgency + ", i").getBytes(StandardCharsets.US_ASCII));
      stream
          .eventLoop()
          .submit(
              () -> {
                codec
                    .encoder()
                    .writeFrame(
                        ctx, PRIORITY_UPDATE, 0, new Http2Flags(), payload, ctx.newPromise());
                ctx.flush();
              })
          .syncUninterruptibly();
    }

    @Override
    void cancel() {
      stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL));
    }

    @Override
    void stop() {
      cancel(); // there is no other way
    }

    @Override
    void more() {
      stream.read();
    }

    private final class Handler extends ChannelInboundHandlerAdapter {
      @Override
      public void channelRead(ChannelHandlerContext ctx, Object message) {
        switch (message) {
          case Http2HeadersFrame frame -> {
            HttpFields fields = new HttpFields();
            frame
                .headers()
                .forEach(
                    field -> {
                      if (!field.getKey().toString().startsWith(":")) {
                        fields.add(field.getKey().toString(), field.getValue().toString());
                      }
                    });
            int status = Integer.parseInt(frame.headers().status().toString());
            head.complete(new ResponseHead(status, fields));
            if (frame.isEndStream()) {
              onEnd();
            } else {
              more();
            }
          }
          case Http2DataFrame data -> {
            onData(Unpooled.wrappedBuffer(ByteBufUtil.getBytes(data.content())));
            if (data.isEndStream()) {
              onEnd();
            }
            data.release();
          }
          default -> ReferenceCountUtil.release(message);
        }
      }

      @Override
      public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Http2ResetFrame frame) {
          reset.complete(frame.errorCode());
          head.completeExceptionally(new IllegalStateException("reset: " + frame.errorCode()));
        }
      }

      @Override
      public void channelInactive(ChannelHandlerContext ctx) {
        reset.complete(-1L);
        head.completeExceptionally(new IllegalStateException("closed"));
      }
    }
  }
}
