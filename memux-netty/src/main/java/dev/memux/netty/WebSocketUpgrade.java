package dev.memux.netty;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker13;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the one request of an HTTP/1.1 connection that is to become a WebSocket (RFC 6455 §4.2),
 * and answers it; anything else is refused, and the connection closed.
 */
final class WebSocketUpgrade extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(WebSocketUpgrade.class);

  private final WebSocketConfig config;
  private final WebSocketDecoderConfig frames;
  private final Consumer<String> onUpgraded;

  private @Nullable HttpRequest request;
  private boolean over;

  /**
   * @param onUpgraded gets the subprotocol, and adds to the end of the pipeline
   */
  WebSocketUpgrade(
      WebSocketConfig config, WebSocketDecoderConfig frames, Consumer<String> onUpgraded) {
    this.config = config;
    this.frames = frames;
    this.onUpgraded = onUpgraded;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      if (over) {
        return;
      }
      if (message instanceof HttpRequest head) {
        request = head;
      }
      if (message instanceof LastHttpContent && request != null) {
        answer(ctx, request);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE && !over) {
      ctx.close(); // the rest of the request will not come
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    log.debug("{}: no WebSocket", ctx.channel(), cause);
    ctx.close();
  }

  private void answer(ChannelHandlerContext ctx, HttpRequest head) {
    over = true;
    HttpHeaders headers = head.headers();
    String offered = headers.get(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL);
    String subprotocol = WebSocketProtocol.select(config.applicationProtocols(), offered);
    if (head.decoderResult().isFailure() || hasBody(head)) {
      refuse(ctx, HttpResponseStatus.BAD_REQUEST, "not a request for a WebSocket");
    } else if (!new QueryStringDecoder(head.uri()).path().equals(config.path())) {
      refuse(ctx, HttpResponseStatus.NOT_FOUND, "there is no such resource");
    } else if (!head.method().equals(HttpMethod.GET) || !asksForWebSocket(headers)) {
      refuse(ctx, HttpResponseStatus.UPGRADE_REQUIRED, "this resource is a WebSocket");
    } else if (!config.origin().test(headers.get(HttpHeaderNames.ORIGIN))) {
      // RFC 6455 §10.2: any page may have a browser open WebSockets to any host.
      refuse(ctx, HttpResponseStatus.FORBIDDEN, "not from this origin");
    } else if (subprotocol == null) {
      refuse(ctx, HttpResponseStatus.BAD_REQUEST, "no common subprotocol");
    } else {
      upgrade(ctx, head, subprotocol);
    }
  }

  private static boolean hasBody(HttpRequest head) {
    return HttpUtil.isTransferEncodingChunked(head) || HttpUtil.getContentLength(head, 0L) != 0;
  }

  /** RFC 6455 §4.2.1. */
  private static boolean asksForWebSocket(HttpHeaders headers) {
    return headers.containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)
        && headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
        && headers.contains(HttpHeaderNames.SEC_WEBSOCKET_KEY)
        && WebSocketVersion.V13
            .toHttpHeaderValue()
            .equals(headers.get(HttpHeaderNames.SEC_WEBSOCKET_VERSION));
  }

  private void upgrade(ChannelHandlerContext ctx, HttpRequest head, String subprotocol) {
    FullHttpRequest whole =
        new DefaultFullHttpRequest(
            head.protocolVersion(),
            head.method(),
            head.uri(),
            Unpooled.EMPTY_BUFFER,
            head.headers(),
            EmptyHttpHeaders.INSTANCE);
    new WebSocketServerHandshaker13(config.path(), subprotocol, frames)
        .handshake(ctx.channel(), whole)
        .addListener(
            done -> {
              if (done.isSuccess()) {
                onUpgraded.accept(subprotocol);
                ctx.pipeline().remove(this);
              } else {
                ctx.fireExceptionCaught(requireNonNull(done.cause()));
              }
            });
  }

  private static void refuse(ChannelHandlerContext ctx, HttpResponseStatus status, String reason) {
    byte[] text = (reason + "\n").getBytes(StandardCharsets.US_ASCII);
    FullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(text));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.TEXT_PLAIN)
        .set(HttpHeaderNames.CONTENT_LENGTH, text.length)
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    if (status.equals(HttpResponseStatus.UPGRADE_REQUIRED)) {
      // RFC 9110 §15.5.22 and RFC 6455 §4.4.
      response
          .headers()
          .set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET)
          .add(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
          .set(HttpHeaderNames.SEC_WEBSOCKET_VERSION, WebSocketVersion.V13.toHttpHeaderValue());
    }
    ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
  }
}
