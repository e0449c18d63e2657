package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.quic.QuicConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.DefaultHttp3SettingsFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.http3.Http3ServerConnectionHandler;
import io.netty.handler.codec.http3.Http3Settings;
import io.netty.handler.codec.quic.QuicStreamChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Netty's HTTP/3 codec, unmodified, on both ends. */
@ParameterizedClass
@EnumSource(IoTransport.class)
class Http3Test {
  private static final int BIG_BYTES = 10 << 20;

  @Parameter IoTransport transport;
  private Loopback loopback;
  private QuicServer server;
  private boolean dynamicTable;

  /** A response, or a request, as it was received. */
  private record Message(String status, String via, long bytes, long checksum) {}

  @BeforeEach
  void open() {
    loopback = new Loopback(transport);
    loopback.config(QuicConfig.DEFAULT.withMux(MuxConfig.DEFAULT.withStreams(200, 10)));
  }

  @AfterEach
  void close() throws Exception {
    Loopback.get(server.close());
    loopback.close();
  }

  @Test
  void get() throws Exception {
    MuxQuicChannel client = connect();
    assertEquals(
        new Message("200", "/small", 5, checksum(5)),
        request(client, "GET", "/small", 5, 0).get(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
  }

  @Test
  void twoHundredConcurrentRequests() throws Exception {
    MuxQuicChannel client = connect();
    List<CompletableFuture<Message>> responses = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      responses.add(request(client, "GET", "/" + i, 1000 + i, 0));
    }
    for (int i = 0; i < 200; i++) {
      assertEquals(
          new Message("200", "/" + i, 1000 + i, checksum(1000 + i)),
          responses.get(i).get(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
  }

  @Test
  void requestsBeyondTheStreamLimitSucceedWhenOthersHaveEnded() throws Exception {
    MuxQuicChannel client = connect();
    for (int round = 0; round < 3; round++) {
      List<CompletableFuture<Message>> responses = new ArrayList<>();
      Loopback.await(
          () ->
              client.peerAllowedStreams(io.netty.handler.codec.quic.QuicStreamType.BIDIRECTIONAL)
                  >= 90);
      for (int i = 0; i < 90; i++) {
        responses.add(request(client, "GET", "/" + i, 10, 0));
      }
      for (CompletableFuture<Message> response : responses) {
        assertEquals("200", response.get(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS).status());
      }
    }
  }

  @Test
  void bigBodiesInBothDirections() throws Exception {
    MuxQuicChannel client = connect();
    Message response =
        request(client, "POST", "/big", BIG_BYTES, BIG_BYTES)
            .get(2 * Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertEquals(new Message("200", "/big", BIG_BYTES, checksum(BIG_BYTES)), response);
  }

  @Test
  void headersThroughTheDynamicTable() throws Exception {
    dynamicTable = true;
    MuxQuicChannel client = connect();
    for (int i = 0; i < 20; i++) {
      assertEquals(
          new Message("200", "/same/path", 10, checksum(10)),
          request(client, "GET", "/same/path", 10, 0)
              .get(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
  }

  private MuxQuicChannel connect() throws Exception {
    server =
        Loopback.get(
            loopback
                .server(Http3.supportedApplicationProtocols()[0])
                .childHandler(
                    Loopback.initializer(channel -> channel.pipeline().addLast(serverHandler())))
                .bind(Loopback.anyPort()));
    return Loopback.connect(
        loopback
            .client(Loopback.clientTls(Http3.supportedApplicationProtocols()[0]))
            .handler(
                Loopback.initializer(
                    channel ->
                        channel
                            .pipeline()
                            .addLast(
                                new Http3ClientConnectionHandler(
                                    null, null, null, settings(), !dynamicTable)))),
        server);
  }

  private ChannelHandler serverHandler() {
    ChannelHandler responders =
        Loopback.initializer(channel -> channel.pipeline().addLast(new Responder()));
    return new Http3ServerConnectionHandler(responders, null, null, settings(), !dynamicTable);
  }

  private DefaultHttp3SettingsFrame settings() {
    Http3Settings settings = Http3Settings.defaultSettings();
    if (dynamicTable) {
      settings.qpackMaxTableCapacity(4096);
      settings.qpackBlockedStreams(100);
    }
    return new DefaultHttp3SettingsFrame(settings);
  }

  private CompletableFuture<Message> request(
      MuxQuicChannel client, String method, String path, int responseBytes, int requestBytes)
      throws Exception {
    Collector collector = new Collector();
    QuicStreamChannel stream = Loopback.get(Http3.newRequestStream(client, collector));
    Http3HeadersFrame headers = new DefaultHttp3HeadersFrame();
    headers.headers().method(method).path(path).scheme("https").authority("localhost");
    headers.headers().add("x-bytes", Integer.toString(responseBytes));
    headers.headers().add("x-request-bytes", Integer.toString(requestBytes));
    stream.write(headers);
    writeBody(stream, requestBytes);
    return collector.message;
  }

  private static void writeBody(QuicStreamChannel stream, int bytes) {
    stream
        .writeAndFlush(new DefaultHttp3DataFrame(body(bytes)))
        .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
  }

  private static ByteBuf body(int bytes) {
    byte[] body = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      body[i] = (byte) (i * 31 + (i >>> 8));
    }
    return Unpooled.wrappedBuffer(body);
  }

  private static long checksum(int bytes) {
    CRC32 crc = new CRC32();
    crc.update(body(bytes).array(), 0, bytes);
    return crc.getValue();
  }

  /** Answers when the whole request has arrived. */
  private static final class Responder extends Http3RequestStreamInboundHandler {
    private final CRC32 crc = new CRC32();
    private long received;
    private Http3HeadersFrame request;

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      request = frame;
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      received += frame.content().readableBytes();
      crc.update(frame.content().nioBuffer());
      frame.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      int expected = Integer.parseInt(request.headers().get("x-request-bytes").toString());
      boolean intact = received == expected && crc.getValue() == checksum(expected);
      Http3HeadersFrame response = new DefaultHttp3HeadersFrame();
      response.headers().status(intact ? "200" : "500").add("via", request.headers().path());
      ctx.write(response);
      writeBody(
          (QuicStreamChannel) ctx.channel(),
          Integer.parseInt(request.headers().get("x-bytes").toString()));
    }
  }

  /** Collects a response. */
  private static final class Collector extends Http3RequestStreamInboundHandler {
    final CompletableFuture<Message> message = new CompletableFuture<>();
    private final CRC32 crc = new CRC32();
    private long received;
    private Http3HeadersFrame response;

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      response = frame;
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      received += frame.content().readableBytes();
      crc.update(frame.content().nioBuffer());
      frame.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      assertTrue(response != null);
      message.complete(
          new Message(
              response.headers().status().toString(),
              response.headers().get("via").toString(),
              received,
              crc.getValue()));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      message.completeExceptionally(cause);
    }
  }
}
