package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.quic.QuicStreamPriority;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The body that goes out on one stream. Whoever fills it writes while {@link #isWritable()} and
 * otherwise waits for the call-back of {@link #onWritable}; nothing is refused, but what is written
 * beyond stays in memory. All methods belong to {@link #loop()}.
 */
public final class OutboundBody {
  private final HttpStream stream;
  private final Runnable onFinished;
  private Runnable onRefused;
  private @Nullable Runnable writableListener;
  private boolean over;

  /**
   * A body on that stream.
   *
   * @param onFinished called when the body's end was written, not when it was abandoned
   * @param onRefused called once when the peer takes no more of it
   */
  OutboundBody(HttpStream stream, Runnable onFinished, Runnable onRefused) {
    this.stream = stream;
    this.onFinished = onFinished;
    this.onRefused = onRefused;
  }

  /** The event loop on which this body lives. */
  public EventLoop loop() {
    return stream.loop();
  }

  /** Whether the stream takes more without piling it up; false for good once it takes no more. */
  public boolean isWritable() {
    return !over && stream.isWritable();
  }

  /**
   * Calls back each time the stream has room again, perhaps in the middle of a {@link #write};
   * replaces an earlier call-back.
   */
  public void onWritable(Runnable listener) {
    writableListener = listener;
  }

  /**
   * Calls back once when the peer takes no more; replaces what else would be done then, which on a
   * server is to let the request go as well.
   */
  public void onRefused(Runnable listener) {
    onRefused = listener;
  }

  /** Changes how important the body is, at once (RFC 9218 §4). */
  public void prioritize(QuicStreamPriority priority) {
    stream.prioritize(priority);
  }

  /** Sends one piece and releases it. After the stream's end it is only released. */
  public void write(ByteBuf data) {
    if (over || !stream.isActive()) {
      data.release();
      return;
    }
    watch(stream.writeData(data));
  }

  /** Ends the body; what was written is still sent. */
  public void finish() {
    finish(new HttpFields());
  }

  /** Ends the body with trailers (RFC 9110 §6.5); what was written is still sent. */
  public void finish(HttpFields trailers) {
    if (over) {
      return;
    }
    over = true;
    stream.finish(trailers);
    onFinished.run();
  }

  /** The body has been written already, its end included. */
  void finish(Future<Void> written) {
    watch(written);
    if (!over) {
      over = true;
      onFinished.run();
    }
  }

  /** Ends the body before its end, so that the peer knows it is incomplete. */
  public void abort(HttpErrorCode code) {
    if (!over) {
      over = true;
      stream.abortOutput(code);
    }
  }

  void onWritabilityChanged() {
    Runnable listener = writableListener;
    if (listener != null && isWritable()) {
      listener.run();
    }
  }

  /** The peer takes no more. */
  void refuse() {
    if (!over) {
      over = true;
      onRefused.run();
    }
  }

  /** Counts a failed write as a refusal: STOP_SENDING (RFC 9000 §3.5), or the stream is gone. */
  void watch(Future<Void> write) {
    write.addListener(
        done -> {
          if (!done.isSuccess()) {
            refuse();
          }
        });
  }
}
