package dev.memux.engine.qmux;

import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;

/**
 * QX_PING both ways (QMux §4.3): keeps the connection alive, answers the peer's, and measures the
 * round trip, which the layer below keeps to itself but flow control needs to know.
 */
final class Pings {
  private static final long NONE = -1;

  /** How old a measurement may get while credit depends on it. */
  static final long MEASURE_INTERVAL_NANOS = 1_000_000_000L;

  private long nextSequence;
  private boolean requestPending;
  private long sentAtNanos;

  /** The largest sequence number that waits to be answered; the others need no answer. */
  private long responsePending = NONE;

  private long lastReceived = NONE;

  private boolean underWay;

  private boolean measured;
  private long measuredAtNanos;
  private long smoothedRttNanos;
  private long minRttNanos;

  /** Asks the peer to answer. */
  void request() {
    requestPending = true;
  }

  /** Credit was given, whose size follows the round trip: measures it if it is not known. */
  void measure(long nowNanos) {
    if (!underWay && (!measured || nowNanos - measuredAtNanos >= MEASURE_INTERVAL_NANOS)) {
      request();
    }
  }

  /** Whether the ping sent last has not been answered. */
  boolean isUnderWay() {
    return underWay;
  }

  boolean hasPending() {
    return requestPending || responsePending != NONE;
  }

  /** Writes what fits. */
  void write(FrameWriter writer, long nowNanos) {
    if (responsePending != NONE && writer.qxPing(true, responsePending)) {
      responsePending = NONE;
    }
    if (requestPending && writer.qxPing(false, nextSequence)) {
      requestPending = false;
      underWay = true;
      sentAtNanos = nowNanos;
      nextSequence++;
    }
  }

  void onFrame(ControlFrame.QxPing frame, long nowNanos) throws ProtocolException {
    if (frame.response()) {
      onResponse(frame, nowNanos);
    } else {
      onRequest(frame);
    }
  }

  private void onRequest(ControlFrame.QxPing frame) throws ProtocolException {
    if (frame.sequence() <= lastReceived) {
      // QMux §4.3: an answer names the ping by its number, so that none may come twice.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION, frame.type().code(), "sequence number does not rise");
    }
    lastReceived = frame.sequence();
    responsePending = frame.sequence();
  }

  private void onResponse(ControlFrame.QxPing frame, long nowNanos) throws ProtocolException {
    if (frame.sequence() >= nextSequence) {
      // QMux §4.3: who answers what was never asked would shorten the round trip as it likes.
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION, frame.type().code(), "answers a ping never sent");
    }
    if (underWay && frame.sequence() == nextSequence - 1) {
      underWay = false;
      onMeasured(Math.max(1, nowNanos - sentAtNanos), nowNanos);
    }
  }

  /** RFC 9002 §5.3, as there is one sample at a time. */
  private void onMeasured(long rttNanos, long nowNanos) {
    smoothedRttNanos = measured ? (7 * smoothedRttNanos + rttNanos) / 8 : rttNanos;
    minRttNanos = measured ? Math.min(minRttNanos, rttNanos) : rttNanos;
    measured = true;
    measuredAtNanos = nowNanos;
  }

  /** 0: not known yet. */
  long smoothedRttNanos() {
    return smoothedRttNanos;
  }

  /** 0: not known yet. */
  long minRttNanos() {
    return minRttNanos;
  }
}
