package dev.memux.bench;

import java.io.IOException;

/** A client that can do a workload. What it does blocks until it is done; any failure ends it. */
interface Load extends AutoCloseable {
  /** Transfers so many bytes to the client, on as many streams as the workload says. */
  void transfer(long bytes) throws Exception;

  /** Exchanges, or connects, until that much time is over; says how often. */
  long repeat(long nanos) throws Exception;

  /** Opens so many connections more, and keeps them until it is closed. */
  void hold(int connections) throws Exception;

  /** How many handshakes were full so far. */
  long fullHandshakes();

  /** The cipher and what carries the packets, as far as it is known. */
  String description();

  @Override
  void close() throws IOException;
}
