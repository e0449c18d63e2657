package dev.memux.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.net.ProtocolException;
import org.jspecify.annotations.Nullable;

/**
 * Stands between WebSocket frames (RFC 6455) and a {@link QmuxDriver}: a binary message is a
 * record, a Close frame the end of a side. On the event loop.
 */
final class WebSocketRecords extends ChannelDuplexHandler implements LayerBelow {
  private final int maxRecordBytes;
  private final String description;

  /** What has come of a message in fragments; null: none is under way. */
  private @Nullable ByteBuf message;

  private boolean closeSent;
  private boolean inputEnded;

  /** The connection is closing for what the peer has sent: further messages matter no more. */
  private boolean discarding;

  /** A pong is on its way down. */
  private boolean answering;

  /** The latest ping that came meanwhile. */
  private @Nullable ByteBuf pinged;

  /**
   * @param maxRecordBytes what the peer was told, by our transport parameters
   */
  WebSocketRecords(int maxRecordBytes, String description) {
    this.maxRecordBytes = maxRecordBytes;
    this.description = description;
  }

  // Input.

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object read) {
    if (!(read instanceof WebSocketFrame frame)) {
      ctx.fireChannelRead(read);
      return;
    }
    try {
      if (!inputEnded) {
        onFrame(ctx, frame);
      }
    } finally {
      frame.release();
    }
  }

  private void onFrame(ChannelHandlerContext ctx, WebSocketFrame frame) {
    if (frame instanceof BinaryWebSocketFrame || frame instanceof ContinuationWebSocketFrame) {
      if (!discarding) {
        onData(ctx, frame);
      }
    } else if (frame instanceof TextWebSocketFrame) {
      // RFC 6455 §7.4.1: 1003 is for who gets text and understands only binary data.
      refuse(ctx, WebSocketCloseStatus.INVALID_MESSAGE_TYPE, "the peer sent text");
    } else if (frame instanceof PingWebSocketFrame) {
      onPing(ctx, frame.content().retain());
    } else if (frame instanceof CloseWebSocketFrame) {
      inputEnded = true;
      ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    }
  }

  private void onData(ChannelHandlerContext ctx, WebSocketFrame frame) {
    if (message == null && frame.isFinalFragment()) {
      ctx.fireChannelRead(frame.content().retain());
      return;
    }
    if (message == null) {
      message = ctx.alloc().heapBuffer(frame.content().readableBytes());
    }
    message.writeBytes(frame.content());
    if (message.readableBytes() > maxRecordBytes) {
      onTooLong(ctx); // however much more of it would come
    } else if (frame.isFinalFragment()) {
      ByteBuf whole = message;
      message = null;
      ctx.fireChannelRead(whole);
    }
  }

  /**
   * QMux §5.2: a record above our limit is a FRAME_ENCODING_ERROR, which is the engine's to find
   * and to tell; of the record itself it needs to see nothing but that.
   */
  private void onTooLong(ChannelHandlerContext ctx) {
    discarding = true;
    release();
    ctx.fireChannelRead(Unpooled.wrappedBuffer(new byte[maxRecordBytes + 1]));
    ctx.fireChannelReadComplete();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof CorruptedWebSocketFrameException corrupted && !inputEnded) {
      if (corrupted.closeStatus().code() != WebSocketCloseStatus.MESSAGE_TOO_BIG.code()) {
        refuse(ctx, corrupted.closeStatus(), "WebSocket: " + corrupted.getMessage());
      } else if (!discarding) {
        onTooLong(ctx);
      }
    } else {
      ctx.fireExceptionCaught(cause);
    }
  }

  /** Fails the WebSocket connection (RFC 6455 §7.1.7). */
  private void refuse(ChannelHandlerContext ctx, WebSocketCloseStatus status, String reason) {
    inputEnded = true;
    close(ctx, status);
    ctx.fireExceptionCaught(new ProtocolException(reason));
  }

  /**
   * RFC 6455 §5.5.3: of several pings the latest alone may be answered. So a peer that sends pings
   * and does not read makes us keep one.
   */
  private void onPing(ChannelHandlerContext ctx, ByteBuf content) {
    if (closeSent) {
      content.release();
    } else if (answering) {
      if (pinged != null) {
        pinged.release();
      }
      pinged = content;
    } else {
      answering = true;
      ctx.writeAndFlush(new PongWebSocketFrame(content))
          .addListener(
              written -> {
                answering = false;
                ByteBuf next = pinged;
                pinged = null;
                if (next != null) {
                  onPing(ctx, next);
                }
              });
    }
  }

  // Output.

  @Override
  public void write(ChannelHandlerContext ctx, Object written, ChannelPromise promise) {
    ctx.write(
        written instanceof ByteBuf record ? new BinaryWebSocketFrame(record) : written, promise);
  }

  @Override
  public void endOutput(ChannelHandlerContext context) {
    close(context, WebSocketCloseStatus.NORMAL_CLOSURE);
  }

  private void close(ChannelHandlerContext ctx, WebSocketCloseStatus status) {
    if (!closeSent) {
      closeSent = true;
      ctx.writeAndFlush(new CloseWebSocketFrame(status));
    }
  }

  // The layer below.

  @Override
  public boolean keepsRecordsApart() {
    return true;
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    release();
  }

  private void release() {
    if (message != null) {
      message.release();
      message = null;
    }
    if (pinged != null) {
      pinged.release();
      pinged = null;
    }
  }
}
