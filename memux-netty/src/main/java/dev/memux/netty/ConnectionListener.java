package dev.memux.netty;

/** Who acts on the events of one driven connection. Called on its event loop. */
interface ConnectionListener {
  /** Events may wait in the connection and in its streams; at most once per turn. */
  void onEvents();

  /** The engine failed on this connection, which the driver has given up. */
  void onFailure(Throwable cause);
}
