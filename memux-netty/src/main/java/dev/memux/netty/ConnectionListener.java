package dev.memux.netty;

import dev.memux.engine.CloseReason;

/** Who acts on the events of one driven connection. Called on its event loop. */
interface ConnectionListener {
  /** Events may wait in the connection and in its streams; at most once per turn. */
  void onEvents();

  /** The driver has given the connection up: the engine failed on it, or the socket is closed. */
  void onAbandoned(CloseReason reason);
}
