package dev.memux.http.same;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.http3.Http3ServerConnectionHandler;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamResetException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One application on Netty's HTTP/3 codec, on memux's channels and on Netty's own, at either end:
 * the same answers, told to its handlers in the same order.
 */
@ParameterizedClass(name = "{0} client, {1} server")
@CsvSource({"MEMUX,MEMUX", "MEMUX,NATIVE", "NATIVE,MEMUX", "NATIVE,NATIVE"})
@Timeout(60)
class SameHttp3ApplicationTest {
  private static final long PATIENCE_SECONDS = 10;

  @Parameter(0)
  QuicStack.Kind clientKind;

  @Parameter(1)
  QuicStack.Kind serverKind;

  private QuicStack clientStack;
  private QuicStack serverStack;
  private QuicChannel client;

  /** The server's requests, in the order in which they arrived. */
  private final BlockingQueue<Exchange> served = new LinkedBlockingQueue<>();

  @BeforeEach
  void open() throws Exception {
    assumeTrue(Quic.isAvailable(), "no native QUIC for this platform");
    String protocol = Http3.supportedApplicationProtocols()[0];
    clientStack = clientKind.open(protocol);
    serverStack = serverKind.open(protocol);
    client =
        clientStack.connect(
            serverStack.listen(
                initializer(
                    connection ->
                        new Http3ServerConnectionHandler(
                            initializer(
                                stream -> {
                                  Application application = new Application();
                                  served.add(application);
                                  return application;
                                }))),
                null),
            initializer(connection -> new Http3ClientConnectionHandler()),
            null);
  }

  @AfterEach
  void close() {
    clientStack.close();
    serverStack.close();
  }

  @Test
  void statusesHeadersAndBodies() throws Exception {
    for (String status : List.of("200", "204", "404", "503")) {
      byte[] body = status.equals("204") ? new byte[0] : randomBytes(10_000);
      Exchange answer = request("/" + status, body);
      List<String> expected = new ArrayList<>(List.of("status " + status));
      if (body.length > 0) {
        expected.add("data");
      }
      expected.add("trailers " + body.length);
      expected.add("end");
      expected.add("inactive");
      assertEquals(expected, answer.lines());
      assertArrayEquals(body, answer.body());
    }
  }

  @Test
  void aBigBodyBothWays() throws Exception {
    byte[] body = randomBytes(5_000_000);
    assertArrayEquals(body, request("/200", body).body());
  }

