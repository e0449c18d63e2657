package dev.memux.engine.qmux;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.Mux;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * How a connection ends (QMux §7): a last CONNECTION_CLOSE perhaps, then our end of the layer
 * below, then, so that nothing under way is lost, the wait for the peer's end of it. The streams
 * and the application learn of it here.
 */
final class Ending {
  private enum State {
    OPEN,
    /** CONNECTION_CLOSE is to be sent. */
    CLOSING,
    /** We send nothing any more, and wait for the peer's end. */
    WAITING,
    TERMINATED
  }

  private static final long NEVER = Long.MAX_VALUE;

  private final Mux mux;
  private final Queue<ConnectionEvent> events;
  private final long timeoutNanos;
  private State state = State.OPEN;
  private boolean inputEnded;
  private @Nullable CloseReason reason;
  private long endNanos = NEVER;

  /**
   * @param events takes what is told of the end
   * @param timeoutNanos how long it may take
   */
  Ending(Mux mux, Queue<ConnectionEvent> events, long timeoutNanos) {
    this.mux = mux;
    this.events = events;
    this.timeoutNanos = timeoutNanos;
  }

  boolean isOpen() {
    return state == State.OPEN;
  }

  /** Whether CONNECTION_CLOSE is to be sent. */
  boolean isClosePending() {
    return state == State.CLOSING;
  }

  /** Whether nothing will be sent any more. */
  boolean isOutputEnded() {
    return state == State.WAITING || state == State.TERMINATED;
  }

  boolean isTerminated() {
    return state == State.TERMINATED;
  }

  /** Why; only once no longer open. */
  CloseReason reason() {
    if (reason == null) {
      throw new IllegalStateException("open");
    }
    return reason;
  }

  /** We close: CONNECTION_CLOSE is to be sent. No effect if it has ended already. */
  void close(CloseReason why, long nowNanos) {
    if (state == State.OPEN) {
      state = State.CLOSING;
      endNanos = nowNanos + timeoutNanos;
      onEnded(why);
    }
  }

  /** It ends without a word of ours: the peer has closed, or nothing came for too long. */
  void end(CloseReason why, long nowNanos) {
    if (state == State.OPEN || state == State.CLOSING) {
      endNanos = nowNanos + timeoutNanos;
      onEnded(why);
      await();
    }
  }

  /** CONNECTION_CLOSE was sent. */
  void onCloseSent() {
    await();
  }

  /** The peer has ended the layer below. */
  void onInputEnded() {
    inputEnded = true;
    if (state == State.WAITING) {
      terminate(reason());
    }
  }

  private void await() {
    state = State.WAITING;
    if (inputEnded) {
      terminate(reason());
    }
  }

  /** The layer below is gone, or the wait is over. */
  void terminate(CloseReason why) {
    if (state != State.TERMINATED) {
      state = State.TERMINATED;
      endNanos = NEVER;
      onEnded(why);
      events.add(new ConnectionEvent.Terminated());
    }
  }

  /** The time has come to {@code nowNanos}; only once no longer open. */
  void onTimeout(long nowNanos) {
    if (nowNanos >= endNanos) {
      terminate(reason());
    }
  }

  /** Only the first reason counts, and is told. */
  private void onEnded(CloseReason why) {
    if (reason == null) {
      reason = why;
      mux.onConnectionClosed();
      events.add(new ConnectionEvent.Closed(why));
    }
  }

  /** When the wait ends; never while open. */
  long deadlineNanos() {
    return endNanos;
  }
}
