package dev.memux.engine.quic;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.Mux;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * How a connection ends: closing, draining, gone (RFC 9000 §10.2). The streams and the application
 * learn of it here.
 */
final class Closing {
  private enum State {
    OPEN,
    /** We have closed: packets are answered with CONNECTION_CLOSE. */
    CLOSING,
    /** The peer has closed: nothing is sent any more. */
    DRAINING,
    TERMINATED
  }

  /** RFC 9000 §10.2: long enough for packets under way to arrive and be recognised. */
  private static final int PERIOD_PTOS = 3;

  private final Mux mux;
  private final Queue<ConnectionEvent> events;
  private State state = State.OPEN;
  private @Nullable CloseReason reason;
  private long endNanos = Long.MAX_VALUE;

  /** CONNECTION_CLOSE is due under the newest keys, and then under all older ones. */
  private boolean newestPending;

  private boolean olderPending;
  private long packetsSinceClose;
  private long packetsPerClose = 1;

  /**
   * @param events takes what is told of the end
   */
  Closing(Mux mux, Queue<ConnectionEvent> events) {
    this.mux = mux;
    this.events = events;
  }

  boolean isOpen() {
    return state == State.OPEN;
  }

  boolean isClosing() {
    return state == State.CLOSING;
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
  void close(CloseReason why, long ptoNanos, long nowNanos) {
    if (state == State.OPEN) {
      state = State.CLOSING;
      sendClose();
      endNanos = nowNanos + PERIOD_PTOS * ptoNanos;
      onEnded(why);
    }
  }

  /**
   * The peer has closed, or knows nothing of the connection. If we have closed before, the reason
   * stays.
   */
  void drain(CloseReason why, long ptoNanos, long nowNanos) {
    if (state == State.OPEN || state == State.CLOSING) {
      state = State.DRAINING;
      dropClose();
      endNanos = nowNanos + PERIOD_PTOS * ptoNanos;
      onEnded(why);
    }
  }

  /** It ends without a word to the peer, or its closing or draining is over. */
  void terminate(CloseReason why) {
    if (state != State.TERMINATED) {
      state = State.TERMINATED;
      dropClose();
      endNanos = Long.MAX_VALUE;
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

  /**
   * A datagram came while closing. RFC 9000 §10.2.1: answers become rarer and rarer, or two ends
   * that both close could go on for ever.
   */
  void onDatagram() {
    if (++packetsSinceClose >= packetsPerClose) {
      packetsSinceClose = 0;
      packetsPerClose *= 2;
      sendClose();
    }
  }

  private void sendClose() {
    newestPending = true;
    olderPending = true;
  }

  private void dropClose() {
    newestPending = false;
    olderPending = false;
  }

  /** Whether CONNECTION_CLOSE should be sent now. */
  boolean isClosePending() {
    return newestPending || olderPending;
  }

  /**
   * Takes the next datagram that is due; whether it is the one under the newest keys. That one goes
   * first and alone: a peer that can read it learns the application's reason, which older keys must
   * not carry, and some peers drop what follows a packet whose keys they have discarded.
   */
  boolean takeNewest() {
    boolean newest = newestPending;
    newestPending = false;
    olderPending = newest && olderPending;
    return newest;
  }

  /** When closing or draining ends; never once that is over. */
  long deadlineNanos() {
    return endNanos;
  }
}
