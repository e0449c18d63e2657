package dev.memux.http.same;

import dev.memux.engine.CloseReason;
import dev.memux.netty.ConnectionClosedEvent;
import dev.memux.netty.StreamLimitChangedEvent;
import dev.memux.netty.StreamStoppedEvent;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import io.netty.handler.codec.quic.QuicStreamFrame;
import io.netty.handler.codec.quic.QuicStreamLimitChangedEvent;
import io.netty.handler.codec.quic.QuicStreamResetException;
import io.netty.handler.ssl.SniCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Writes down, in order, what a channel tells its handlers. Where one message ends and the next
 * begins is not written down: no stream promises that.
 */
class Diary extends ChannelInboundHandlerAdapter {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  volatile Channel channel;

  List<String> lines() {
    return List.copyOf(lines);
  }

  boolean has(String line) {
    return lines.contains(line);
  }

  int size() {
    synchronized (data) {
      return data.size();
    }
  }

  byte[] bytes() {
    synchronized (data) {
      return data.toByteArray();
    }
  }

  String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  void note(String line) {
    lines.add(line);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    channel = ctx.channel();
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) throws Exception {
    note("active");
    ctx.fireChannelActive();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    note("inactive");
    ctx.fireChannelInactive();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    switch (message) {
      case ByteBuf buffer -> keep(buffer);
      case QuicStreamFrame frame -> {
        keep(frame.content());
        if (frame.hasFin()) {
          note("frame with the end");
        }
      }
      default -> note("stream");
    }
    ctx.fireChannelRead(message); // the end of the pipeline releases what nobody takes
  }

  private void keep(ByteBuf buffer) {
    if (lines.isEmpty() || !lines.getLast().equals("data")) {
      note("data");
    }
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.getBytes(buffer.readerIndex(), bytes);
    synchronized (data) {
      data.writeBytes(bytes);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    switch (event) {
      case SslHandshakeCompletionEvent handshake ->
          note(handshake.isSuccess() ? "handshake done" : "handshake failed");
      case ChannelInputShutdownEvent end -> note("input shut down");
      case ChannelInputShutdownReadComplete end -> note("input read to its end");
      case ChannelOutputShutdownEvent end -> note("output shut down");
      case QuicConnectionCloseEvent close ->
          noteClose(
              close.isApplicationClose(),
              close.error(),
              new String(close.reason(), StandardCharsets.UTF_8));
      case ConnectionClosedEvent(CloseReason reason)
          when reason.origin() == CloseReason.Origin.PEER ->
          noteClose(reason.application(), reason.code(), reason.reason());
      // What only one of them tells, or each in its own way and time.
      case SniCompletionEvent name -> {}
      case QuicStreamLimitChangedEvent limit -> {}
      case StreamLimitChangedEvent limit -> {}
      case StreamStoppedEvent stopped -> {}
      case ConnectionClosedEvent close -> {}
      default -> note(event.getClass().getSimpleName());
    }
    ctx.fireUserEventTriggered(event);
  }

  private void noteClose(boolean application, long code, String reason) {
    note("peer closed: " + (application ? "application " : "transport ") + code + " " + reason);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    note(
        cause instanceof QuicStreamResetException reset
            ? "reset " + reset.applicationProtocolCode()
            : cause.toString());
  }
}
