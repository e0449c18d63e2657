package dev.memux.bench;

import java.io.IOException;

/** Connections whose calls block. Any thread. */
interface BlockingClient extends AutoCloseable {
  /** Blocks until the handshake is complete. */
  Connection connect() throws IOException;

  /** A thread of the kind that its users would call it on. */
  Thread start(Runnable task);

  /** How many handshakes were full so far. */
  long fullHandshakes();

  @Override
  void close();

  /** One connection. */
  interface Connection extends AutoCloseable {
    /** Asks for a response and reads all of it. */
    void exchange(long responseBytes) throws IOException;

    /** The cipher, and what carries the packets. */
    String description();

    @Override
    void close() throws IOException;
  }
}