  @Test
  void fiftyAtOnce() throws Exception {
    List<Exchange> answers = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      answers.add(begin("/200", randomBytes(1000 + i)));
    }
    for (int i = 0; i < 50; i++) {
      answers.get(i).awaitEnd();
      assertArrayEquals(randomBytes(1000 + i), answers.get(i).body());
    }
  }

  @Test
  void aRefusedRequestIsToldWithItsCode() throws Exception {
    Exchange answer = new Exchange();
    QuicStreamChannel stream = open(answer);
    stream.writeAndFlush(head("/refuse")).sync();
    answer.awaitEnd();
    assertEquals(
        List.of("reset " + Http3ErrorCode.H3_REQUEST_REJECTED.code(), "inactive"), answer.lines());
  }

  @Test
  void aRequestGivenUpIsToldToTheServer() throws Exception {
    Exchange answer = new Exchange();
    QuicStreamChannel stream = open(answer);
    stream.writeAndFlush(head("/200")).sync();
    Exchange there = served.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    there.awaitLine("GET /200");
    stream.shutdown(Http3ErrorCode.H3_REQUEST_CANCELLED.code()).sync();
    there.awaitEnd();
    assertEquals(
        List.of("GET /200", "reset " + Http3ErrorCode.H3_REQUEST_CANCELLED.code(), "inactive"),
        there.lines());
    assertArrayEquals(randomBytes(10), request("/200", randomBytes(10)).body());
  }

  @Test
  void aServerThatGoesAwayEndsRequests() throws Exception {
    Exchange answer = new Exchange();
    open(answer).writeAndFlush(head("/200")).sync();
    Exchange there = served.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    there.awaitLine("GET /200");
    ((QuicChannel) there.channel.parent())
        .close(true, Http3ErrorCode.H3_NO_ERROR.code(), Unpooled.EMPTY_BUFFER);
    answer.awaitEnd();
    assertEquals(List.of("inactive"), answer.lines());
  }

  private Exchange request(String path, byte[] body) throws Exception {
    Exchange exchange = begin(path, body);
    exchange.awaitEnd();
    return exchange;
  }

  private Exchange begin(String path, byte[] body) throws Exception {
    Exchange exchange = new Exchange();
    QuicStreamChannel stream = open(exchange);
    stream.write(head(path));
    stream
        .writeAndFlush(new DefaultHttp3DataFrame(Unpooled.wrappedBuffer(body)))
        .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    return exchange;
  }

  private QuicStreamChannel open(Exchange exchange) throws Exception {
    return Http3.newRequestStream(client, exchange).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static Http3HeadersFrame head(String path) {
    Http3HeadersFrame frame = new DefaultHttp3HeadersFrame();
    frame.headers().method("GET").path(path).scheme("https").authority("localhost");
    return frame;
  }

  private static byte[] randomBytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

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

  /** Writes down what one end of a request's stream is told. */
  private static class Exchange extends Http3RequestStreamInboundHandler {
    private final List<String> lines = new ArrayList<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    volatile Channel channel;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      channel = ctx.channel();
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      if (frame.headers().method() != null) {
        note("GET " + frame.headers().path());
      } else if (frame.headers().status() != null) {
        note("status " + frame.headers().status());
      } else {
        note("trailers " + frame.headers().get("x-bytes"));
      }
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      ByteBuf content = frame.content();
      synchronized (lines) {
        if (content.isReadable() && !lines.getLast().equals("data")) {
          lines.add("data");
        }
        while (content.isReadable()) {
          body.write(content.readByte());
        }
      }
      frame.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      note("end");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      note(
          cause instanceof QuicStreamResetException reset
              ? "reset " + reset.applicationProtocolCode()
              : cause.toString());
      ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
      note("inactive");
      end.complete(null);
      super.channelInactive(ctx);
    }

    private void note(String line) {
      synchronized (lines) {
        lines.add(line);
        lines.notifyAll();
      }
    }

    List<String> lines() {
      synchronized (lines) {
        return List.copyOf(lines);
      }
    }

    byte[] body() {
      synchronized (lines) {
        return body.toByteArray();
      }
    }

    void awaitLine(String line) throws InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      synchronized (lines) {
        while (!lines.contains(line) && System.nanoTime() - deadline < 0) {
          lines.wait(100);
        }
      }
    }

    void awaitEnd() throws Exception {
      end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  /** Answers with the status that the path names, the request's body, and how long it was. */
  private static final class Application extends Exchange {
    private String path = "";

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      super.channelRead(ctx, frame);
      path = frame.headers().path().toString();
      if (path.equals("/refuse")) {
        ((QuicStreamChannel) ctx.channel()).shutdown(Http3ErrorCode.H3_REQUEST_REJECTED.code());
      }
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      super.channelInputClosed(ctx);
      Http3HeadersFrame head = new DefaultHttp3HeadersFrame();
      head.headers().status(path.substring(1));
      Http3HeadersFrame trailers = new DefaultHttp3HeadersFrame();
      trailers.headers().addInt("x-bytes", body().length);
      ctx.write(head);
      if (body().length > 0) {
        ctx.write(new DefaultHttp3DataFrame(Unpooled.wrappedBuffer(body())));
      }
      ChannelFuture last = ctx.writeAndFlush(trailers);
      last.addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    }
  }
}
