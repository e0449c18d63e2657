package dev.memux.http;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The body that comes in on one stream. Nothing is delivered that was not asked for with {@link
 * #read()}: what arrives meanwhile waits here, and the stream stops reading, so that flow control
 * holds the peer back. At most one read's worth of data ever waits.
 */
public final class InboundBody {
  private final HttpStream stream;
  private final Queue<ByteBuf> waiting = new ArrayDeque<>();
  private @Nullable BodyListener listener;
  private @Nullable HttpException failure;
  private @Nullable Runnable onFirstRead;
  private HttpFields trailers = new HttpFields();
  private boolean asked;
  private boolean ignored;
  private boolean ended;
  private boolean delivering;
  private boolean over;

  InboundBody(HttpStream stream) {
    this.stream = stream;
  }

  /** Names who receives the body. Once, on the event loop. */
  public void listen(BodyListener receiver) {
    if (listener != null) {
      throw new IllegalStateException("the body has a listener already");
    }
    listener = receiver;
    deliver();
  }

  /** Asks for one more piece. Any thread. */
  public void read() {
    if (stream.loop().inEventLoop()) {
      ask();
    } else {
      stream.loop().execute(this::ask);
    }
  }

  /** The trailer section (RFC 9110 §6.5), once the body is complete; on the event loop. */
  public HttpFields trailers() {
    return trailers;
  }

  /** Whether all of it has arrived, and there is nothing of it. On the event loop. */
  public boolean isEmpty() {
    return ended && waiting.isEmpty();
  }

  /**
   * Lets the rest go: the peer is told to stop (RFC 9114 §4.1), what waits is released and the
   * listener hears nothing more. On the event loop.
   */
  public void discard(HttpErrorCode code) {
    if (over) {
      return;
    }
    boolean complete = ended;
    over = true;
    release();
    if (!complete) {
      stream.stopInput(code);
      stream.resumeInput();
    }
  }

  /** Called once, before the first piece is asked of the peer. */
  void onFirstRead(Runnable call) {
    onFirstRead = call;
  }

  /**
   * The answer is complete and nobody listens: should more of the body come, the peer is told that
   * it is not needed (RFC 9114 §4.1). Not before, as most requests end with their head.
   */
  void ignoreRest() {
    if (listener == null) {
      ignored = true;
      if (!waiting.isEmpty()) {
        discard(HttpErrorCode.NO_ERROR);
      }
    }
  }

  void onData(ByteBuf data) {
    if (over || !data.isReadable()) {
      data.release();
      return;
    }
    if (ignored) {
      data.release();
      discard(HttpErrorCode.NO_ERROR);
      return;
    }
    waiting.add(data);
    if (!asked) {
      stream.pauseInput();
    }
    deliver();
  }

  void onTrailers(HttpFields fields) {
    trailers = fields;
  }

  void onEnd() {
    ended = true;
    deliver();
  }

  void onFailure(HttpException cause) {
    if (!ended && failure == null) {
      failure = cause;
      deliver();
    }
  }

  /** Nothing more comes; that is a failure unless all of it was there. */
  void onClosed(String reason) {
    if (!ended && failure == null) { // or each request would pay for an exception
      onFailure(new HttpException.StreamReset(reason, -1));
    }
  }

  private void ask() {
    Runnable first = onFirstRead;
    if (first != null) {
      onFirstRead = null;
      if (!ended && waiting.isEmpty()) {
        first.run();
      }
    }
    asked = true;
    deliver();
    if (asked && !over) {
      stream.resumeInput();
    }
  }

  /** Hands out what may be handed out; a listener that asks again from inside only sets a flag. */
  private void deliver() {
    BodyListener receiver = listener;
    if (receiver == null || delivering || over) {
      return;
    }
    delivering = true;
    while (asked && !over && !waiting.isEmpty()) {
      asked = false;
      receiver.onData(waiting.remove());
    }
    delivering = false;
    if (!over && waiting.isEmpty() && ended) {
      over = true;
      receiver.onEnd();
    } else if (!over && failure != null) {
      // A stream that was reset has nothing to wait for (RFC 9000 §3.2).
      over = true;
      release();
      receiver.onFailure(failure);
    }
  }

  private void release() {
    while (!waiting.isEmpty()) {
      waiting.remove().release();
    }
  }
}
