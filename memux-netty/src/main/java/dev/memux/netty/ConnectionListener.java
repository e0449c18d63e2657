package dev.memux.netty;

import dev.memux.engine.CloseReason;

/**
 * Who acts on the events of one connection: a channel, or what stands in for one. Called on its
 * event loop.
 *
 * <p>{@link #onEvents} polls {@link dev.memux.engine.Connection#pollEvent} and {@link
 * dev.memux.engine.mux.Mux#pollStream} until they have nothing more.
 */
public interface ConnectionListener {
  /** Events may wait in the connection and in its streams; at most once per turn. */
  void onEvents();

  /** The driver has given the connection up: the engine failed on it, or the socket is closed. */
  void onAbandoned(CloseReason reason);
}
