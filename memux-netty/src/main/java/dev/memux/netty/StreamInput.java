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

  /** The channel is closed. */
  void end() {
    over = true;
    shutdown = true;
    readable = false;
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
      ended = length < 0 || (frames && stream.isFinished());
      readable = ended || stream.isFinished() || length == handle.attemptedBytesRead();
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
    int length = stream.read(buffer.internalNioBuffer(start, buffer.writableBytes()));
    if (length > 0) {
      buffer.writerIndex(start + length);
    }
    return length;
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
