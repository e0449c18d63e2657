package dev.memux.netty;

import dev.memux.engine.mux.MuxStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.quic.DefaultQuicStreamFrame;
import io.netty.handler.codec.quic.QuicStreamResetException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of a stream channel. It takes data from the engine only while the application
 * asks for it, because what is taken is given back to the peer as credit.
 */
final class StreamInput {
  private final MuxQuicStreamChannel channel;
  private final MuxStream stream;

  private boolean readPending;
  private boolean readable;
  private boolean reading;
  private boolean over;
  private volatile boolean shutdown;

  /** What was left in the engine when the connection ended; null while it lives. */
  private @Nullable ByteBuf rest;

  StreamInput(MuxQuicStreamChannel channel, MuxStream stream) {
    this.channel = channel;
    this.stream = stream;
    over = !stream.canReceive();
    shutdown = over;
  }

  /** Whether nothing more will be read. */
  boolean isOver() {
    return over;
  }

  /** Whether the application has been told the end, or wants no more. Any thread. */
  boolean isShutdown() {
    return shutdown;
  }

  /** The application asks for data. */
  void beginRead() {
    readPending = true;
    if (readable && !reading) {
      // Not at once: the caller may be a handler that does not expect to be called back.
      channel.eventLoop().execute(this::read);
    }
  }

  /** Data or the end has arrived. */
  void onReadable() {
    readable = true;
    read();
  }

  /**
   * The peer gave up (RESET_STREAM): told at once, to who does not read as well. As in Netty's
   * native QUIC no {@link ChannelInputShutdownEvent} follows, which would look like a proper end.
   */
  void onReset(long code) {
    if (over) {
      return;
    }
    end();
    channel
        .pipeline()
        .fireExceptionCaught(
            new QuicStreamResetException("the peer reset the stream with code " + code, code));
    channel.closeIfOver();
  }

  /** The application wants no more (STOP_SENDING). */
  void stop(long code) {
    if (!over) {
      end();
      stream.stopSending(code);
    }
  }

  /**
   * The connection has ended. What has come to its end before, and acknowledged so, is still the
   * application's to read: it is taken out of the engine, which will be gone. At most a receive
   * window.
   *
   * @return whether there is such a rest; otherwise nothing more can be read
   */
  boolean outlive() {
    if (over || !stream.isReceived()) {
      return false;
    }
    ByteBuf taken = channel.alloc().buffer(stream.readableBytes());
    while (taken.isWritable()) {
      int start = taken.writerIndex();
      int length = stream.read(taken.internalNioBuffer(start, taken.writableBytes()));
      if (length <= 0) {
        break;
      }
      taken.writerIndex(start + length);
    }
    rest = taken;
    readable = true;
    return true;
  }

  /** The channel is closed. */
  void end() {
    over = true;
    shutdown = true;
    readable = false;
    if (rest != null) {
      rest.release();
      rest = null;
    }
  }

  private void read() {
    if (reading) {
      return;
    }
    reading = true;
    try {
      while (readPending && readable && !over && channel.isOpen()) {
        readOnce();
      }
    } finally {
      reading = false;
    }
    channel.parent().wake(); // credit may be due
  }

  /**
   * What one read request brings: as many buffers as the allocator's handle allows, or the end. The
   * end takes a request of its own after the last data, as it does on TCP: Netty's HTTP/3 codec
   * stops reading while a header block waits for the dynamic table, and must not be told the end
   * meanwhile.
   */
  @SuppressWarnings("deprecation") // what Unsafe returns
  private void readOnce() {
    RecvByteBufAllocator.Handle handle = channel.recvHandle();
    handle.reset(channel.config());
    ChannelPipeline pipeline = channel.pipeline();
    boolean frames = channel.config().isReadFrames();
    boolean delivered = false;
    boolean ended = false;
    do {
      ByteBuf buffer = handle.allocate(channel.alloc());
      handle.attemptedBytesRead(buffer.writableBytes());
      int length = fill(buffer);
      handle.lastBytesRead(length);
      if (length < 0 && stream.resetCode() >= 0) {
        readable = false; // the event that tells of the reset comes after the data before it
        buffer.release();
        break;
      }
      ended = length < 0 || (frames && isFinished());
      readable = ended || isFinished() || length == handle.attemptedBytesRead();
      if (length <= 0) {
        buffer.release();
        if (!ended || !frames) {
          break;
        }
        buffer = Unpooled.EMPTY_BUFFER;
      }
      handle.incMessagesRead(1);
      readPending = false;
      delivered = true;
      pipeline.fireChannelRead(frames ? new DefaultQuicStreamFrame(buffer, ended) : buffer);
    } while (!ended && readable && !over && handle.continueReading());
    if (delivered) {
      handle.readComplete();
      pipeline.fireChannelReadComplete();
    }
    if (ended && !over && (frames || !delivered)) {
      onEnd(pipeline, frames);
    }
  }

  private int fill(ByteBuf buffer) {
    int start = buffer.writerIndex();
    int length = take(buffer.internalNioBuffer(start, buffer.writableBytes()));
    if (length > 0) {
      buffer.writerIndex(start + length);
    }
    return length;
  }

  private int take(ByteBuffer target) {
    if (rest == null) {
      return stream.read(target);
    }
    int length = Math.min(rest.readableBytes(), target.remaining());
    target.limit(target.position() + length);
    rest.readBytes(target);
    return length > 0 ? length : -1;
  }

  private boolean isFinished() {
    return rest == null ? stream.isFinished() : !rest.isReadable();
  }

  private void onEnd(ChannelPipeline pipeline, boolean frames) {
    readPending = false;
    end();
    if (!channel.config().isAllowHalfClosure()) {
      channel.close();
      return;
    }
    if (!frames || !channel.isOutputOver()) { // a frame with FIN has told the end already
      pipeline.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
      pipeline.fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
    }
    channel.closeIfOver();
  }
}
