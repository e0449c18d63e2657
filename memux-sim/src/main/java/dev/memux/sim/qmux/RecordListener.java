package dev.memux.sim.qmux;

import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedFrame;
import java.util.List;

/** Hears of every record of a connection. */
public interface RecordListener {
  /** A record may be about to be made. */
  void beforeRecord(Side sender);

  /**
   * A record has been handed to the pipe.
   *
   * @param payload its frames as they are on the wire
   */
  void onRecordSent(Side sender, byte[] payload, List<TappedFrame> frames);

  /** The last byte of a record has arrived; the receiver is about to have it. */
  void onRecordDelivered(Side sender, List<TappedFrame> frames);

  /** A node has done all that it could at this instant. */
  void onTurn(Side side);
}
