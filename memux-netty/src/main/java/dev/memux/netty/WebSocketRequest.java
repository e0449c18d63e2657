package dev.memux.netty;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshakeException;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshaker13;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks a server for a WebSocket (RFC 6455 §4.1), and checks its answer. */
final class WebSocketRequest extends ChannelInboundHandlerAdapter {
  private final Handshaker handshaker;
  private final Consumer<String> onUpgraded;
  private final Consumer<Throwable> onFailure;
  private boolean over;

  /**
   * @param onUpgraded gets the subprotocol, and adds to the end of the pipeline
   * @param onFailure told once why there is no WebSocket; the channel is closed
   */
  WebSocketRequest(
      URI uri,
      List<String> applicationProtocols,
      WebSocketDecoderConfig frames,
      Consumer<String> onUpgraded,
      Consumer<Throwable> onFailure) {
    this.handshaker =
        new Handshaker(uri, String.join(",", WebSocketProtocol.of(applicationProtocols)), frames);
    this.onUpgraded = onUpgraded;
    this.onFailure = onFailure;
  }

  private static final class Handshaker extends WebSocketClientHandshaker13 {
    private final WebSocketDecoderConfig frames;

    Handshaker(URI uri, String subprotocols, WebSocketDecoderConfig frames) {
      super(
          uri,
          WebSocketVersion.V13,
          subprotocols,
          false,
          EmptyHttpHeaders.INSTANCE,
          frames.maxFramePayloadLength(),
          true, // RFC 6455 §5.3
          false,
          -1);
      this.frames = frames;
    }

    @Override
    protected FullHttpRequest newHandshakeRequest() {
      FullHttpRequest request = super.newHandshakeRequest();
      request.headers().remove(HttpHeaderNames.ORIGIN); // RFC 6455 §4.1: it is for browsers
      return request;
    }

    @Override
    protected WebSocketFrameDecoder newWebsocketDecoder() {
      return new WebSocket13FrameDecoder(frames);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    if (ctx.channel().isActive()) {
      ask(ctx);
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    ask(ctx);
    ctx.fireChannelActive();
  }

  private void ask(ChannelHandlerContext ctx) {
    handshaker
        .handshake(ctx.channel())
        .addListener(
            sent -> {
              if (!sent.isSuccess()) {
                fail(ctx, sent.cause());
              }
            });
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      if (!over && message instanceof HttpResponse response) {
        onResponse(ctx, response);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void onResponse(ChannelHandlerContext ctx, HttpResponse response) {
    if (!response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
      fail(ctx, new IOException("the server answered " + response.status()));
      return;
    }
    FullHttpResponse whole =
        new DefaultFullHttpResponse(
            response.protocolVersion(),
            response.status(),
            Unpooled.EMPTY_BUFFER,
            response.headers(),
            EmptyHttpHeaders.INSTANCE);
    try {
      handshaker.finishHandshake(ctx.channel(), whole);
    } catch (WebSocketClientHandshakeException e) {
      fail(ctx, e);
      return;
    }
    over = true;
    onUpgraded.accept(handshaker.actualSubprotocol());
    ctx.pipeline().remove(this);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      fail(ctx, null); // there will be no answer
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(ctx, cause);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    fail(ctx, null);
  }

  private void fail(ChannelHandlerContext ctx, @Nullable Throwable cause) {
    if (!over) {
      over = true;
      onFailure.accept(cause == null ? new IOException("the connection was closed") : cause);
      ctx.close();
    }
  }
}
