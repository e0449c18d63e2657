package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.handler.codec.quic.QuicStreamChannel;
import org.jspecify.annotations.Nullable;

/**
 * The body that goes out on one stream. Whoever fills it writes while {@link #isWritable()} and
 * otherwise waits for the call-back of {@link #onWritable}; nothing is refused, but what is written
 * beyond stays in memory. All methods belong to {@link #loop()}.
 */
public final class OutboundBody {
  private final QuicStreamChannel channel;
  private final Runnable onFinished;
  private final Runnable onRefused;
  private @Nullable Runnable writableListener;
  private boolean over;

  /**
   * A body on that stream.
   *
   * @param onFinished called when the body's end was written, not when it was abandoned
   * @param onRefused called once when the peer takes no more of it
   */
  OutboundBody(QuicStreamChannel channel, Runnable onFinished, Runnable onRefused) {
    this.channel = channel;
    this.onFinished = onFinished;
    this.onRefused = onRefused;
  }

  /** The event loop on which this body lives. */
  public EventLoop loop() {
    return channel.eventLoop();
  }

  /** Whether the stream takes more without piling it up; false for good once it takes no more. */
  public boolean isWritable() {
    return !over && channel.isWritable();
  }

  /** Calls back each time the stream has room again; replaces an earlier call-back. */
  public void onWritable(Runnable listener) {
    writableListener = listener;
  }

  /** Sends one piece and releases it. After the stream's end it is only released. */
  public void write(ByteBuf data) {
    if (over || !channel.isActive()) {
      data.release();
      return;
    }
    watch(channel.writeAndFlush(new DefaultHttp3DataFrame(data)));
  }

  /** Ends the body; what was written is still sent. */
  public void finish() {
    if (over) {
      return;
    }
    over = true;
    channel.shutdownOutput();
    onFinished.run();
  }

  /** Ends the body before its end, so that the peer knows it is incomplete. */
  public void abort(Http3ErrorCode code) {
    if (!over) {
      over = true;
      channel.shutdownOutput(code.code());
    }
  }

  void writeHead(Http3Headers headers) {
    watch(channel.writeAndFlush(new DefaultHttp3HeadersFrame(headers)));
  }

  void onWritabilityChanged() {
    Runnable listener = writableListener;
    if (listener != null && isWritable()) {
      listener.run();
    }
  }

  private void watch(ChannelFuture write) {
    write.addListener(
        done -> {
          if (!done.isSuccess() && !over) {
            over = true; // STOP_SENDING (RFC 9000 §3.5), or the stream is gone
            onRefused.run();
          }
        });
  }
}
