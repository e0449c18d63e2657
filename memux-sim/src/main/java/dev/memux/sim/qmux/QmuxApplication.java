package dev.memux.sim.qmux;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.qmux.QmuxConnection;

/** What runs over a {@link QmuxNode}. Called between input and output, as on an event loop. */
public interface QmuxApplication {
  void onEvent(QmuxConnection connection, ConnectionEvent event, long nowNanos);

  /**
   * @param events flags of {@link MuxStream}
   */
  void onStream(QmuxConnection connection, MuxStream stream, int events, long nowNanos);

  void onDatagram(QmuxConnection connection, byte[] datagram, long nowNanos);
}
