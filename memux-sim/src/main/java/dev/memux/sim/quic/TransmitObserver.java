package dev.memux.sim.quic;

import dev.memux.engine.quic.QuicConnection;

/** Sees a connection just before and after each of its chances to send. */
public interface TransmitObserver {
  /** {@link QuicConnection#transmit} is about to be called. */
  void beforeTransmit(QuicConnection connection, long nowNanos);

  /** What it gave has been put on the wire. */
  void afterTransmit(QuicConnection connection, long nowNanos);
}
