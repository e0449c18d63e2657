package dev.memux.http;

import dev.memux.netty.MuxQuicStreamChannel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.util.concurrent.Future;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A request stream of HTTP/3 (RFC 9114 §4.1), at either end. */
final class Http3RequestStream implements ServerStream {
  private final QuicStreamChannel channel;

  Http3RequestStream(QuicStreamChannel channel) {
    this.channel = channel;
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
    return HttpVersion.HTTP_3;
  }

  @Override
  public Object connection() {
    return channel.parent();
  }

  @Override
  public @Nullable SocketAddress localAddress() {
    return channel.parent().localSocketAddress();
  }

  @Override
  public @Nullable SocketAddress remoteAddress() {
    return channel.parent().remoteSocketAddress();
  }

  @Override
  public boolean isEarly() {
    return channel instanceof MuxQuicStreamChannel mux && mux.isEarly();
  }

  @Override
  public boolean isActive() {
    return channel.isActive();
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  Future<Void> writeHead(RequestHead head) {
    return channel.writeAndFlush(new DefaultHttp3HeadersFrame(MessageHeads.http3(head)));
  }

  @Override
  public Future<Void> writeHead(ResponseHead head) {
    return channel.writeAndFlush(new DefaultHttp3HeadersFrame(MessageHeads.http3(head)));
  }

  @Override
  public Future<Void> writeAnswer(ResponseHead head, ByteBuf body) {
    Future<Void> written = channel.write(new DefaultHttp3HeadersFrame(MessageHeads.http3(head)));
    if (body.isReadable()) {
      written = channel.write(new DefaultHttp3DataFrame(body));
    } else {
      body.release();
    }
    channel.flush(); // once, and not for each of them
    channel.shutdownOutput();
    return written;
  }

  @Override
  public Future<Void> writeData(ByteBuf data) {
    return channel.writeAndFlush(new DefaultHttp3DataFrame(data));
  }

  @Override
  public void finish(HttpFields trailers) {
    if (trailers.size() > 0) {
      channel.writeAndFlush(new DefaultHttp3HeadersFrame(MessageHeads.http3(trailers)));
    }
    channel.shutdownOutput();
  }

  @Override
  public void abortOutput(HttpErrorCode code) {
    channel.shutdownOutput(code.http3());
  }

  @Override
  public void pauseInput() {
    channel.config().setAutoRead(false);
  }

  @Override
  public void resumeInput() {
    if (!channel.config().isAutoRead()) {
      channel.config().setAutoRead(true);
    }
  }

  @Override
  public void stopInput(HttpErrorCode code) {
    channel.shutdownInput(code.http3());
  }

  @Override
  public Future<Void> closeFuture() {
    return channel.closeFuture();
  }

  @Override
  public Future<Void> deliveredFuture() {
    return channel instanceof MuxQuicStreamChannel mux
        ? mux.deliveredFuture()
        : channel.closeFuture();
  }

  @Override
  public void prioritize(QuicStreamPriority priority) {
    channel.updatePriority(priority);
  }

  @Override
  public @Nullable QuicStreamPriority priority() {
    return channel.priority();
  }
}
