package dev.memux.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's HTTP/1.1 connection: one exchange after another. Requests that come before their turn
 * (RFC 9112 §9.3.2) wait unread beyond what one read has brought; a next one begins when the
 * response before it is written and the client takes what was written.
 */
final class Http1ServerConnection extends ChannelInboundHandlerAdapter implements ServedConnection {
  /** Pipelined requests beyond which the connection ends after the response under way. */
  static final int MAX_PIPELINED = 32;

  /** What is read of a body that nobody wants, so that the connection can be used again. */
  static final int MAX_DROPPED_BYTES = 256 * 1024;

  private static final Logger LOG = LoggerFactory.getLogger(Http1ServerConnection.class);
  private static final int CONTINUE = 100;

  private final Channel channel;
  private final RequestHandler handler;
  private final String alternatives;
  private final LazyTimer idle;
  private final Queue<HttpObject> waiting = new ArrayDeque<>();
  private @Nullable Http1RequestStream current;
  private @Nullable InboundBody inbound;
  private @Nullable OutboundBody outbound;
  private boolean requestOver;
  private boolean responseOver;
  private boolean awaitsContinue;
  private boolean inputPaused;
  private boolean inputDropped;
  private long droppedBytes;
  private boolean persistent = true;
  private boolean draining;
  private boolean closing;
  private boolean advancing;

  /**
   * A connection whose handshake is done.
   *
   * @param alternatives the value of {@code Alt-Svc} (RFC 7838)
   */
  Http1ServerConnection(
      Channel channel, RequestHandler handler, String alternatives, long idleTimeoutNanos) {
    this.channel = channel;
    this.handler = handler;
    this.alternatives = alternatives;
    idle = new LazyTimer(channel.eventLoop(), idleTimeoutNanos, this::close);
    idle.restart();
  }

  @Override
  public Channel channel() {
    return channel;
  }

  @Override
  public void drain() {
    draining = true;
    persistent = false;
    if (current == null) {
      close();
    }
  }

  @Override
  public void closeNow() {
    channel.close();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (closing || !(message instanceof HttpObject part)) {
      ReferenceCountUtil.release(message);
      return;
    }
    waiting.add(part);
    advance();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (outbound != null) {
      outbound.onWritabilityChanged();
    }
    advance();
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof IdleStateEvent) {
      channel.close(); // an exchange that stands still
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    idle.cancel();
    closing = true;
    releaseWaiting();
    if (inbound != null) {
      inbound.onFailure(new HttpException.ConnectionLost("the client closed the connection", null));
    }
    if (outbound != null) {
      outbound.refuse();
    }
    endExchange();
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("{}", channel, cause);
    persistent = false; // more pipelined than allowed, for one
    if (current == null) {
      close();
    }
  }

  /** What was written so far makes the end of the connection the end of the response. */
  void endAfterResponse() {
    persistent = false;
  }

  void onInterim(int status) {
    if (status == CONTINUE) {
      awaitsContinue = false;
    }
  }

