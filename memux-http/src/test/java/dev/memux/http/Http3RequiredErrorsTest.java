package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.memux.netty.ConnectionClosedEvent;
import dev.memux.netty.QuicClientBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamResetException;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a client must not do to an HTTP/3 server, and the error that RFC 9114 and RFC 9204 require:
 * the connection is closed with it, or the request reset where the RFC has it be of the stream.
 */
@Timeout(60)
final class Http3RequiredErrorsTest {
  private static final long H3_CLOSED_CRITICAL_STREAM = 0x104;
  private static final long H3_FRAME_UNEXPECTED = 0x105;
  private static final long H3_SETTINGS_ERROR = 0x109;
  private static final long H3_MISSING_SETTINGS = 0x10a;
  private static final long H3_MESSAGE_ERROR = 0x10e;
  private static final long QPACK_DECOMPRESSION_FAILED = 0x200;
  private static final long QPACK_ENCODER_STREAM_ERROR = 0x201;
  private static final long QPACK_DECODER_STREAM_ERROR = 0x202;

  /** Stream types (RFC 9114 §6.2, RFC 9204 §4.2). */
  private static final String CONTROL = "00";

  private static final String QPACK_ENCODER = "02";
  private static final String QPACK_DECODER = "03";

  private static final String EMPTY_SETTINGS = "04 00";

  // Indexed lines of QPACK's static table (RFC 9204 §4.5.2, appendix A).
  private static final String METHOD_GET = "d1";
  private static final String SCHEME_HTTPS = "d7";
  private static final String PATH_ROOT = "c1";
  private static final String STATUS_200 = "d9";
  private static final String ACCEPT_ALL = "dd";

  /** Two lines without an index in them: lower-case names by length. */
  private static final String AUTHORITY = "50 01 61"; // :authority: a

  private Loopback loopback;

  /** What a client sends on a stream: a request's, or one of its own in one direction. */
  private record Sent(boolean request, String hex, boolean ends) {}

  private static Sent request(String... frames) {
    return new Sent(true, String.join("", frames), false);
  }

  private static Sent stream(String... bytes) {
    return new Sent(false, String.join("", bytes), false);
  }

  private static Sent endedStream(String... bytes) {
    return new Sent(false, String.join("", bytes), true);
  }

  private static Sent settings() {
    return stream(CONTROL, EMPTY_SETTINGS);
  }

  /** A HEADERS frame. */
  private static String headers(String... lines) {
    String section = ("0000" + String.join("", lines)).replace(" ", "");
    return "01" + HexFormat.of().toHexDigits((byte) (section.length() / 2)) + section;
  }

  private static String data(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return "00" + HexFormat.of().toHexDigits((byte) bytes.length) + HexFormat.of().formatHex(bytes);
  }

