package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response on a server's HTTP/1.1 connection, which it has to itself meanwhile.
 * Frames the response (RFC 9112 §6.3) and keeps to what it has declared: a body of another length
 * would be taken for the next response.
 */
final class Http1RequestStream implements ServerStream {
  private static final long UNKNOWN = -1;

  private final Http1ServerConnection connection;
  private final Channel channel;
  private final HttpVersion version;
  private final boolean head;
  private final Promise<Void> closed;
  private @Nullable QuicStreamPriority priority;
  private boolean bodyless;
  private boolean chunked;
  private long remainingBytes = UNKNOWN;
  private boolean outputOver;

  Http1RequestStream(Http1ServerConnection connection, HttpVersion version, boolean head) {
    this.connection = connection;
    this.channel = connection.channel();
    this.version = version;
    this.head = head;
    closed = channel.eventLoop().newPromise();
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
    return version;
  }

  @Override
  public Object connection() {
    return channel;
  }

  @Override
  public @Nullable SocketAddress localAddress() {
    return channel.localAddress();
  }

  @Override
  public @Nullable SocketAddress remoteAddress() {
    return channel.remoteAddress();
  }

  @Override
  public boolean isActive() {
    return !outputOver && channel.isActive();
  }

  @Override
  public boolean isWritable() {
    return isActive() && channel.isWritable();
  }

  @Override
  public Future<Void> writeHead(ResponseHead response) {
    HttpResponseStatus status = HttpResponseStatus.valueOf(response.status());
    HttpHeaders headers = Http1Heads.headers(response.fields());
    if (response.status() < 200) {
      connection.onInterim(response.status());
      return channel.writeAndFlush(
          new DefaultFullHttpResponse(
              io.netty.handler.codec.http.HttpVersion.HTTP_1_1,
              status,
              Unpooled.EMPTY_BUFFER,
              headers,
              EmptyHttpHeaders.INSTANCE));
    }
    frame(response.status(), headers);
    connection.addConnectionFields(headers, version);
    return channel.writeAndFlush(
        new DefaultHttpResponse(io.netty.handler.codec.http.HttpVersion.HTTP_1_1, status, headers));
  }

  /** RFC 9112 §6.3, for the sender: no body, a length, chunks, or all until the connection ends. */
  private void frame(int status, HttpHeaders headers) {
    bodyless = head || status == 204 || status == 304;
    if (status == 204) {
      headers.remove(HttpHeaderNames.CONTENT_LENGTH); // RFC 9110 §8.6
    }
    if (bodyless) {
      return;
    }
    String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
    if (length != null) {
      remainingBytes = Long.parseLong(length);
    } else if (version == HttpVersion.HTTP_1_1) {
      chunked = true;
      headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    } else {
      connection.endAfterResponse(); // RFC 9112 §9.3
    }
  }

  @Override
  public Future<Void> writeData(ByteBuf data) {
    if (bodyless) {
      data.release();
      return channel.newSucceededFuture();
    }
    if (remainingBytes != UNKNOWN) {
      remainingBytes -= data.readableBytes();
      if (remainingBytes < 0) {
        data.release();
        abortOutput(HttpErrorCode.INTERNAL_ERROR);
        return channel.newFailedFuture(new IllegalStateException("more than the content length"));
      }
    }
    return channel.writeAndFlush(new DefaultHttpContent(data));
  }

  @Override
  public void finish(HttpFields trailers) {
    if (remainingBytes > 0) {
      abortOutput(HttpErrorCode.INTERNAL_ERROR);
      return;
    }
    outputOver = true;
    LastHttpContent last =
        chunked && trailers.size() > 0
            ? new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER, Http1Heads.headers(trailers))
            : LastHttpContent.EMPTY_LAST_CONTENT;
    channel.writeAndFlush(last);
    connection.onResponseOver();
  }

  @Override
  public void abortOutput(HttpErrorCode code) {
    outputOver = true;
    LingeringClose.reset(channel);
  }

  @Override
  public void pauseInput() {
    connection.pauseInput(this, true);
  }

  @Override
  public void resumeInput() {
    connection.pauseInput(this, false);
  }

  @Override
  public void stopInput(HttpErrorCode code) {
    connection.dropInput(this);
  }

  @Override
  public Future<Void> closeFuture() {
    return closed;
  }

  @Override
  public Future<Void> deliveredFuture() {
    return closed;
  }

  /** There is nothing to decide between on a connection that carries one response at a time. */
  @Override
  public void prioritize(QuicStreamPriority value) {
    priority = value;
  }

  @Override
  public @Nullable QuicStreamPriority priority() {
    return priority;
  }

  /** The exchange is over. */
  void close() {
    outputOver = true;
    closed.trySuccess(null);
  }
}
