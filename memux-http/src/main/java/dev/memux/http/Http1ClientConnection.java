package dev.memux.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection to an HTTP/1.1 server, which carries one exchange at a time (RFC 9112 §9.3). */
final class Http1ClientConnection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Http1ClientConnection.class);
  private static final int SWITCHING_PROTOCOLS = 101;

  private final Channel channel;
  private final Http1Pool pool;
  private final LazyTimer idle;
  private final LazyTimer patience;
  private @Nullable Exchange current;
  private boolean used;

  private Http1ClientConnection(Channel channel, Http1Pool pool, Http1ClientConfig config) {
    this.channel = channel;
    this.pool = pool;
    idle = new LazyTimer(channel.eventLoop(), config.idleTimeout().toNanos(), this::close);
    patience =
        new LazyTimer(channel.eventLoop(), config.responseTimeout().toNanos(), this::onTimeout);
  }

  /** What is under way. */
  private static final class Exchange {
    private final Http1Request request;
    private final Http1ClientStream stream;
    private final InboundBody inbound;
    private final OutboundBody outbound;
    private boolean requestOver;
    private boolean answerBegun;
    private boolean headReceived;
    private boolean persistent;
    private boolean paused;

    Exchange(Http1Request request, Http1ClientStream stream) {
      this.request = request;
      this.stream = stream;
      inbound = new InboundBody(stream);
      outbound = new OutboundBody(stream, () -> {}, () -> {});
      requestOver = !request.hasBody();
    }

    void fail(HttpException failure) {
      outbound.refuse();
      if (headReceived) {
        inbound.onFailure(failure);
      } else {
        request.exchange().fail(failure);
      }
    }
  }

  /** Makes a new connection speak HTTP/1.1; null if it has been lost already. */
  static @Nullable Http1ClientConnection begin(
      SocketChannel channel, Http1Pool pool, Http1ClientConfig config) {
    Http1ClientConnection connection = new Http1ClientConnection(channel, pool, config);
    HttpDecoderConfig limits =
        new HttpDecoderConfig()
            .setMaxInitialLineLength(HttpsService.MAX_REQUEST_LINE_BYTES)
            .setMaxHeaderSize(Http3Service.MAX_FIELD_SECTION_BYTES);
    ChannelHandler codec = new HttpClientCodec(limits, false, false);
    if (!TcpConnector.handOver(channel, connection.new FirstByte(), codec, connection)) {
      return null;
    }
    channel.config().setAutoRead(true);
    return connection;
  }

  Channel channel() {
    return channel;
  }

  /** Sends a request; the connection must be free. */
  void send(Http1Request request) {
    ClientExchange client = request.exchange();
    if (client.isOver()) {
      pool.onFree(this);
      return;
    }
    idle.stop();
    Exchange exchange = new Exchange(request, new Http1ClientStream(this));
    current = exchange;
    client.onStream(exchange.stream);
    exchange.outbound.watch(channel.write(Http1Heads.request(client.head(), request.hasBody())));
    if (!request.hasBody()) {
      channel.write(LastHttpContent.EMPTY_LAST_CONTENT);
    }
    channel.flush();
    onProgress();
    if (request.hasBody()) {
      client.listener().onOpen(exchange.outbound);
    }
  }

  /** There is nothing to send; waits for a while. */
  void rest() {
    idle.restart();
  }

  void close() {
    channel.close();
  }

  boolean isCurrent(Http1ClientStream stream) {
    return current != null && current.stream == stream && channel.isActive();
  }

  /** The request was sent to its end. */
  void onRequestOver() {
    if (current != null) {
      current.requestOver = true;
      onProgress();
    }
  }

  void pauseInput(boolean paused) {
    if (current != null) {
      current.paused = paused;
      channel.config().setAutoRead(!paused);
      onProgress();
    }
  }

  /** Gives the exchange up; nothing else can be sent by this connection then. */
  void abandon(Http1ClientStream stream) {
    if (current != null && current.stream == stream) {
      fail(new HttpException.StreamReset("given up", -1));
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      onProgress();
      if (current == null || !(message instanceof HttpObject part)) {
        close(); // RFC 9112 §9.2: an answer to nothing
      } else if (part.decoderResult().isFailure()) {
        fail(unreadable(part.decoderResult().cause()));
      } else {
        onPart(current, part);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    onProgress();
    if (current != null) {
      current.outbound.onWritabilityChanged();
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    idle.cancel();
    patience.cancel();
    Exchange unanswered = current;
    current = null;
    pool.onClosed(this);
    if (unanswered != null) {
      if (used && !unanswered.answerBegun && unanswered.request.mayRepeat()) {
        // RFC 9112 §9.3.1: the server closed a kept connection while the request was on its way.
        pool.repeat(unanswered.request);
      } else {
        unanswered.fail(new HttpException.ConnectionLost("the server closed the connection", null));
      }
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("{}", channel, cause);
    if (current != null && current.answerBegun) {
      // Before the codec takes the end of the connection for the end of the body.
      fail(new HttpException.ConnectionLost("the server broke the connection off", cause));
    }
    close();
  }

  private void onPart(Exchange exchange, HttpObject part) {
    if (part instanceof HttpResponse response) {
      onHead(exchange, response);
    }
    if (part instanceof HttpContent content && current == exchange && exchange.headReceived) {
      onContent(exchange, content);
    }
  }

  private void onHead(Exchange exchange, HttpResponse response) {
    ResponseHead head = Http1Heads.response(response);
    if (head == null) {
      fail(unreadable(null));
    } else if (head.status() == SWITCHING_PROTOCOLS) {
      // RFC 9110 §15.2.2: nobody has asked for that.
      fail(new HttpException.Malformed("the server changes to another protocol", null));
    } else if (head.status() < 200) {
      exchange.request.exchange().onInterim(head);
    } else {
      exchange.headReceived = true;
      exchange.persistent = HttpUtil.isKeepAlive(response);
      exchange.request.exchange().onHead(head, exchange.inbound);
    }
  }

  private void onContent(Exchange exchange, HttpContent content) {
    exchange.inbound.onData(content.content().retain());
    if (content instanceof LastHttpContent last && current == exchange) {
      try {
        exchange.inbound.onTrailers(Http1Heads.fields(last.trailingHeaders()));
      } catch (IllegalArgumentException e) {
        exchange.persistent = false; // RFC 9110 §6.5: trailers may be left out
      }
      end(exchange);
      exchange.inbound.onEnd();
    }
  }

  /** The answer has arrived. What the listener has not read of it yet waits in its body. */
  private void end(Exchange exchange) {
    current = null;
    patience.stop();
    channel.config().setAutoRead(true);
    if (exchange.requestOver && exchange.persistent && channel.isActive()) {
      used = true;
      pool.onFree(this);
    } else {
      // RFC 9112 §9.3, §9.6: the server has said so, or has answered before it had the request.
      exchange.outbound.refuse();
      close();
    }
  }

  private void fail(HttpException failure) {
    Exchange failed = current;
    if (failed != null) {
      current = null;
      patience.stop();
      close();
      failed.fail(failure);
    }
  }

  private static HttpException unreadable(@Nullable Throwable cause) {
    return new HttpException.Malformed("the server's answer is unreadable", cause);
  }

  private void onTimeout() {
    fail(new HttpException.TimedOut("the server does not answer in time"));
  }

  /** Something has moved, or who is waited for has changed. */
  private void onProgress() {
    Exchange exchange = current;
    boolean waitsForServer =
        exchange != null && (exchange.requestOver ? !exchange.paused : !channel.isWritable());
    if (waitsForServer) {
      patience.restart();
    } else {
      patience.stop();
    }
  }

  /** Notes that the server has begun to answer, before the codec knows what. */
  private final class FirstByte extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (current != null) {
        current.answerBegun = true;
      }
      ctx.fireChannelRead(message);
    }
  }
}