  static Stream<Arguments> breaches() {
    return Stream.of(
        arguments(
            "9114 §4.1 DATA before HEADERS",
            H3_FRAME_UNEXPECTED,
            List.of(settings(), request(data("a")))),
        arguments(
            "9114 §4.3 a pseudo-header twice",
            H3_MESSAGE_ERROR,
            List.of(
                settings(),
                request(headers(METHOD_GET, METHOD_GET, SCHEME_HTTPS, PATH_ROOT, AUTHORITY)))),
        arguments(
            "9114 §4.3.1 a mandatory pseudo-header missing",
            H3_MESSAGE_ERROR,
            List.of(settings(), request(headers(METHOD_GET, SCHEME_HTTPS, AUTHORITY)))),
        arguments(
            "9114 §4.3 a response's pseudo-header",
            H3_MESSAGE_ERROR,
            List.of(
                settings(),
                request(headers(METHOD_GET, SCHEME_HTTPS, PATH_ROOT, AUTHORITY, STATUS_200)))),
        arguments(
            "9114 §4.3 a pseudo-header behind other fields",
            H3_MESSAGE_ERROR,
            List.of(
                settings(),
                request(headers(METHOD_GET, SCHEME_HTTPS, ACCEPT_ALL, PATH_ROOT, AUTHORITY)))),
        arguments(
            "9114 §6.2.1 a control stream without SETTINGS first",
            H3_MISSING_SETTINGS,
            List.of(stream(CONTROL, "07 01 00"))),
        arguments(
            "9114 §7.2.1 DATA on a control stream",
            H3_FRAME_UNEXPECTED,
            List.of(stream(CONTROL, EMPTY_SETTINGS, data("a")))),
        arguments(
            "9114 §7.2.2 HEADERS on a control stream",
            H3_FRAME_UNEXPECTED,
            List.of(stream(CONTROL, EMPTY_SETTINGS, headers(METHOD_GET)))),
        arguments(
            "9114 §7.2.4 SETTINGS twice",
            H3_FRAME_UNEXPECTED,
            List.of(stream(CONTROL, EMPTY_SETTINGS, EMPTY_SETTINGS))),
        arguments(
            "9114 §7.2.4 a setting twice",
            H3_SETTINGS_ERROR,
            List.of(stream(CONTROL, "04 06 06 4400 06 4400"))),
        arguments(
            "9114 §7.2.4.1 a setting of HTTP/2",
            H3_SETTINGS_ERROR,
            List.of(stream(CONTROL, "04 02 02 00"))),
        arguments(
            "9114 §7.2.5 CANCEL_PUSH on a request stream",
            H3_FRAME_UNEXPECTED,
            List.of(settings(), request("03 01 00"))),
        arguments(
            "9204 §3.1 an index beyond the static table",
            QPACK_DECOMPRESSION_FAILED,
            List.of(settings(), request(headers("ff 24")))), // index 99
        arguments(
            "9204 §4.1.3 a dynamic table above the limit",
            QPACK_ENCODER_STREAM_ERROR,
            List.of(settings(), stream(QPACK_ENCODER, "3f e1 1f"))), // 4096
        arguments(
            "9204 §4.2 the control stream closed",
            H3_CLOSED_CRITICAL_STREAM,
            List.of(endedStream(CONTROL, EMPTY_SETTINGS))),
        arguments(
            "9204 §4.4.3 an Insert Count Increment of 0",
            QPACK_DECODER_STREAM_ERROR,
            List.of(settings(), stream(QPACK_DECODER, "00"))));
  }

  @BeforeEach
  void start() throws Exception {
    loopback =
        new Loopback(exchange -> exchange.respond(ResponseHead.of(200), Unpooled.EMPTY_BUFFER));
  }

  @AfterEach
  void stop() {
    loopback.close();
  }

  @ParameterizedTest(name = "RFC {0}")
  @MethodSource("breaches")
  void anErrorIsRequired(String what, long code, List<Sent> breach) throws Exception {
    CompletableFuture<Long> error = new CompletableFuture<>();
    QuicChannel client =
        new QuicClientBootstrap()
            .group(loopback.group)
            .tls(Loopback.trusting())
            .handler(new OnClose(error))
            .streamHandler(new OnReset(error))
            .connect(loopback.server.localAddress(), "localhost")
            .get(20, TimeUnit.SECONDS);
    for (Sent sent : breach) {
      send(client, sent, error);
    }
    assertEquals(Long.toHexString(code), Long.toHexString(error.get(20, TimeUnit.SECONDS)), what);
  }

  private static void send(QuicChannel client, Sent sent, CompletableFuture<Long> error)
      throws Exception {
    QuicStreamChannel stream =
        client
            .createStream(
                sent.request() ? QuicStreamType.BIDIRECTIONAL : QuicStreamType.UNIDIRECTIONAL,
                new OnReset(error))
            .get(20, TimeUnit.SECONDS);
    byte[] bytes = HexFormat.of().parseHex(sent.hex().replace(" ", ""));
    var written = stream.writeAndFlush(Unpooled.wrappedBuffer(bytes));
    if (sent.ends()) {
      written.addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    }
  }

  /** What the server closes the connection with. */
  private static final class OnClose extends ChannelInboundHandlerAdapter {
    private final CompletableFuture<Long> error;

    OnClose(CompletableFuture<Long> error) {
      this.error = error;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof ConnectionClosedEvent closed) {
        error.complete(closed.reason().code());
      }
      ctx.fireUserEventTriggered(event);
    }
  }

  /** What the server resets a stream with. */
  private static final class OnReset extends ChannelInboundHandlerAdapter {
    private final CompletableFuture<Long> error;

    OnReset(CompletableFuture<Long> error) {
      this.error = error;
    }

    @Override
    public boolean isSharable() {
      return true;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (cause instanceof QuicStreamResetException reset) {
        error.complete(reset.applicationProtocolCode());
      }
    }
  }
}