  /** Adds what a response says about the connection that it comes by. */
  void addConnectionFields(HttpHeaders headers, HttpVersion version) {
    if (awaitsContinue && !requestOver) {
      // RFC 9110 §10.1.1: whether the body still comes is the client's choice, so that nobody knows
      // where the next request would begin.
      persistent = false;
    }
    if (!persistent) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    } else if (version == HttpVersion.HTTP_1_0) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
    }
    headers.set(HttpHeaderNames.ALT_SVC, alternatives);
  }

  void onResponseOver() {
    responseOver = true;
    advance();
  }

  void pauseInput(Http1RequestStream stream, boolean paused) {
    if (stream == current) {
      inputPaused = paused;
      updateReading();
    }
  }

  /** Nobody wants the rest of the request; some of it is read to get to the next. */
  void dropInput(Http1RequestStream stream) {
    if (stream == current) {
      inputDropped = true;
    }
  }

  /** Takes what waits as far as its turn has come. */
  private void advance() {
    if (advancing) {
      return;
    }
    advancing = true;
    endExchangeIfOver();
    while (!closing && !waiting.isEmpty() && isTurn()) {
      accept(waiting.remove());
      endExchangeIfOver();
    }
    advancing = false;
    updateReading();
  }

  private boolean isTurn() {
    return current == null ? channel.isWritable() : !requestOver;
  }

  private void endExchangeIfOver() {
    if (current == null || !responseOver) {
      return;
    }
    if (requestOver) {
      endExchange();
      idle.restart();
    }
    if (!persistent) {
      close();
    }
  }

  private void endExchange() {
    Http1RequestStream over = current;
    current = null;
    inbound = null;
    outbound = null;
    if (over != null) {
      over.close();
    }
  }

  private void updateReading() {
    if (!closing) {
      channel.config().setAutoRead(waiting.isEmpty() && !inputPaused);
    }
  }

  private void accept(HttpObject part) {
    if (part instanceof HttpRequest request) {
      try {
        begin(request);
      } catch (RefusedRequestException e) {
        refuse(e);
      }
      if (part instanceof HttpContent whole && closing) {
        whole.release();
        return;
      }
    }
    if (part instanceof HttpContent content) {
      onContent(content);
    }
  }

  private void begin(HttpRequest request) throws RefusedRequestException {
    if (request.decoderResult().isFailure()) {
      throw Http1Heads.refusal(request.decoderResult());
    }
    RequestHead head = Http1Heads.request(request);
    idle.stop();
    persistent = HttpUtil.isKeepAlive(request) && !draining;
    awaitsContinue = head.fields().contains("expect");
    requestOver = false;
    responseOver = false;
    inputPaused = false;
    inputDropped = false;
    droppedBytes = 0;
    Http1RequestStream stream =
        new Http1RequestStream(this, Http1Heads.version(request), head.method().equals("HEAD"));
    InboundBody in = new InboundBody(stream);
    OutboundBody out =
        new OutboundBody(stream, in::ignoreRest, () -> in.discard(HttpErrorCode.REQUEST_CANCELLED));
    current = stream;
    inbound = in;
    outbound = out;
    ServerExchange exchange = new ServerExchange(stream, head, in, out);
    exchange.takePriority(null);
    exchange.answerBy(handler);
  }

  private void onContent(HttpContent content) {
    InboundBody body = inbound;
    if (body == null || requestOver) {
      content.release();
      return;
    }
    if (content.decoderResult().isFailure()) {
      // RFC 9112 §7.1: what is no chunk leaves the connection without a next message.
      content.release();
      persistent = false;
      requestOver = true;
      body.onFailure(new HttpException.Malformed("unreadable request body", null));
      return;
    }
    if (inputDropped || responseOver) {
      droppedBytes += content.content().readableBytes();
      if (droppedBytes > MAX_DROPPED_BYTES) {
        content.release();
        persistent = false;
        requestOver = true;
        return;
      }
    }
    boolean last = content instanceof LastHttpContent;
    HttpFields trailers = last ? trailers((LastHttpContent) content) : new HttpFields();
    body.onData(content.content());
    if (last) {
      requestOver = true;
      body.onTrailers(trailers);
      body.onEnd();
    }
  }

  private HttpFields trailers(LastHttpContent last) {
    try {
      return Http1Heads.fields(last.trailingHeaders());
    } catch (IllegalArgumentException e) {
      persistent = false; // RFC 9110 §6.5: trailers may be left out
      return new HttpFields();
    }
  }

  private void refuse(RefusedRequestException refused) {
    String text = refused.status() + " " + refused.reason() + "\n";
    HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory().newHeaders();
    headers.set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");
    headers.set(HttpHeaderNames.CONTENT_LENGTH, text.length());
    headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    channel.write(
        new DefaultFullHttpResponse(
            io.netty.handler.codec.http.HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(refused.status()),
            Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII),
            headers,
            EmptyHttpHeaders.INSTANCE));
    close();
  }

  private void close() {
    if (!closing) {
      closing = true;
      idle.cancel();
      releaseWaiting();
      LingeringClose.close(channel);
    }
  }

  private void releaseWaiting() {
    while (!waiting.isEmpty()) {
      ReferenceCountUtil.release(waiting.remove());
    }
  }
}
