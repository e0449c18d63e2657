package dev.memux.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.quic.QuicStreamFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what a channel tells; any thread may ask. */
class Recorder extends ChannelInboundHandlerAdapter {
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  final List<Object> events = new CopyOnWriteArrayList<>();
  final List<Throwable> exceptions = new CopyOnWriteArrayList<>();
  final List<Boolean> writability = new CopyOnWriteArrayList<>();
  volatile Channel channel;
  volatile boolean active;
  volatile boolean inactive;
  volatile boolean finFrame;

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    channel = ctx.channel();
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) throws Exception {
    active = true;
    ctx.fireChannelActive();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    inactive = true;
    ctx.fireChannelInactive();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    switch (message) {
      case ByteBuf buffer -> record(buffer);
      case QuicStreamFrame frame -> {
        record(frame.content());
        finFrame |= frame.hasFin();
      }
      default -> {
        ctx.fireChannelRead(message); // streams, of a connection
        return;
      }
    }
    ReferenceCountUtil.release(message);
  }

  private void record(ByteBuf buffer) {
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    synchronized (data) {
      data.writeBytes(bytes);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
    writability.add(ctx.channel().isWritable());
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    events.add(event);
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    exceptions.add(cause);
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

  /** Whether the peer's FIN has been told. */
  boolean ended() {
    return events.contains(ChannelInputShutdownReadComplete.INSTANCE);
  }

  <E> Optional<E> event(Class<E> type) {
    return events.stream().filter(type::isInstance).map(type::cast).findFirst();
  }
}
