package dev.memux.engine.mux;

import dev.memux.engine.stream.ReceiveWindow;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;

/** Flow control of the connection as a whole, both ways (RFC 9000 §4.1). */
final class ConnectionCredit {
  private final ReceiveWindow window;
  private long received;
  private long peerLimit;
  private long sent;
  private long blockedReportedAt = -1;

  ConnectionCredit(ReceiveWindow window) {
    this.window = window;
  }

  /** New stream data that may be sent. */
  long available() {
    return peerLimit - sent;
  }

  boolean isExhausted() {
    return sent >= peerLimit;
  }

  void onSent(long freshBytes) {
    sent += freshBytes;
  }

  /**
   * MAX_DATA; a lower limit than before has no effect.
   *
   * @return by how much it rose
   */
  long onMaxData(long limit) {
    long rise = Math.max(0, limit - peerLimit);
    peerLimit += rise;
    return rise;
  }

  /** The peer has thrown away what was sent, and its limit is not known any more. */
  void restart() {
    sent = 0;
    peerLimit = 0;
    blockedReportedAt = -1;
  }

  long peerLimit() {
    return peerLimit;
  }

  /** Whether the peer has not been told yet that this limit holds us back. */
  boolean isBlockedNews() {
    return isExhausted() && blockedReportedAt != peerLimit;
  }

  void onBlockedReported() {
    blockedReportedAt = peerLimit;
  }

  void onBlockedLost() {
    blockedReportedAt = -1;
  }

  /** Stream data reached {@code growth} bytes further than before. */
  void onReceived(long growth, FrameType frame) throws ProtocolException {
    received += growth;
    if (received > window.limit()) {
      // RFC 9000 §4.1: a peer that ignores our limit could make us buffer without bound.
      throw new ProtocolException(
          TransportError.FLOW_CONTROL_ERROR, frame.code(), "connection limit exceeded");
    }
  }

  ReceiveWindow window() {
    return window;
  }
}
