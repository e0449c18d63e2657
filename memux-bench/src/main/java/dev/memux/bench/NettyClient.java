package dev.memux.bench;

import java.util.concurrent.CompletableFuture;

/** Connections that are Netty channels. */
interface NettyClient extends AutoCloseable {
  /**
   * Begins a handshake; what depends on it runs on the connection's event loop.
   *
   * @param worker who connects: sessions of one are not resumed by another
   */
  CompletableFuture<Connection> connect(int worker);

  /** How many handshakes were full so far. */
  long fullHandshakes();

  /** Blocks until everything is closed. */
  @Override
  void close();

  /** One connection. */
  interface Connection {
    /** Asks for a response, takes all of it and then says so, on the event loop. */
    void exchange(long responseBytes, Callback callback);

    /** The cipher, and what carries the packets. */
    String description();

    /** Begins to close it; nothing is waited for. */
    void close();
  }

  /** Who waits for an exchange. */
  interface Callback {
    void onDone();

    void onFailed(Throwable cause);
  }
}
