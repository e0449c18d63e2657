package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.util.concurrent.Future;

/**
 * One exchange on a client's HTTP/1.1 connection. When the exchange is over the connection belongs
 * to another, and what is still said here has no effect.
 */
final class Http1ClientStream implements HttpStream {
  private final Http1ClientConnection connection;
  private final Channel channel;

  Http1ClientStream(Http1ClientConnection connection) {
    this.connection = connection;
    channel = connection.channel();
  }

  @Override
  public EventLoop loop() {
    return channel.eventLoop();
  }

  @Override
  public boolean isActive() {
    return connection.isCurrent(this);
  }

  @Override
  public boolean isWritable() {
    return connection.isCurrent(this) && channel.isWritable();
  }

  @Override
  public Future<Void> writeData(ByteBuf data) {
    return channel.writeAndFlush(new DefaultHttpContent(data));
  }

  @Override
  public void finish(HttpFields trailers) {
    if (connection.isCurrent(this)) {
      channel.writeAndFlush(
          new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER, Http1Heads.headers(trailers)));
      connection.onRequestOver();
    }
  }

  /** RFC 9112 §9.5: the only way to give up a request is to close its connection. */
  @Override
  public void abortOutput(HttpErrorCode code) {
    connection.abandon(this);
  }

  @Override
  public void pauseInput() {
    if (connection.isCurrent(this)) {
      connection.pauseInput(true);
    }
  }

  @Override
  public void resumeInput() {
    if (connection.isCurrent(this)) {
      connection.pauseInput(false);
    }
  }

  @Override
  public void stopInput(HttpErrorCode code) {
    connection.abandon(this);
  }
}
