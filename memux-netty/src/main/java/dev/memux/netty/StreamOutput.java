package dev.memux.netty;

import dev.memux.engine.mux.MuxStream;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.handler.codec.quic.QuicStreamFrame;
import java.nio.ByteBuffer;

/**
 * The sending half of a stream channel. Flushed messages go to the engine while it has room; the
 * rest waits in Netty's outbound buffer, whose size decides the channel's writability. A write's
 * promise succeeds when the engine has taken the data.
 */
final class StreamOutput {
  private final MuxQuicStreamChannel channel;
  private final MuxStream stream;

  /** FIN handed to the engine, or our direction given up; or there never was one. */
  private boolean over;

  private volatile boolean shutdown;
  private String refusal = "receive-only stream";

  StreamOutput(MuxQuicStreamChannel channel, MuxStream stream) {
    this.channel = channel;
    this.stream = stream;
    over = !stream.canSend();
    shutdown = over;
  }

  /** Whether nothing more can be written. */
  boolean isOver() {
    return over;
  }

  /** Whether no more writes are accepted, though earlier ones may still wait. Any thread. */
  boolean isShutdown() {
    return shutdown;
  }

  /** The application will write no more after what it has written. */
  void beginShutdown() {
    shutdown = true;
  }

  /** Moves flushed messages into the engine while it takes them. */
  void drain(ChannelOutboundBuffer buffer) {
    for (Object message; (message = buffer.current()) != null; ) {
      if (over) {
        buffer.remove(new ChannelOutputShutdownException(refusal));
        continue;
      }
      if (!stream.isWritable()) {
        break; // stopped by the peer, or the connection is over: the event that fails them comes
      }
      ByteBuf content =
          message instanceof QuicStreamFrame frame ? frame.content() : (ByteBuf) message;
      if (!write(content, buffer)) {
        break; // the engine will say when there is room
      }
      if (message instanceof QuicStreamFrame frame && frame.hasFin()) {
        finish();
      }
      buffer.remove();
    }
    channel.parent().wake();
    channel.closeIfOver();
  }

  /** The peer wants no more (STOP_SENDING): what waits fails, and so will every later write. */
  void onStopped(long code) {
    if (over) {
      return;
    }
    end("the peer stopped the stream with code " + code);
    channel.failWrites();
    channel.pipeline().fireUserEventTriggered(new StreamStoppedEvent(code));
    channel.pipeline().fireUserEventTriggered(ChannelOutputShutdownEvent.INSTANCE);
    channel.closeIfOver();
  }

  /**
   * Gives up our direction (RESET_STREAM): what waits fails; what is on its way may never arrive.
   */
  void reset(long code) {
    stream.reset(code);
    if (!over) {
      end("the stream was reset with code " + code);
      channel.failWrites();
    }
  }

  /** The channel is closed: ends the stream properly, or as a failure when data was cut off. */
  void close(boolean writesDropped) {
    if (!over) {
      if (writesDropped) {
        stream.reset(0);
      } else if (stream.isWritable()) {
        stream.finish();
      }
      end("closed");
    }
  }

  /**
   * Without a word to the engine, whose connection is over.
   *
   * @param why with what later writes fail; most streams see none, and exceptions are expensive
   */
  void end(String why) {
    over = true;
    shutdown = true;
    refusal = why;
  }

  private void finish() {
    stream.finish();
    end("FIN was written");
  }

  /** Returns whether all of {@code content} was taken. */
  private boolean write(ByteBuf content, ChannelOutboundBuffer buffer) {
    int length = content.readableBytes();
    if (length == 0) {
      return true;
    }
    int taken;
    if (content.nioBufferCount() == 1) {
      taken = stream.write(content.internalNioBuffer(content.readerIndex(), length));
    } else {
      taken = writeAll(content.nioBuffers());
    }
    content.skipBytes(taken);
    buffer.progress(taken);
    return taken == length;
  }

  private int writeAll(ByteBuffer[] parts) {
    int taken = 0;
    for (ByteBuffer part : parts) {
      taken += stream.write(part);
      if (part.hasRemaining()) {
        break;
      }
    }
    return taken;
  }
}
