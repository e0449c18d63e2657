package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.util.concurrent.Future;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A request stream of a server's HTTP/2 connection (RFC 9113 §5). */
final class Http2RequestStream implements ServerStream {
  private final Http2StreamChannel channel;
  private final Http2Priorities priorities;
  private final String alternatives;
  private @Nullable QuicStreamPriority priority;
  private @Nullable ChannelFuture finished;
  private @Nullable HttpErrorCode inputStopped;

  /**
   * A stream that was opened.
   *
   * @param alternatives the value of {@code Alt-Svc} (RFC 7838)
   */
  Http2RequestStream(Http2StreamChannel channel, Http2Priorities priorities, String alternatives) {
    this.channel = channel;
    this.priorities = priorities;
    this.alternatives = alternatives;
  }

  @Override
  public EventLoop loop() {
    return channel.eventLoop();
  }

  @Override
  public ByteBufAllocator alloc() {
    return channel.alloc();
  }

  @Override
  public HttpVersion version() {
    return HttpVersion.HTTP_2;
  }

  @Override
  public Object connection() {
    return channel.parent();
  }

  @Override
  public @Nullable SocketAddress localAddress() {
    return channel.parent().localAddress();
  }

  @Override
  public @Nullable SocketAddress remoteAddress() {
    return channel.parent().remoteAddress();
  }

  @Override
  public boolean isActive() {
    return channel.isActive();
  }

  @Override
  public boolean isWritable() {
    return channel.isActive() && channel.isWritable();
  }

  @Override
  public Future<Void> writeHead(ResponseHead head) {
    Http2Headers headers = MessageHeads.http2(head);
    if (head.status() >= 200) {
      headers.set(HttpHeaderNames.ALT_SVC, alternatives);
    }
    return channel.writeAndFlush(new DefaultHttp2HeadersFrame(headers));
  }

  @Override
  public Future<Void> writeData(ByteBuf data) {
    return channel.writeAndFlush(new DefaultHttp2DataFrame(data));
  }

  @Override
  public void finish(HttpFields trailers) {
    ChannelFuture written =
        channel.writeAndFlush(
            trailers.size() == 0
                ? new DefaultHttp2DataFrame(true)
                : new DefaultHttp2HeadersFrame(MessageHeads.http2(trailers), true));
    finished = written;
    if (inputStopped != null) {
      resetAfter(written, inputStopped);
    }
  }

  @Override
  public void abortOutput(HttpErrorCode code) {
    if (channel.isActive()) {
      channel.writeAndFlush(new DefaultHttp2ResetFrame(code.http2()));
    }
  }

  @Override
  public void pauseInput() {
    channel.config().setAutoRead(false);
  }

  @Override
  public void resumeInput() {
    if (inputStopped == null && !channel.config().isAutoRead()) {
      channel.config().setAutoRead(true);
    }
  }

  /**
   * HTTP/2 cannot end one direction only from the receiving side. Until the response is written the
   * client is held back by flow control; then it is told (RFC 9113 §8.1).
   */
  @Override
  public void stopInput(HttpErrorCode code) {
    inputStopped = code;
    channel.config().setAutoRead(false);
    if (finished != null) {
      resetAfter(finished, code);
    }
  }

  @Override
  public Future<Void> closeFuture() {
    return channel.closeFuture();
  }

  @Override
  public Future<Void> deliveredFuture() {
    return channel.closeFuture();
  }

  @Override
  public void prioritize(QuicStreamPriority value) {
    priority = value;
    priorities.prioritize(channel.stream().id(), value);
  }

  @Override
  public @Nullable QuicStreamPriority priority() {
    return priority;
  }

  // Not at once: a reset would overtake what flow control still holds back of the response.
  private void resetAfter(ChannelFuture written, HttpErrorCode code) {
    written.addListener(done -> abortOutput(code));
  }
}
